import { type Clock, type Deadline, messageOf, StartError } from '#base';
import type { ComponentStatus, Exporter, Extension, Host, HostDescription, Logger, Receiver } from '#component';
import type { DeliveringExporter } from './delivery/delivery.ts';
import type { Graph, GraphNode } from './graph.ts';
import type { Plan } from './plan.ts';
import type { StatusBoard } from './status.ts';

export interface RunningGraphOptions {
  readonly plan: Plan;
  readonly graph: Graph;
  readonly statuses: StatusBoard;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  readonly startTimeMs: number;
  /** Takes the collector's own metrics. */
  readonly ownExporter: Exporter | undefined;
  readonly resource: ReadonlyMap<string, string>;
  closeLog(): void;
}

/** Of the time for a shutdown: receivers, processors and connectors have so much in all, and each step so much of what is left of it. */
const PIPELINES_SHARE = 0.6;
const STEP_SHARE = 0.6;
/** Of what is left then: exporters, and the one of the own metrics after them. */
const EXPORTERS_SHARE = 0.75;
const OWN_EXPORTER_SHARE = 0.9;

/** A graph from its start to its end. */
export class RunningGraph implements Host {
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
    this.logger = options.logger;
    this.ownExporter = options.ownExporter;
    this.resource = options.resource;
  }

  /** After the last line. */
  closeLog(): void {
    this.#options.closeLog();
  }

  extension(id: string): Extension | undefined {
    return this.#options.graph.extensions.get(id);
  }

  describe(): HostDescription {
    const { graph, version, startTimeMs, statuses } = this.#options;
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

  /** Starts all components in the graph's order. Throws the first StartError; what was started stays for `shutdown`. */
  async start(): Promise<void> {
    for (const node of this.#options.graph.nodes) {
      this.#setStatus(node, 'starting');
      this.#started.push(node);
      try {
        await node.component.start(this);
      } catch (error) {
        this.#setStatus(node, 'permanent_error', messageOf(error));
        const hint = error instanceof StartError ? error.hint : undefined;
        const message = messageOf(error);
        const named = message.includes(node.id) ? message : `cannot start ${node.kind} "${node.id}": ${message}`;
        throw new StartError(named, hint, { cause: error });
      }
      if (this.#options.statuses.get(node.kind, node.id, node.pipeline)?.status === 'starting')
        this.#setStatus(node, 'ok');
    }
    this.#isReady = true;
  }

  /**
   * Before a shutdown that `next.takeOver(this)` follows: exporters keep what they have not sent for those of the same id and signal.
   * Returns the others, which send it themselves until the deadline.
   */
  retire(next: RunningGraph, deadline: Deadline): DeliveringExporter[] {
    const heirs = next.#options.graph.exporters;
    const exporters = [...this.#options.graph.exporters];
    for (const [key, exporter] of exporters) exporter.retire(deadline, heirs.has(key));
    return exporters.flatMap(([key, exporter]) => (heirs.has(key) ? [] : [exporter]));
  }

  /** No graph follows after `retire`: what its exporters kept is counted as lost. */
  disinherit(): void {
    for (const exporter of this.#options.graph.exporters.values()) exporter.disinherit();
  }

  /**
   * Before a shutdown that the start of `next` follows: receivers leave open what their successors can use. Call the result when the reload
   * is over, whatever came of it.
   */
  handOver(next: RunningGraph): () => void {
    const receivers = ({ graph }: RunningGraphOptions): (readonly [string, Receiver])[] =>
      graph.nodes.flatMap(({ kind, id, component }) => (kind === 'receiver' ? [[id, component] as const] : []));
    const successors = new Map(receivers(next.#options));
    const closers = receivers(this.#options).map(([id, receiver]) => receiver.handOver?.(successors.get(id)));
    return () => {
      for (const close of closers) close?.();
    };
  }

  /** Gives what the exporters of the graph before have kept, and will leave, to their successors. */
  takeOver(before: RunningGraph): void {
    const predecessors = before.#options.graph.exporters;
    for (const [key, exporter] of this.#options.graph.exporters) {
      const predecessor = predecessors.get(key);
      if (predecessor !== undefined) exporter.takeOver(predecessor);
    }
  }

  /**
   * Stops in the opposite order: receivers, processors from the front, exporters, extensions. Each hands on what it holds before the
   * next one stops. A component that takes too long, or throws, keeps none of the others from stopping, and takes none of their time.
   * `lastNumbers` is called when only the exporter of the own metrics is left: they tell what the others have lost.
   */
  async shutdown(deadline: Deadline, lastNumbers?: () => Promise<void>): Promise<void> {
    this.#isReady = false;
    const nodes = this.#started.toReversed();
    this.#started = [];
    const pipelines = deadline.part(PIPELINES_SHARE);
    for (const group of grouped(nodes, this.ownExporter)) {
      if (group[0]!.component === this.ownExporter) await lastNumbers?.();
      const until = this.#untilOf(group[0]!, pipelines, deadline);
      await Promise.all(group.map((node) => this.#stop(node, until)));
    }
  }

  #untilOf({ kind, component }: GraphNode, pipelines: Deadline, whole: Deadline): Deadline {
    if (kind === 'extension') return whole;
    if (kind !== 'exporter') return pipelines.part(STEP_SHARE);
    return whole.part(component === this.ownExporter ? OWN_EXPORTER_SHARE : EXPORTERS_SHARE);
  }

  async #stop(node: GraphNode, until: Deadline): Promise<void> {
    const { logger } = this.#options;
    const { budgetMs } = until;
    this.#setStatus(node, 'stopping');
    let problem: string | undefined;
    const stopping = node.component.shutdown(budgetMs).catch((error: unknown) => {
      problem = messageOf(error);
    });
    if (!(await until.isOver(stopping))) problem = `did not stop within ${Math.round(budgetMs)} ms`;
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
    this.#options.statuses.set({ kind, id, pipeline, instance }, status, message);
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
