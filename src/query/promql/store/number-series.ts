import { setImmediate as nextTurn } from 'node:timers/promises';
import { wholeMs } from '#base';
import { QueryError, type ReadOptions, ReusedMemory, type StoreReader, type Table } from '../../reader/index.ts';
import { METRIC_TYPES, type TimeRange } from '../../source/index.ts';
import { Bound, integer, raw, type Sql, sql } from '../../sql/index.ts';
import type { FloatSamples } from '../source.ts';
import { USUAL_INTERVAL_MS } from './divide.ts';
import { detailedNumbers, GatheredNumbers, numberRows, RunsBySeries } from './number-rows.ts';
import { areNamed, chosenSeries, namedMetrics, STALE_NAN } from './points.ts';
import type { SeriesRow } from './series.ts';

/**
 * Samples of gauges and sums as rows, as they lie in the store: 20 bytes a sample on the way, and nothing for the store to do but to read. Series
 * whose samples differ in when they began, or that end in between, are told apart by the same rows.
 */

/** `samples`: of a slice, about. They may lie closer than usual; where they don't fit into `bytes`, fewer series are asked for at a time. */
const SLICE_LIMITS = { samples: 1_000_000, bytes: 64 * 1024 * 1024 } as const;
/** Slices that are on their way while one is looked at: the store works on one while another is sent. */
const UNDER_WAY = 2;
/** Below, a second thread of the store takes longer to begin than it spares. */
const FEW_SAMPLES = 100_000;
/** A time is sent as milliseconds since the range began, in 32 bits where they are enough. */
const MAX_SHORT_MS = 2 ** 32;

export interface NumberReading {
  readonly rows: readonly SeriesRow[];
  /** All series that the selector can mean, behind their columns. */
  readonly selector: Sql;
  /** The rows are all series of their metrics. */
  readonly isWhole: boolean;
  readonly range: TimeRange;
  /** Whether each sample has to say when its counter began. */
  readonly needsStarts: boolean;
  /** Each sample says when its counter began, and whether the series ended there. */
  readonly isDetailed?: boolean;
  /** A slice is of no use any more when the next one is asked for. Default false. */
  readonly isBrief?: boolean;
}

export interface NumberSlice {
  /** All that were looked at. */
  readonly rows: readonly SeriesRow[];
  readonly found: readonly NumberSeries[];
  /** Of those that only details tell, where they are known already. */
  readonly detailed: readonly NumberSeries[];
  /** Only details tell what they are; none of a detailed reading. */
  readonly odd: readonly SeriesRow[];
}

export interface NumberSeries {
  readonly row: SeriesRow;
  readonly floats: FloatSamples;
  /** Times of stale markers. */
  readonly staleMs: Float64Array | undefined;
}

