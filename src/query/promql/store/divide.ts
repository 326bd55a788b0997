import { compareText } from '#base';
import { METRIC_GAUGE, METRIC_SUM } from '#pdata';
import type { TimeRange } from '../../source/index.ts';
import type { Labels } from '../labels.ts';
import { nameOf } from './names.ts';
import type { SeriesRow } from './series.ts';

/** Points that are held at a time, about; one of a histogram takes as much as many numbers. */
const CHUNK_POINTS = 300_000;
/** What nobody knows before: how far the points of a series are apart. */
export const USUAL_INTERVAL_MS = 15_000;

export interface NamedRow {
  readonly row: SeriesRow;
  /** With the name. */
  readonly labels: Labels;
}

/**
 * Stored series that are a series of Prometheus each, and the rest: histograms and summaries are several; and what several stored series have
 * under one set of labels is put together sample by sample.
 */
export function divide(rows: readonly SeriesRow[]): {
  readonly plain: readonly NamedRow[];
  readonly rest: readonly SeriesRow[];
} {
  const named = rows.map((row) => ({ row, labels: row.labels.named(nameOf(row.name, 'value')) }));
  const keys = new Map<string, number>();
  const others = new Set<string>();
  for (const { row, labels } of named) {
    if (isNumber(row)) keys.set(labels.key, (keys.get(labels.key) ?? 0) + 1);
    else for (const part of row.parts) others.add(nameOf(row.name, part));
  }
  const isPlain = ({ row, labels }: NamedRow): boolean =>
    isNumber(row) && keys.get(labels.key) === 1 && !others.has(labels.metricName);
  return {
    plain: named.filter(isPlain),
    rest: named.filter((each) => !isPlain(each)).map(({ row }) => row),
  };
}

function isNumber({ type }: SeriesRow): boolean {
  return type === METRIC_GAUGE || type === METRIC_SUM;
}

/** What has the same labels stays together. */
export function* chunksOf(rows: readonly SeriesRow[], { fromMs, toMs }: TimeRange): Generator<SeriesRow[]> {
  const perChunk = CHUNK_POINTS / Math.max(1, (toMs - fromMs) / USUAL_INTERVAL_MS);
  if (rows.length <= perChunk) {
    if (rows.length > 0) yield [...rows];
    return;
  }
  const sorted = rows.toSorted((a, b) => compareText(a.labels.key, b.labels.key));
  let chunk: SeriesRow[] = [];
  for (const row of sorted) {
    if (chunk.length >= perChunk && chunk.at(-1)!.labels.key !== row.labels.key) {
      yield chunk;
      chunk = [];
    }
    chunk.push(row);
  }
  yield chunk;
}
