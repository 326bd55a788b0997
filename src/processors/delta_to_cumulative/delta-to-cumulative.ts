import type { Reason } from '#base';
import type { Component, Consumer, CreateSettings, Processor } from '#component';
import {
  type Batch,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_HISTOGRAM,
  METRIC_SUM,
  type PointChunk,
  type PointView,
  TEMPORALITY_CUMULATIVE,
  TEMPORALITY_DELTA,
} from '#pdata';
import { type Conversion, convertBatch } from '../shared/series/convert.ts';
import { SeriesTable } from '../shared/series/series-table.ts';
import { forget, type Replaceable, type Undo } from '../shared/series/undo.ts';
import type { DeltaToCumulativeConfig } from './config.ts';
import { DeltaToCumulativeMetrics } from './metrics.ts';
import { addTotal, bytesOf, type Total, totalOf } from './totals.ts';

const SWEEP_MS = 60_000;

interface Series extends Replaceable<Total> {
  /** By the monotonic clock. */
  seenMs: number;
}

/** Makes cumulative points of delta ones (otelcol-contrib processor/deltatocumulativeprocessor). */
export class DeltaToCumulativeProcessor implements Processor, Conversion<Total> {
  readonly mutatesData = true;
  readonly temporality: number = TEMPORALITY_CUMULATIVE;
  readonly #settings: CreateSettings;
  readonly #maxStaleMs: number;
  readonly #next: Consumer;
  readonly #metrics: DeltaToCumulativeMetrics;
  #series: SeriesTable<Series>;
  #nowMs = 0;
  #cancelSweep: () => void = () => undefined;

  constructor(settings: CreateSettings, { maxStaleMs, maxStreams }: DeltaToCumulativeConfig, next: Consumer) {
    this.#settings = settings;
    this.#maxStaleMs = maxStaleMs;
    this.#next = next;
    this.#series = new SeriesTable(maxStreams);
    this.#metrics = new DeltaToCumulativeMetrics(settings.meter, {
      series: () => this.#series.size,
      limit: () => maxStreams,
      maxStaleS: () => Math.floor(maxStaleMs / 1000),
    });
  }

  async start(): Promise<void> {
    this.#scheduleSweep();
  }

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    this.#nowMs = this.#settings.clock.monotonicMs();
    const { converted, left } = await convertBatch(batch, this.#series, this, this.#next, abort);
    for (const count of converted.values()) this.#metrics.addConverted(count);
    for (const [reason, counts] of left) {
      for (const count of counts.values()) {
        this.#metrics.addLeft(reason, count);
        this.#settings.account.dropped('metrics', count, reason);
      }
    }
  }

  /** In a reload the series go on. */
  handOver(successor: Component | undefined): () => void {
    if (successor instanceof DeltaToCumulativeProcessor) {
      this.#series.limit = successor.#series.limit;
      successor.#series = this.#series;
    }
    return () => undefined;
  }

  async shutdown(): Promise<void> {
    this.#cancelSweep();
    this.#metrics.close();
  }

  isWanted({ metrics }: PointChunk, metric: number): boolean {
    if (metrics.temporality[metric] !== TEMPORALITY_DELTA) return false;
    const type = metrics.type[metric]!;
    return type === METRIC_SUM || type === METRIC_HISTOGRAM || type === METRIC_EXPONENTIAL_HISTOGRAM;
  }

  bytesOf(total: Total): number {
    return bytesOf(total);
  }

  convert(view: PointView, type: number, undo: Undo<Total>): Reason | undefined {
    let series = this.#series.find(view.row);
    if (series === undefined) {
      series = { point: undefined, seenMs: this.#nowMs };
      if (!this.#series.add(series)) return 'series_limit';
    }
    series.seenMs = this.#nowMs;
    const before = series.point;
    if (before === undefined || before.timeNs === 0n) {
      undo.replace(series, totalOf(view, type));
      return undefined;
    }
    // Of a process that ran before, or of two that say they are one.
    if (view.startNs < before.startNs) return 'older_start';
    if (view.timeNs <= before.timeNs) return 'out_of_order';
    undo.replace(series, addTotal(view, type, before));
    return undefined;
  }

  #scheduleSweep(): void {
    const { clock } = this.#settings;
    this.#cancelSweep = clock.after(SWEEP_MS, () => {
      this.#scheduleSweep();
      const oldestMs = clock.monotonicMs() - this.#maxStaleMs;
      this.#series.keep((series) => {
        if (series.seenMs >= oldestMs) return true;
        forget(series, this.#series, bytesOf);
        return false;
      });
    });
  }
}