/** Slices of the series, each with all samples of its series; the next ones are on their way while one is looked at. */
export async function* readNumbers(
  reader: StoreReader,
  reading: NumberReading,
  options: ReadOptions,
  limits: { readonly samples: number; readonly bytes: number } = SLICE_LIMITS,
): AsyncGenerator<NumberSlice> {
  const { rows, range } = reading;
  const perSeries = Math.max(1, (range.toMs - range.fromMs) / USUAL_INTERVAL_MS);
  const count = Math.max(1, Math.ceil((rows.length * perSeries) / limits.samples));
  const isFew = rows.length * perSeries < FEW_SAMPLES;
  const settings = { ...options.settings, ...(isFew && { max_threads: 1 }) };
  const waiting = slicesOf(rows, count);
  const underWay: { readonly slice: readonly SeriesRow[]; readonly reads: Promise<Table> }[] = [];
  const bodies = Array.from({ length: UNDER_WAY + 1 }, () => new ReusedMemory());
  const looked = new ReusedMemory();
  let begun = 0;
  const begin = (): void => {
    while (underWay.length < UNDER_WAY && waiting.length > 0) {
      const slice = waiting.shift()!;
      const statement = statementOf(reading, slice, slice.length < rows.length);
      const memory = bodies[begun++ % bodies.length]!;
      memory.reset();
      const reads = reader.read(statement, { ...options, settings, memory, maxBytes: limits.bytes });
      // Its failure is seen when its turn comes, if it still does.
      reads.catch(() => undefined);
      underWay.push({ slice, reads });
    }
  };
  for (begin(); underWay.length > 0; begin()) {
    const { slice, reads } = underWay.shift()!;
    const table = await reads.catch((error: unknown) => {
      if (!(error instanceof QueryError && error.code === 'too_large') || slice.length === 1) throw error;
      return undefined;
    });
    if (table === undefined) {
      const half = slice.length >> 1;
      const halves = byId(slice);
      waiting.unshift(halves.slice(0, half), halves.slice(half));
      continue;
    }
    begin();
    // So that the statement leaves before this process is busy with what has come.
    await nextTurn();
    looked.reset();
    yield sliceOf(table, slice, reading, looked);
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
  // A selector may let through more than its matchers.
  const hasNoOthers = isWhole || areNamed(ids, isWhole);
  const named = hasNoOthers && haveOwnLowWords(ids) ? raw('toUInt32(series_id) AS id_words') : raw('series_id AS ids');
  return sql`SELECT ${named}, ${times} AS times, ${starts},
      if(bitAnd(stored.flags, 1) = 1, reinterpretAsFloat64(${STALE_NAN}), stored.value) AS numbers
    ${METRIC_TYPES.gauge.points.in(range)} AND ${namedMetrics(slice)}${between} AND ${chosenSeries(ids, selector, isWhole)}`;
}

/**
 * Whether 32 bits tell series apart. A statement on all of a metric may also give rows of series that are younger than what is known of it: with
 * one chance in 2^32 for each pair they have the low word of another.
 */
function haveOwnLowWords(ids: readonly string[]): boolean {
  return new Set(ids.map((id) => BigInt(id) & 0xffff_ffffn)).size === ids.length;
}

function betweenIds(sorted: readonly SeriesRow[]): Sql {
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  return sql` AND series_id BETWEEN ${new Bound('UInt64', first.id)} AND ${new Bound('UInt64', last.id)}`;
}

/** Else the low words of start times: enough to see that they differ. */
function hasWholeStarts({ needsStarts, isDetailed = false }: NumberReading): boolean {
  return needsStarts || isDetailed;
}

function sliceOf(table: Table, rows: readonly SeriesRow[], reading: NumberReading, memory: ReusedMemory): NumberSlice {
  const found: NumberSeries[] = [];
  const odd: SeriesRow[] = [];
  if (table.rowCount === 0) return { rows, found, detailed: [], odd };
  const originMs = Math.floor(reading.range.fromMs);
  const samples = numberRows(table, memory);
  const bySeries = new RunsBySeries(samples);
  const own = reading.isBrief === true ? memory : undefined;
  const gathered = new GatheredNumbers(samples, originMs, own);
  for (const row of rows) {
    const runs = bySeries.get(row.id);
    if (runs === undefined) continue;
    if (!runs.isOdd) {
      const floats = gathered.add(runs);
      const startsMs = reading.needsStarts
        ? doubles(floats.timesMs.length, own).fill(wholeMs(samples.starts, runs.begins[0]!))
        : undefined;
      found.push({ row, floats: { ...floats, startsMs }, staleMs: undefined });
    } else if (samples.hasWholeStarts) {
      const { staleMs, ...floats } = detailedNumbers(samples, runs, originMs);
      found.push({ row, floats, staleMs });
    } else odd.push(row);
  }
  return { rows, found, detailed: [], odd };
}

function doubles(length: number, memory: ReusedMemory | undefined): Float64Array {
  return memory?.takeDoubles(length) ?? new Float64Array(length);
}
