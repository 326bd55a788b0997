import { type Clock, Deadline } from '#base';
import type { Exporter, ExporterFactory } from '#component';
import type { Graph } from './graph.ts';
import type { Plan } from './plan.ts';
import { ownMetricsBatch } from './telemetry/own-metrics.ts';
import type { MetricRegistry } from './telemetry/registry.ts';

const INTERVAL_MS = 5000;
/** How long the end of a run waits for the last numbers. */
const LAST_SEND_LIMIT_MS = 1000;

/** Feeds the collector's own metrics into the store every five seconds, and once more at the end. */
export class OwnMetrics {
  readonly #registry: MetricRegistry;
  readonly #clock: Clock;
  readonly #version: string;
  readonly #startMs: number;
  #cancelTimer: () => void = () => undefined;
  #exporter: Exporter | undefined;
  #resource: ReadonlyMap<string, string> = new Map();
  #sending: Promise<void> | undefined;

  constructor(registry: MetricRegistry, clock: Clock, version: string) {
    this.#registry = registry;
    this.#clock = clock;
    this.#version = version;
    this.#startMs = clock.nowMs();
  }

  /** The first exporter of this type that some pipeline uses, for metrics; created for them alone if no metrics pipeline has it. */
  exporterIn(plan: Plan, graph: Graph, type: string): Exporter | undefined {
    if (plan.document.service.telemetry.metrics.level === 'none') return undefined;
    const used = new Set(plan.pipelines.flatMap((pipeline) => pipeline.exporters));
    for (const [id, { factory }] of plan.components.exporters) {
      if (!used.has(id) || factory.type !== type) continue;
      if ((factory as ExporterFactory<never>).stability.metrics !== undefined) return graph.exporter(id, 'metrics');
    }
    return undefined;
  }

  feed(exporter: Exporter | undefined, resource: ReadonlyMap<string, string>): void {
    this.#exporter = exporter;
    this.#resource = resource;
    this.#cancelTimer();
    if (exporter !== undefined) this.#schedule();
  }

  /** Sends the last numbers and stops. */
  async stop(): Promise<void> {
    this.#cancelTimer();
    const exporter = this.#exporter;
    this.#exporter = undefined;
    if (exporter === undefined) return;
    const last = (this.#sending ?? Promise.resolve()).then(() => this.#send(exporter));
    await new Deadline(this.#clock, LAST_SEND_LIMIT_MS).isOver(last);
  }

  #schedule(): void {
    this.#cancelTimer = this.#clock.after(INTERVAL_MS, () => {
      const exporter = this.#exporter;
      if (exporter === undefined) return;
      // While one is under way the next is left out: numbers are cumulative, so nothing is missing afterwards.
      this.#sending ??= this.#send(exporter).finally(() => {
        this.#sending = undefined;
      });
      this.#schedule();
    });
  }

  async #send(exporter: Exporter): Promise<void> {
    const batch = ownMetricsBatch(this.#registry.collect(), {
      resource: this.#resource,
      version: this.#version,
      startMs: this.#startMs,
      nowMs: this.#clock.nowMs(),
    });
    // A refusal is counted and logged by the exporter's delivery; the next numbers include these.
    await exporter.consume(batch).catch(() => undefined);
  }
}
