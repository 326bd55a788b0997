import type { ReadOptions, StoreReader, Table } from '../../reader/index.ts';
import type { TimedRows, TimeRange } from '../../source/index.ts';
import { raw, type Sql, sql, texts } from '../../sql/index.ts';

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

/** Ids are sent with the statement where they are few; many are found again by the selector. */
const MAX_SENT_IDS = 400;

/** Bits of Prometheus' stale marker. */
const STALE_NAN = raw('9218868437227405314');

export async function readPoints(
  reader: StoreReader,
  points: TimedRows,
  what: {
    readonly metrics: readonly string[];
    readonly ids: readonly string[];
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
  const { metrics, ids, range, columns, marker } = what;
  const chosen =
    ids.length <= MAX_SENT_IDS
      ? sql`series_id IN (SELECT toUInt64(arrayJoin(${texts(ids)})))`
      : sql`series_id IN (SELECT series_id ${what.selector})`;
  const table = await reader.read(
    sql`SELECT series_id, toUnixTimestamp64Milli(stored.time) AS time_ms, toUnixTimestamp64Milli(stored.start_time) AS start_ms,
        bitAnd(stored.flags, 1) = 1 OR reinterpretAsUInt64(${marker}) = ${STALE_NAN} AS is_stale, ${columns}
      ${points.in(range)} AND name IN (SELECT arrayJoin(${texts(metrics)})) AND ${chosen}
      ORDER BY series_id, stored.time LIMIT 1 BY series_id, stored.time`,
    options,
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
