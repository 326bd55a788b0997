/** Calls, errors and latencies of services over sliding windows, straight from the spans. */

import { SPAN_KIND_NUMBERS } from '#lang/filter';
import type { TimeGrid } from '../answers/index.ts';
import { bucketOf, bucketQuantile, exponentialBuckets, MAX_BUCKETS } from '../plan/index.ts';
import { QueryError, type ReadOptions, type StoreReader } from '../reader/index.ts';
import { spans } from '../source/index.ts';
import { allOf, raw, type Sql, sql, texts } from '../sql/index.ts';

export interface SpanMetricsQuery {
  readonly services: readonly string[];
  /** Words such as `server`; empty for all kinds. */
  readonly kinds: readonly string[];
  readonly byOperation: boolean;
  readonly endMs: number;
  readonly lookbackMs: number;
  readonly stepMs: number;
  /** Each point covers so much time before it. */
  readonly windowMs: number;
}

/** Of one service, or one of its operations: a value per point; null without calls in its window. */
export interface SpanMetricsGroup {
  readonly service: string;
  readonly operation: string;
  readonly callsPerSecond: readonly (number | null)[];
  /** Failed calls as a share of all. */
  readonly errorRatio: readonly (number | null)[];
  readonly latencyMs: (quantile: number) => readonly (number | null)[];
}

export interface SpanMetrics {
  readonly timesMs: readonly number[];
  readonly groups: readonly SpanMetricsGroup[];
}

/** Durations are counted in buckets of 2^(1/16), which keeps quantiles within 2 %. */
const SCALE = 4;

/** Throws QueryError for more points than a chart can hold. */
export async function readSpanMetrics(
  reader: StoreReader,
  query: SpanMetricsQuery,
  options?: ReadOptions,
): Promise<SpanMetrics> {
  const { endMs, lookbackMs, stepMs, windowMs } = query;
  // The grid ends at the last point, so that windows are whole buckets wherever the end lies.
  const count = Math.ceil((lookbackMs + windowMs) / stepMs);
  if (count > MAX_BUCKETS) {
    throw new QueryError('bad_query', `${count} steps in this range and window, at most ${MAX_BUCKETS} are allowed`);
  }
  const grid: TimeGrid = { startMs: endMs - count * stepMs, stepMs, count };
  const range = { fromMs: Math.max(0, grid.startMs), toMs: endMs };
  const kinds = query.kinds.flatMap((kind) => SPAN_KIND_NUMBERS[kind] ?? []);
  const conditions: Sql[] = [sql`service_name IN (SELECT arrayJoin(${texts(query.services)}))`];
  if (kinds.length > 0) conditions.push(raw(`kind IN (${kinds.join(', ')})`));
  const table = await reader.read(
    sql`SELECT service_name, operation, groupArray(bucket) AS buckets, groupArray(slot) AS slots, groupArray(n) AS calls, groupArray(e) AS errors
      FROM (SELECT service_name, ${raw(query.byOperation ? 'name' : "''")} AS operation, ${bucketOf(grid)} AS bucket,
          toInt32(floor(log2(greatest(duration_ns, 1) / 1e6) * ${raw(String(2 ** SCALE))})) AS slot,
          count() AS n, countIf(status_code = 2) AS e
        ${spans.in(range)} AND ${allOf(conditions)} GROUP BY service_name, operation, bucket, slot)
      GROUP BY service_name, operation ORDER BY service_name, operation LIMIT 500`,
    options,
  );
  const pointCount = Math.max(1, Math.floor(lookbackMs / stepMs));
  const timesMs = Array.from({ length: pointCount }, (_, i) => endMs - (pointCount - 1 - i) * stepMs);
  const operations = table.strings('operation');
  const groups = table.strings('service_name').map((service, row) => {
    const numbers = (name: string): readonly number[] => table.column<number[]>(name)[row]!;
    const cells = cellsOf(grid, numbers('buckets'), numbers('slots'), numbers('calls'), numbers('errors'));
    const windows = timesMs.map((timeMs) => windowOf(cells, grid, timeMs - windowMs, timeMs));
    return groupOf(service, operations[row]!, windows, windowMs / 1000);
  });
  return { timesMs, groups };
}

/** What one bucket of time, or a window of several, holds. */
interface Cell {
  calls: number;
  errors: number;
  /** Counts by slot of duration. */
  readonly slots: Map<number, number>;
}

function cellsOf(
  grid: TimeGrid,
  buckets: readonly number[],
  slots: readonly number[],
  calls: readonly number[],
  errors: readonly number[],
): readonly Cell[] {
  const cells = Array.from({ length: grid.count }, (): Cell => ({ calls: 0, errors: 0, slots: new Map() }));
  for (let i = 0; i < buckets.length; i++) {
    const cell = cells[buckets[i]!];
    if (cell === undefined) continue;
    cell.calls += calls[i]!;
    cell.errors += errors[i]!;
    cell.slots.set(slots[i]!, (cell.slots.get(slots[i]!) ?? 0) + calls[i]!);
  }
  return cells;
}

/** Buckets that begin in `[fromMs, toMs)`. */
function windowOf(cells: readonly Cell[], grid: TimeGrid, fromMs: number, toMs: number): Cell {
  const sum: Cell = { calls: 0, errors: 0, slots: new Map() };
  const first = Math.max(0, Math.ceil((fromMs - grid.startMs) / grid.stepMs));
  const end = Math.min(cells.length, Math.ceil((toMs - grid.startMs) / grid.stepMs));
  for (let i = first; i < end; i++) {
    const cell = cells[i]!;
    sum.calls += cell.calls;
    sum.errors += cell.errors;
    for (const [slot, count] of cell.slots) sum.slots.set(slot, (sum.slots.get(slot) ?? 0) + count);
  }
  return sum;
}

function groupOf(service: string, operation: string, windows: readonly Cell[], seconds: number): SpanMetricsGroup {
  return {
    service,
    operation,
    callsPerSecond: windows.map(({ calls }) => (calls === 0 ? null : calls / seconds)),
    errorRatio: windows.map(({ calls, errors }) => (calls === 0 ? null : errors / calls)),
    latencyMs: (quantile) =>
      windows.map(({ slots }) => bucketQuantile(quantile, exponentialBuckets(SCALE, slots, new Map(), 0, 0))),
  };
}
