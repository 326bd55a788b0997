import { type Clock, type Deadline, messageOf, StartError } from '#base';
import {
  type Capabilities,
  type ComponentKind,
  type ComponentStatus,
  capabilityOf,
  type Exporter,
  type Host,
  type HostDescription,
  type Logger,
} from '#component';
import type { DeliveringExporter } from './delivery/delivery.ts';
import type { Graph } from './graph.ts';
import { type GraphNode, nameOf } from './node.ts';
import type { Plan } from './plan.ts';
import type { StatusBoard } from './status.ts';
import type { Surroundings } from './surroundings.ts';

export interface RunningGraphOptions {
  readonly plan: Plan;
  readonly graph: Graph;
  readonly surroundings: Surroundings;
  readonly clock: Clock;
  readonly version: string;
  readonly startTimeMs: number;
  /** Takes the collector's own metrics. */
  readonly ownExporter: Exporter | undefined;
  readonly resource: ReadonlyMap<string, string>;
}

export interface StopOptions {
  /** Called when only the exporter of the own metrics is left. */
  readonly lastNumbers?: () => Promise<void>;
  /** What follows, in a reload. */
  readonly next?: RunningGraph;
}

const KINDS: readonly ComponentKind[] = ['receiver', 'processor', 'exporter', 'connector', 'extension'];

/** Of the time for a shutdown: receivers, processors and connectors have so much in all, and each step so much of what is left of it. */
const PIPELINES_SHARE = 0.6;
const STEP_SHARE = 0.6;
/** Of what is left then: exporters, and the one of the own metrics after them. */
const EXPORTERS_SHARE = 0.75;
const OWN_EXPORTER_SHARE = 0.9;

/** A graph from its start to its end. */
export class RunningGraph {
  readonly plan: Plan;
  readonly logger: Logger;
  readonly ownExporter: Exporter | undefined;
  readonly resource: ReadonlyMap<string, string>;
  readonly #options: RunningGraphOptions;
  #started: GraphNode[] = [];
  #isReady = false;

  constructor(options: RunningGraphOptions) {
    this.#options = options;
    this.plan = options.plan;
    this.logger = options.surroundings.logger;
    this.ownExporter = options.ownExporter;
    this.resource = options.resource;
  }

  extension<K extends keyof Capabilities>(id: string, capability: K): Capabilities[K] {
    return capabilityOf(this.#options.graph.extensions, id, capability);
  }

  /** The instances that run. */
  get started(): readonly GraphNode[] {
    return this.#started;
  }

  has(node: GraphNode): boolean {
    return this.#options.graph.nodes.includes(node);
  }

  /** Whether a processor changes what passes through it. */
  isChanging(pipeline: string, processor: string): boolean {
    const isIt = ({ kind, id, pipeline: its }: GraphNode): boolean =>
      kind === 'processor' && id === processor && its === pipeline;
    return this.#options.graph.nodes.find(isIt)?.entry?.mutatesData === true;
  }

  get surroundings(): Surroundings {
    return this.#options.surroundings;
  }

  describe(): HostDescription {
    const { graph, version, startTimeMs } = this.#options;
    const statuses = this.#statuses;
    return {
      version,
      startTimeMs,
      ready: this.#isReady && !statuses.isRefusing,
      pipelines: graph.pipelines.map(({ plan, mutatesData }) => ({
        id: plan.id,
        signal: plan.signal,
        mutatesData,
        receivers: plan.receivers,
        processors: plan.processors,
        exporters: plan.exporters,
      })),
      extensions: [...graph.extensions.keys()],
      statuses: statuses.list(),
    };
  }

