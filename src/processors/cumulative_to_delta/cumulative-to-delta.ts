import type { Reason } from '#base';
import type { Component, Consumer, CreateSettings, Processor } from '#component';
import {
  type Batch,
  FLAG_NO_RECORDED_VALUE,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_HISTOGRAM,
  METRIC_SUM,
  type PointChunk,
  type PointView,
  TEMPORALITY_CUMULATIVE,
  TEMPORALITY_DELTA,
} from '#pdata';
import { nameTest } from '../shared/metric-names/name-test.ts';
import { type Conversion, convertBatch, type Tally } from '../shared/series/convert.ts';
import { SERIES_LIMIT, SeriesTable } from '../shared/series/series-table.ts';
import { forget, type Replaceable, type Undo } from '../shared/series/undo.ts';
import type { CumulativeToDeltaConfig, MatchConfig } from './config.ts';
import { CumulativeToDeltaMetrics } from './metrics.ts';
import { bytesOf, type LastPoint, pointOf, subtract, withoutExtremes } from './points.ts';

/** Looking for old series more seldom would keep them for too long, and timers end at 24 days. */
const SWEEP_LIMIT_MS = 86_400_000;

type Series = Replaceable<LastPoint>;

/** These are left out because the configuration, or the point itself, says so; all others are lost. */
const AS_CONFIGURED: ReadonlySet<Reason> = new Set(['first_of_series', 'no_value']);

/**
 * Makes delta points of cumulative ones (otelcol-contrib processor/cumulativetodeltaprocessor). Series are told apart by their start, too, so
 * that a counter that begins anew is a new one.
 */
export class CumulativeToDeltaProcessor implements Processor, Conversion<LastPoint> {
  readonly mutatesData = true;
  readonly temporality: number = TEMPORALITY_DELTA;
  readonly #settings: CreateSettings;
  readonly #initialValue: CumulativeToDeltaConfig['initialValue'];
  readonly #maxStalenessMs: number;
  readonly #next: Consumer;
  readonly #metrics: CumulativeToDeltaMetrics;
  readonly #isNamed: (name: string, type: number) => boolean;
  #series = new SeriesTable<Series>(SERIES_LIMIT, { byStart: true });
  /** Series that began before may have been seen by nobody, or by another collector. */
  #startNs: bigint;
  #cancelSweep: () => void = () => undefined;

  constructor(settings: CreateSettings, config: CumulativeToDeltaConfig, next: Consumer) {
    this.#settings = settings;
    this.#initialValue = config.initialValue;
    this.#maxStalenessMs = config.maxStalenessMs;
    this.#next = next;
    this.#metrics = new CumulativeToDeltaMetrics(settings.meter, () => this.#series.size);
    this.#startNs = nanoseconds(settings.clock.nowMs());
    const isIncluded = compileMatch(config.include, true);
    const isExcluded = compileMatch(config.exclude, false);
    this.#isNamed = (name, type) =>
      isIncluded.name(name) && isIncluded.type(type) && !isExcluded.name(name) && !isExcluded.type(type);
  }

  async start(): Promise<void> {
    if (this.#maxStalenessMs > 0) this.#scheduleSweep(Math.min(this.#maxStalenessMs, SWEEP_LIMIT_MS));
  }

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    this.#report(await convertBatch(batch, this.#series, this, this.#next, abort));
  }

  /** In a reload the differences go on: the successor knows what came last. */
  handOver(successor: Component | undefined): () => void {
    if (successor instanceof CumulativeToDeltaProcessor) {
      successor.#series = this.#series;
      successor.#startNs = this.#startNs;
    }
    return () => undefined;
  }

  async shutdown(): Promise<void> {
    this.#cancelSweep();
    this.#metrics.close();
  }

  isWanted(chunk: PointChunk, metric: number): boolean {
    return isConvertible(chunk, metric) && this.#isNamed(chunk.metricName(metric), chunk.metrics.type[metric]!);
  }

  bytesOf(point: LastPoint): number {
    return bytesOf(point);
  }

  convert(view: PointView, type: number, undo: Undo<LastPoint>): Reason | undefined {
    if ((view.flags & FLAG_NO_RECORDED_VALUE) !== 0) return 'no_value';
    // No number, that is said of series that have ended: nothing can be taken from it.
    if (type === METRIC_SUM && Number.isNaN(view.value)) return undefined;
    let series = this.#series.find(view.row);
    if (series === undefined) {
      series = { point: undefined };
      if (!this.#series.add(series)) return 'series_limit';
    }
    const before = series.point;
    const after = pointOf(view, type, before);
    undo.replace(series, after);
    return before === undefined ? this.#begin(view, type) : subtract(view, type, after, before);
  }

  /** The first point of a series. */
  #begin(view: PointView, type: number): Reason | undefined {
    const initialValue = this.#initialValue;
    if (initialValue === 'drop') return 'first_of_series';
    if (initialValue === 'auto' && (view.startNs < this.#startNs || view.timeNs === view.startNs)) {
      return 'first_of_series';
    }
    if (initialValue === 'keep') view.startNs = 0n;
    if (type === METRIC_SUM && view.value === undefined) view.value = 0n;
    if (type !== METRIC_SUM) withoutExtremes(view);
    return undefined;
  }

  #report({ converted, left }: Tally): void {
    const { account } = this.#settings;
    for (const [type, count] of converted) this.#metrics.addConverted(type, count);
    for (const [reason, counts] of left) {
      for (const [type, count] of counts) {
        this.#metrics.addDropped(type, reason, count);
        if (AS_CONFIGURED.has(reason)) account.filtered('metrics', count, reason);
        else account.dropped('metrics', count, reason);
      }
    }
  }

  #scheduleSweep(everyMs: number): void {
    const { clock } = this.#settings;
    this.#cancelSweep = clock.after(everyMs, () => {
      this.#scheduleSweep(everyMs);
      const oldestNs = nanoseconds(clock.nowMs() - this.#maxStalenessMs);
      this.#series.keep((series) => {
        if (series.point !== undefined && series.point.timeNs >= oldestNs) return true;
        forget(series, this.#series, bytesOf);
        return false;
      });
    });
  }
}

function isConvertible({ metrics }: PointChunk, metric: number): boolean {
  if (metrics.temporality[metric] !== TEMPORALITY_CUMULATIVE) return false;
  const type = metrics.type[metric]!;
  if (type === METRIC_SUM) return metrics.monotonic[metric] === 1;
  return type === METRIC_HISTOGRAM || type === METRIC_EXPONENTIAL_HISTOGRAM;
}

/** `ifEmpty`: what a list without items says of everything. */
function compileMatch(
  { matchType, metrics, metricTypes }: MatchConfig,
  ifEmpty: boolean,
): { readonly name: (name: string) => boolean; readonly type: (type: number) => boolean } {
  return {
    name: matchType === undefined || metrics.length === 0 ? () => ifEmpty : nameTest(matchType, metrics),
    type: metricTypes.length === 0 ? () => ifEmpty : (type) => metricTypes.includes(type),
  };
}

function nanoseconds(ms: number): bigint {
  return BigInt(Math.floor(ms)) * 1_000_000n;
}
