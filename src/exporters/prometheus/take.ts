import type { Reason } from '#base';
import { METRIC_SUM, type PointChunk, type PointView, TEMPORALITY_CUMULATIVE, TEMPORALITY_DELTA } from '#pdata';
import type { ExposedExemplar, ExposedLabel } from '#wire';
import type { Series } from './series.ts';
import { addExponentials, addHistograms, isServable, sumOf } from './values.ts';

/**
 * What a point makes of its series. `older`: the series has a later value, and only the last one is served. A reason: the point is lost,
 * because a difference that can't be added is missing in all later values.
 */
export type Taken = 'taken' | 'older' | Reason;

export function takeNumber(_chunk: PointChunk, point: PointView, series: Series, isNew: boolean): Taken {
  const { metric, timeNs } = point;
  const isDelta = metric.type === METRIC_SUM && metric.temporality === TEMPORALITY_DELTA;
  if (!isNew && timeNs < series.timeNs) return isDelta ? 'out_of_order' : 'older';
  const value = point.value ?? 0;
  if (!isNew && isDelta && point.startNs === series.timeNs) series.number = sum(series.number, value);
  else {
    series.number = value;
    series.startNs = point.startNs;
  }
  series.timeNs = timeNs;
  series.exemplars = series.family.type === 'counter' ? exemplarsOf(point) : [];
  return 'taken';
}

function sum(one: number | bigint, other: number | bigint): number | bigint {
  if (typeof one === 'bigint' && typeof other === 'bigint') return BigInt.asIntN(64, one + other);
  return Number(one) + Number(other);
}

export function takeSummary(chunk: PointChunk, point: PointView, series: Series, isNew: boolean): Taken {
  if (!isNew && point.timeNs < series.timeNs) return 'older';
  const { quantiles, values } = point.quantiles;
  const byQuantile = new Map<number, number>();
  for (let i = 0; i < quantiles.length; i++) byQuantile.set(quantiles[i]!, values[i]!);
  series.complex = { kind: 'summary', count: point.count, sum: sumOf(chunk, point), quantiles: byQuantile };
  series.startNs = point.startNs;
  series.timeNs = point.timeNs;
  return 'taken';
}

export function takeHistogram(chunk: PointChunk, point: PointView, series: Series, isNew: boolean): Taken {
  const buckets = point.buckets;
  const next = { kind: 'histogram', count: point.count, sum: sumOf(chunk, point), buckets } as const;
  const kind = isNew ? 'replaces' : kindOf(point, series);
  if (kind === 'replaces') {
    series.complex = next;
    series.startNs = point.startNs;
    series.exemplars = exemplarsOf(point);
  } else if (kind === 'adds' && series.complex?.kind === 'histogram') {
    series.complex = addHistograms(series.complex, next);
    series.exemplars = [];
  } else return kind === 'adds' ? 'not_representable' : kind;
  series.timeNs = point.timeNs;
  return 'taken';
}

export function takeExponential(chunk: PointChunk, point: PointView, series: Series, isNew: boolean): Taken {
  const buckets = point.exponential;
  const next = { kind: 'exponential', count: point.count, sum: sumOf(chunk, point), buckets } as const;
  if (!isServable(next)) return 'not_representable';
  const kind = isNew ? 'replaces' : kindOf(point, series);
  if (kind === 'replaces') {
    series.complex = next;
    series.startNs = point.startNs;
    series.exemplars = exemplarsOf(point);
  } else if (kind === 'adds' && series.complex?.kind === 'exponential') {
    const both = addExponentials(series.complex, next);
    if (both === undefined) return 'not_representable';
    series.complex = both;
    series.exemplars = [];
  } else return kind === 'adds' ? 'not_representable' : kind;
  series.timeNs = point.timeNs;
  return 'taken';
}

/** A difference continues what is there, or begins anew behind a gap; one that overlaps was counted before, or by someone else. */
function kindOf(
  { metric, timeNs, startNs }: PointView,
  series: Series,
): 'replaces' | 'adds' | 'older' | 'out_of_order' {
  if (metric.temporality === TEMPORALITY_CUMULATIVE) return timeNs < series.timeNs ? 'older' : 'replaces';
  if (startNs === series.timeNs) return 'adds';
  return startNs > series.timeNs ? 'replaces' : 'out_of_order';
}

function exemplarsOf(point: PointView): ExposedExemplar[] {
  const list = point.exemplars;
  const found: ExposedExemplar[] = [];
  for (let i = 0; i < list.count; i++) {
    const { traceId, spanId, value, timeNs } = list.at(i);
    const labels: ExposedLabel[] = [];
    if (traceId !== '') labels.push(['trace_id', traceId]);
    if (spanId !== '') labels.push(['span_id', spanId]);
    found.push({ labels, value: Number(value ?? 0), timeNs });
  }
  return found;
}