  /**
   * Starts all components in the graph's order, but those that run already. Throws the first StartError; what was started stays for
   * `shutdown`.
   */
  async start(hostOf: (node: GraphNode) => Host): Promise<void> {
    const { graph } = this.#options;
    for (const node of graph.nodes) {
      this.#started.push(node);
      if (graph.kept.has(node)) continue;
      this.#setStatus(node, 'starting');
      try {
        await node.component.start(hostOf(node));
      } catch (error) {
        this.#setStatus(node, 'permanent_error', messageOf(error));
        const hint = error instanceof StartError ? error.hint : undefined;
        const message = messageOf(error);
        const named = message.includes(node.id) ? message : `cannot start ${node.kind} "${node.id}": ${message}`;
        throw new StartError(named, hint, { cause: error });
      }
      if (this.#statuses.get(node.kind, node.id, node.pipeline)?.status === 'starting') this.#setStatus(node, 'ok');
    }
    graph.connect();
    this.#statuses.keep(graph.nodes);
    this.#isReady = true;
  }

  /**
   * Before a shutdown that `next.takeOver(this)` follows: exporters keep what they have not sent for those of the same id and signal.
   * Returns the others, which send it themselves until the deadline.
   */
  retire(next: RunningGraph, deadline: Deadline): DeliveringExporter[] {
    const heirs = next.#options.graph.exporters;
    const stays = new Set(heirs.values());
    const exporters = [...this.#options.graph.exporters].filter(([, exporter]) => !stays.has(exporter));
    for (const [key, exporter] of exporters) exporter.retire(deadline, heirs.has(key));
    return exporters.flatMap(([key, exporter]) => (heirs.has(key) ? [] : [exporter]));
  }

  /** No graph follows after `retire`: what its exporters kept is counted as lost. */
  disinherit(): void {
    for (const exporter of this.#options.graph.exporters.values()) exporter.disinherit();
  }

  /**
   * Before a shutdown that the start of `next` follows: what doesn't go on leaves to its successors what they can use. Call the result when
   * the reload is over, whatever came of it.
   */
  handOver(next: RunningGraph, kinds: readonly ComponentKind[] = KINDS): () => void {
    const { nodes } = next.#options.graph;
    const successors = new Map(nodes.map((node) => [nameOf(node), node]));
    const closers = this.#options.graph.nodes.flatMap((node) => {
      const successor = successors.get(nameOf(node));
      if (successor === node || !kinds.includes(node.kind)) return [];
      return [node.component.handOver?.(successor?.component)];
    });
    return () => {
      for (const close of closers) close?.();
    };
  }

  /** Gives what the exporters of the graph before have kept, and will leave, to their successors. */
  takeOver(before: RunningGraph): void {
    const predecessors = before.#options.graph.exporters;
    for (const [key, exporter] of this.#options.graph.exporters) {
      const predecessor = predecessors.get(key);
      if (predecessor !== undefined && predecessor !== exporter) exporter.takeOver(predecessor);
    }
  }

  /**
   * Stops in the opposite order: receivers, processors from the front, exporters, extensions. Each hands on what it holds before the
   * next one stops. A component that takes too long, or throws, keeps none of the others from stopping, and takes none of their time.
   * `lastNumbers` is called when only the exporter of the own metrics is left: they tell what the others have lost. What is in `next` too
   * goes on; its batches wait from the moment when that stops which took them.
   */
  async shutdown(deadline: Deadline, options: StopOptions = {}): Promise<void> {
    const { lastNumbers, next } = options;
    const kept = new Set(next === undefined ? [] : next.#options.graph.nodes);
    // What takes data in goes on: it waits for a moment, at most.
    this.#isReady &&= this.#started.some((node) => kept.has(node) && node.kind === 'receiver');
    const nodes = this.#started.filter((node) => !kept.has(node)).reverse();
    const sockets = this.#started.filter((node) => kept.has(node)).flatMap((node) => [...node.sockets.values()]);
    this.#started = [];
    const pipelines = deadline.part(PIPELINES_SHARE);
    for (const group of grouped(nodes, this.ownExporter)) {
      if (group[0]!.component === this.ownExporter) await lastNumbers?.();
      const until = this.#untilOf(group[0]!, pipelines, deadline);
      const leading = sockets.filter((socket) => socket.nodes.some((node) => group.includes(node)));
      if (leading.length > 0) await until.part(STEP_SHARE).isOver(Promise.all(leading.map((socket) => socket.pause())));
      await Promise.all(group.map((node) => this.#stop(node, until)));
    }
  }

  #untilOf({ kind, component }: GraphNode, pipelines: Deadline, whole: Deadline): Deadline {
    if (kind === 'extension') return whole;
    if (kind !== 'exporter') return pipelines.part(STEP_SHARE);
    return whole.part(component === this.ownExporter ? OWN_EXPORTER_SHARE : EXPORTERS_SHARE);
  }

  async #stop(node: GraphNode, until: Deadline): Promise<void> {
    const { logger } = this;
    const { budgetMs } = until;
    this.#setStatus(node, 'stopping');
    let problem: string | undefined;
    const stopping = node.component.shutdown(budgetMs).catch((error: unknown) => {
      problem = messageOf(error);
    });
    if (!(await until.isOver(stopping))) problem = `did not stop within ${Math.round(budgetMs)} ms`;
    this.#statuses.setRefusing(node, false);
    if (problem === undefined) this.#setStatus(node, 'stopped');
    else {
      logger.error('Failed to shut down a component', {
        'otelcol.component.kind': node.kind,
        'otelcol.component.id': node.id,
        error: problem,
      });
      this.#setStatus(node, 'permanent_error', problem);
    }
  }

  #setStatus({ kind, id, pipeline, instance }: GraphNode, status: ComponentStatus, message = ''): void {
    this.#statuses.set({ kind, id, pipeline, instance }, status, message);
  }

  get #statuses(): StatusBoard {
    return this.#options.surroundings.statuses;
  }
}

/**
 * Neighbours that may stop at the same time: all receivers, and all exporters but the one that takes the own metrics, which is the last
 * of them. Processors and connectors stop one by one.
 */
function grouped(nodes: readonly GraphNode[], ownExporter: Exporter | undefined): GraphNode[][] {
  const groups: GraphNode[][] = [];
  const own = nodes.filter((node) => node.component === ownExporter);
  const others = nodes.filter((node) => node.component !== ownExporter);
  const firstExtension = others.findIndex((node) => node.kind === 'extension');
  others.splice(firstExtension < 0 ? others.length : firstExtension, 0, ...own);
  for (const node of others) {
    const last = groups.at(-1);
    const joins = (node.kind === 'receiver' || node.kind === 'exporter') && node.component !== ownExporter;
    if (last !== undefined && joins && last[0]!.kind === node.kind) last.push(node);
    else groups.push([node]);
  }
  return groups;
}
