import type { Reason } from '#base';
import type { Component, Consumer, CreateSettings, Processor } from '#component';
import {
  assertSignal,
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
import { SeriesTable } from '../shared/series/series-table.ts';
import { type Replaceable, Undo } from '../shared/series/undo.ts';
import type { CumulativeToDeltaConfig, MatchConfig } from './config.ts';
import { CumulativeToDeltaMetrics } from './metrics.ts';
import { type LastPoint, pointOf, subtract, withoutExtremes } from './points.ts';

/** Otelcol has no limit: memory would be as large as senders like. */
const SERIES_LIMIT = 500_000;
/** Looking for old series more seldom would keep them for too long, and timers end at 24 days. */
const SWEEP_LIMIT_MS = 86_400_000;

type Series = Replaceable<LastPoint>;

/** What became of the points of a batch, by type and reason. */
class Tally {
  readonly converted = new Map<number, number>();
  readonly left = new Map<Reason, Map<number, number>>();

  convert(type: number): void {
    this.converted.set(type, (this.converted.get(type) ?? 0) + 1);
  }

  leave(type: number, reason: Reason): void {
    const counts = this.left.get(reason) ?? new Map<number, number>();
    counts.set(type, (counts.get(type) ?? 0) + 1);
    this.left.set(reason, counts);
  }
}

/** These are left out because the configuration, or the point itself, says so; all others are lost. */
const AS_CONFIGURED: ReadonlySet<Reason> = new Set(['first_of_series', 'no_value']);

/**
 * Makes delta points of cumulative ones (otelcol-contrib processor/cumulativetodeltaprocessor). Series are told apart by their start, too, so
 * that a counter that begins anew is a new one.
 */
export class CumulativeToDeltaProcessor implements Processor {
  readonly mutatesData = true;
  readonly #settings: CreateSettings;
  readonly #initialValue: CumulativeToDeltaConfig['initialValue'];
  readonly #maxStalenessMs: number;
  readonly #next: Consumer;
  readonly #metrics: CumulativeToDeltaMetrics;
  readonly #isWanted: (name: string, type: number) => boolean;
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
    this.#isWanted = (name, type) =>
      isIncluded.name(name) && isIncluded.type(type) && !isExcluded.name(name) && !isExcluded.type(type);
  }

  async start(): Promise<void> {
    if (this.#maxStalenessMs > 0) this.#scheduleSweep(Math.min(this.#maxStalenessMs, SWEEP_LIMIT_MS));
  }

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    const undo = new Undo<LastPoint>();
    const tally = new Tally();
    const chunks = batch.chunks.map((chunk) => {
      assertSignal(chunk, 'metrics');
      return this.#convert(chunk as PointChunk, undo, tally);
    });
    const result = batch.with(chunks);
    try {
      if (result.itemCount > 0) await this.#next.consume(result, abort);
    } catch (error) {
      undo.takeBack();
      throw error;
    }
    this.#report(tally);
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

  /** The rows that are left. */
  #convert(chunk: PointChunk, undo: Undo<LastPoint>, tally: Tally): PointChunk {
    const wanted = new Array<boolean | undefined>(chunk.metricCount);
    const view = chunk.view();
    const rows: number[] = [];
    this.#series.enter(chunk);
    for (let index = 0; index < chunk.count; index++) {
      view.row = chunk.rowAt(index);
      const metric = chunk.columns.metric[view.row]!;
      wanted[metric] ??=
        isConvertible(chunk, metric) && this.#isWanted(chunk.metricName(metric), typeOf(chunk, metric));
      if (!wanted[metric]) {
        rows.push(view.row);
        continue;
      }
      const type = typeOf(chunk, metric);
      const reason = this.#convertPoint(view, type, undo, tally);
      if (reason === undefined) rows.push(view.row);
      else tally.leave(type, reason);
    }
    this.#series.leave();
    const metrics = chunk.metricView();
    for (let metric = 0; metric < wanted.length; metric++) {
      if (wanted[metric] !== true) continue;
      metrics.index = metric;
      metrics.temporality = TEMPORALITY_DELTA;
    }
    return rows.length === chunk.count ? chunk : chunk.select(Uint32Array.from(rows));
  }

  /** Returns why the point is left out, if it is. */
  #convertPoint(view: PointView, type: number, undo: Undo<LastPoint>, tally: Tally): Reason | undefined {
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
    const reason = before === undefined ? this.#begin(view, type) : subtract(view, type, after, before);
    if (reason === undefined) tally.convert(type);
    return reason;
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
      this.#series.keep(({ point }) => point !== undefined && point.timeNs >= oldestNs);
    });
  }
}

function typeOf(chunk: PointChunk, metric: number): number {
  return chunk.metrics.type[metric]!;
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
