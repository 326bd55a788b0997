import { wholeMs } from '#base';
import { QueryError, type ReadOptions, type StoreReader, type Table } from '../../reader/index.ts';
import { METRIC_TYPES, type TimeRange } from '../../source/index.ts';
import { Bound, integer, raw, type Sql, sql } from '../../sql/index.ts';
import type { FloatSamples } from '../source.ts';
import { USUAL_INTERVAL_MS } from './divide.ts';
import { detailedNumbers, GatheredNumbers, numberRows, RunsBySeries } from './number-rows.ts';
import { chosenSeries, namedMetrics, STALE_NAN } from './points.ts';
import type { SeriesRow } from './series.ts';

/**
 * Samples of gauges and sums as rows, as they lie in the store: 24 bytes a sample on the way, and nothing for the store to do but to read. Series
 * whose samples differ in when they began, or that end in between, are told apart by the same rows.
 */

/** As many as are on the way at a time, about. */
const SLICE_SAMPLES = 1_000_000;
/** Samples may lie closer than usual; where they don't fit even so, fewer series are asked for at a time. */
const MAX_SLICE_BYTES = 64 * 1024 * 1024;
/** Below, a second thread of the store takes longer to begin than it spares. */
const FEW_SAMPLES = 100_000;
/** A time is sent as milliseconds since the range began, in 32 bits where they are enough. */
const MAX_SHORT_MS = 2 ** 32;

export interface NumberReading {
  readonly rows: readonly SeriesRow[];
  /** All series that the selector can mean, behind their columns. */
  readonly selector: Sql;
  /** It means all series of its metrics. */
  readonly isWhole: boolean;
  readonly range: TimeRange;
  /** Whether each sample has to say when its counter began. */
  readonly needsStarts: boolean;
  /** Each sample says when its counter began, and whether the series ended there. */
  readonly isDetailed?: boolean;
}

export interface NumberSlice {
  readonly found: readonly NumberSeries[];
  /** Only details tell what they are; none of a detailed reading. */
  readonly odd: readonly SeriesRow[];
}

export interface NumberSeries {
  readonly row: SeriesRow;
  readonly floats: FloatSamples;
  /** Times of stale markers. */
  readonly staleMs: Float64Array | undefined;
}

/** Slices of the series, each with all samples of its series; the next one is on its way while one is looked at. */
export async function* readNumbers(
  reader: StoreReader,
  reading: NumberReading,
  options: ReadOptions,
): AsyncGenerator<NumberSlice> {
  const { rows, range } = reading;
  const perSeries = Math.max(1, (range.toMs - range.fromMs) / USUAL_INTERVAL_MS);
  const count = Math.max(1, Math.ceil((rows.length * perSeries) / SLICE_SAMPLES));
  const isFew = rows.length * perSeries < FEW_SAMPLES;
  const settings = { ...options.settings, ...(isFew && { max_threads: 1 }) };
  const slices = slicesOf(rows, count);
  const read = (slice: readonly SeriesRow[] | undefined): Promise<Table> | undefined => {
    if (slice === undefined) return undefined;
    const statement = statementOf(reading, slice, slice.length < rows.length);
    const reads = reader.read(statement, { ...options, settings, maxBytes: MAX_SLICE_BYTES });
    // Its failure is seen when its turn comes, if it still does.
    reads.catch(() => undefined);
    return reads;
  };
  let next = read(slices[0]);
  for (let at = 0; next !== undefined; at++) {
    const slice = slices[at]!;
    const table = await next.catch((error: unknown) => {
      if (!(error instanceof QueryError && error.code === 'too_large') || slice.length === 1) throw error;
      return undefined;
    });
    if (table === undefined) {
      const half = slice.length >> 1;
      const halves = byId(slice);
      slices.splice(at, 1, [], halves.slice(0, half), halves.slice(half));
      next = read(slices[at + 1]);
      continue;
    }
    next = read(slices[at + 1]);
    yield sliceOf(table, slice, reading);
  }
}

/** By id, as they lie in the store, where there are several slices. */
function slicesOf(rows: readonly SeriesRow[], count: number): (readonly SeriesRow[])[] {
  const sorted = count === 1 ? rows : byId(rows);
  const perSlice = Math.ceil(rows.length / count);
  const slices: (readonly SeriesRow[])[] = [];
  for (let from = 0; from < sorted.length; from += perSlice) slices.push(sorted.slice(from, from + perSlice));
  return slices;
}

/** Ids are digits of numbers. */
function byId(rows: readonly SeriesRow[]): readonly SeriesRow[] {
  return rows.toSorted(({ id: a }, { id: b }) =>
    a.length !== b.length ? a.length - b.length : a < b ? -1 : a > b ? 1 : 0,
  );
}

function statementOf(reading: NumberReading, slice: readonly SeriesRow[], isPart: boolean): Sql {
  const { selector, isWhole, range } = reading;
  const sinceMs = sql`toUnixTimestamp64Milli(stored.time) - ${integer(Math.floor(range.fromMs))}`;
  const times = range.toMs - range.fromMs < MAX_SHORT_MS ? sql`toUInt32(${sinceMs})` : sinceMs;
  const between = isPart ? betweenIds(slice) : raw('');
  const ids = slice.map(({ id }) => id);
  const startNs = raw('toUnixTimestamp64Nano(stored.start_time)');
  const starts = hasWholeStarts(reading) ? sql`${startNs} AS starts` : sql`toUInt32(${startNs}) AS start_words`;
  return sql`SELECT series_id, ${times} AS times, ${starts},
      if(bitAnd(stored.flags, 1) = 1, reinterpretAsFloat64(${STALE_NAN}), stored.value) AS numbers
    ${METRIC_TYPES.gauge.points.in(range)} AND ${namedMetrics(slice)}${between} AND ${chosenSeries(ids, selector, isWhole)}`;
}

function betweenIds(sorted: readonly SeriesRow[]): Sql {
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  return sql` AND series_id BETWEEN ${new Bound('UInt64', first.id)} AND ${new Bound('UInt64', last.id)}`;
}

/** Else the low words of start times: enough to see that they differ. */
function hasWholeStarts({ needsStarts, isDetailed = false }: NumberReading): boolean {
  return needsStarts || isDetailed;
}

function sliceOf(table: Table, slice: readonly SeriesRow[], reading: NumberReading): NumberSlice {
  const found: NumberSeries[] = [];
  const odd: SeriesRow[] = [];
  if (table.rowCount === 0) return { found, odd };
  const originMs = Math.floor(reading.range.fromMs);
  const rows = numberRows(table);
  const bySeries = new RunsBySeries(rows);
  const gathered = new GatheredNumbers(rows, originMs);
  for (const row of slice) {
    const runs = bySeries.get(row.id);
    if (runs === undefined) continue;
    if (!runs.isOdd) {
      const samples = gathered.add(runs);
      const startsMs = reading.needsStarts
        ? new Float64Array(samples.timesMs.length).fill(wholeMs(rows.starts, runs.begins[0]!))
        : undefined;
      found.push({ row, floats: { ...samples, startsMs }, staleMs: undefined });
    } else if (rows.hasWholeStarts) {
      const { staleMs, ...floats } = detailedNumbers(rows, runs, originMs);
      found.push({ row, floats, staleMs });
    } else odd.push(row);
  }
  return { found, odd };
}
