import type { ReadOptions, StoreReader, Table } from '../../reader/index.ts';
import type { TimedRows, TimeRange } from '../../source/index.ts';
import { Bound, raw, type Sql, sql, text, texts } from '../../sql/index.ts';

/** The points of series, by their ids: each series' rows stand behind each other, by time, each time once. */
export interface SeriesPoints {
  readonly table: Table;
  readonly timesMs: ArrayLike<number>;
  readonly startsMs: ArrayLike<number>;
  /** 1 where the point says that the series has ended. */
  readonly stale: ArrayLike<number>;
  /** First row and the one behind the last, by id. */
  readonly rows: ReadonlyMap<string, readonly [from: number, to: number]>;
}

/** Ids are sent with the statement, 30 bytes each in its URL; more are found again by the selector, which takes the store longer. */
const MAX_SENT_IDS = 4_000;
/** Where all series of a metric are wanted, naming them spares nothing unless they are few. */
const FEW_IDS = 400;

/** What is no longer needs no file on its way through the engine. */
const MAX_ANSWER_BYTES = 128 * 1024 * 1024;

/** Bits of Prometheus' stale marker. */
export const STALE_NAN: Sql = raw('toUInt64(9218868437227405314)');
/** Whether a point of a number ends its series. */
export const IS_STALE: Sql = staleBy(raw('stored.value_double'));

/** `marker` is a double whose stale marker ends the series, beside the flag of OTLP. */
function staleBy(marker: Sql): Sql {
  return sql`bitAnd(stored.flags, 1) = 1 OR reinterpretAsUInt64(${marker}) = ${STALE_NAN}`;
}

/** Rows of series by their ids, or of more than those. `isWhole`: of a metric all series are wanted. */
export function chosenSeries(ids: readonly string[], selector: Sql, isWhole = false): Sql {
  if (areNamed(ids, isWhole)) return sql`series_id IN ${new Bound('Array(UInt64)', `[${ids.join()}]`)}`;
  return isWhole ? raw('1') : sql`series_id IN (SELECT series_id ${selector})`;
}

/** Whether a statement on their rows names them, and so gives those of no other series. */
export function areNamed(ids: readonly string[], isWhole: boolean): boolean {
  return ids.length <= (isWhole ? FEW_IDS : MAX_SENT_IDS);
}

/** Rows of these series' metrics. A subquery instead of values takes the store some ms more. */
export function namedMetrics(series: Iterable<{ readonly metric: string }>): Sql {
  const names = [...new Set(Array.from(series, ({ metric }) => metric))];
  return names.length === 1 ? sql`name = ${text(names[0]!)}` : sql`name IN ${texts(names)}`;
}

export async function readPoints(
  reader: StoreReader,
  points: TimedRows,
  what: {
    readonly rows: readonly { readonly id: string; readonly metric: string }[];
    /** All series that the selector can mean, behind their columns. */
    readonly selector: Sql;
    readonly range: TimeRange;
    /** Columns beside time and staleness. */
    readonly columns: Sql;
    /** A double whose stale marker ends the series, too. */
    readonly marker: Sql;
  },
  options: ReadOptions,
): Promise<SeriesPoints> {
  const { range, columns, marker } = what;
  const ids = what.rows.map(({ id }) => id);
  const chosen = chosenSeries(ids, what.selector);
  const table = await reader.read(
    sql`SELECT series_id, toUnixTimestamp64Milli(stored.time) AS time_ms, toUnixTimestamp64Milli(stored.start_time) AS start_ms,
        ${staleBy(marker)} AS is_stale, ${columns}
      ${points.in(range)} AND ${namedMetrics(what.rows)} AND ${chosen}
      ORDER BY series_id, stored.time LIMIT 1 BY series_id, stored.time`,
    { ...options, maxBytes: MAX_ANSWER_BYTES },
  );
  const rows = new Map<string, [number, number]>();
  const seriesIds = table.rowCount === 0 ? new BigInt64Array(0) : table.integers('series_id');
  for (let from = 0, to = 0; from < seriesIds.length; from = to) {
    while (to < seriesIds.length && seriesIds[to] === seriesIds[from]) to++;
    rows.set(String(BigInt.asUintN(64, seriesIds[from]!)), [from, to]);
  }
  return {
    table,
    timesMs: table.vector('time_ms'),
    startsMs: table.vector('start_ms'),
    stale: table.vector('is_stale'),
    rows,
  };
}
