import { type Clock, messageOf, StartError } from '#base';
import type { ComponentStatus, Exporter, Extension, Host, HostDescription, Logger, Receiver } from '#component';
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
      ready: this.#isReady,
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

  /** Before a shutdown that `next.takeOver(this)` follows: exporters keep what they have not sent. */
  keepLeftovers(next: RunningGraph): void {
    const successors = next.#options.graph.exporters;
    for (const [key, exporter] of this.#options.graph.exporters) if (successors.has(key)) exporter.keepLeftovers();
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

  /** Gives what the exporters of the graph before have kept to their successors. */
  async takeOver(before: RunningGraph): Promise<void> {
    const predecessors = before.#options.graph.exporters;
    for (const [key, exporter] of this.#options.graph.exporters) {
      const predecessor = predecessors.get(key);
      if (predecessor !== undefined) await exporter.takeOver(predecessor);
    }
  }

  /**
   * Stops in the opposite order: receivers, processors from the front, exporters, extensions. Each hands on what it holds before the
   * next one stops. A component that takes too long, or throws, keeps none of the others from stopping.
   */
  async shutdown(deadlineMs: number): Promise<void> {
    this.#isReady = false;
    const { clock } = this.#options;
    const endMs = clock.nowMs() + deadlineMs;
    const nodes = this.#started.toReversed();
    this.#started = [];
    for (const group of grouped(nodes)) {
      const leftMs = Math.max(0, endMs - clock.nowMs());
      await Promise.all(group.map((node) => this.#stop(node, leftMs)));
    }
  }

  async #stop(node: GraphNode, leftMs: number): Promise<void> {
    const { clock, logger } = this.#options;
    this.#setStatus(node, 'stopping');
    let cancel = (): void => undefined;
    const timeout = new Promise<string>((resolve) => {
      cancel = clock.after(leftMs, () => resolve(`did not stop within ${Math.round(leftMs)} ms`));
    });
    const stopping = node.component.shutdown(leftMs).then(
      () => undefined,
      (error: unknown) => messageOf(error),
    );
    const problem = await Promise.race([stopping, timeout]);
    cancel();
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

/** Neighbours that may stop at the same time: all receivers, and all exporters. Processors and connectors stop one by one. */
function grouped(nodes: readonly GraphNode[]): GraphNode[][] {
  const groups: GraphNode[][] = [];
  for (const node of nodes) {
    const last = groups.at(-1);
    const joins = node.kind === 'receiver' || node.kind === 'exporter';
    if (last !== undefined && joins && last[0]!.kind === node.kind) last.push(node);
    else groups.push([node]);
  }
  return groups;
}
