/**
 * Rows of the store's tables. What these give stands in a statement behind the columns: `FROM …`, and the conditions that every statement
 * on that table has. Further conditions follow with AND. The table is called `stored` where a column needs its table's name, because a
 * result has the same.
 *
 *   sql`SELECT count() AS n ${spans.in(range)} AND ${condition}`
 */

import { allOf, Bound, raw, type Sql, sql, storedTable, TENANT, timeNs } from '../sql/index.ts';
import { inRange, type TimeRange } from './range.ts';

/** A table and the conditions under which it is read: those of a tenant, always. */
export function rowsOf(table: string, conditions: readonly Sql[]): Sql {
  return sql`FROM ${storedTable(table)} AS stored WHERE ${allOf([sql`tenant = ${TENANT}`, ...conditions])}`;
}

const LAST_MS = 9_223_372_036_854;
const LAST_NS = 9_223_372_036_854_775_807n;

/** Items with a time of their own, sorted by a bucket of it. */
export class TimedRows {
  readonly table: string;
  /** The bucket of time that leads the sort key: who sorts by it, and then by `time`, reads no more than is taken. */
  readonly bucket: Sql;
  readonly #bucketSeconds: number;
  readonly #time: Sql;
  /** The second of the time, where the sort key ends with it. */
  readonly #second: Sql | undefined;

  /** `bucketSeconds`, and whether the key ends with the second: as src/store has it in the table's key, of the column `time`. */
  constructor(
    table: string,
    bucketSeconds: number,
    { time = 'time', endsWithSecond = false }: { readonly time?: string; readonly endsWithSecond?: boolean } = {},
  ) {
    this.table = table;
    this.bucket = raw(`intDiv(toInt64(${time}), ${bucketSeconds})`);
    this.#bucketSeconds = bucketSeconds;
    this.#time = raw(time);
    this.#second = endsWithSecond ? raw(`toInt64(${time})`) : undefined;
  }

  /** Rows of a range. */
  in(range: TimeRange): Sql {
    return this.when(this.within(range));
  }

  /** Whether a row lies in a range. */
  within(range: TimeRange): Sql {
    return sql`${inRange(range, this.#time)} AND ${this.#buckets(range.fromMs, range.toMs)}`;
  }

  /** All before a time. */
  before(ms: number): Sql {
    return this.in({ fromMs: 0, toMs: ms });
  }

  /** All from a time on. */
  from(ms: number): Sql {
    return this.when(
      sql`${this.#time} >= ${timeNs(BigInt(Math.floor(ms)) * 1_000_000n)} AND ${this.#buckets(ms, LAST_MS)}`,
    );
  }

  /** Those of one moment. */
  at(ns: bigint): Sql {
    return this.when(this.fewBetween(ns, ns));
  }

  /** Rows whatever their time: for what reads one narrow column of them. */
  ever(): Sql {
    return rowsOf(this.table, []);
  }

  /** Rows by a condition on the time of its own. */
  when(condition: Sql): Sql {
    return rowsOf(this.table, [condition]);
  }

  /** As `when`; other columns are read only of those parts of the table that have such rows. */
  first(condition: Sql): Sql {
    return sql`FROM ${storedTable(this.table)} AS stored PREWHERE ${allOf([sql`tenant = ${TENANT}`, condition])} WHERE 1`;
  }

  /** Whether the time lies between two, both inclusive. */
  between(firstNs: bigint, lastNs: bigint): Sql {
    return this.#between(firstNs, lastNs, sql`indexHint(${this.#isInBuckets(...bucketTimes(firstNs, lastNs))})`);
  }

  /**
   * The same where few rows are read, since something else than their time names them. Each is asked for its bucket, because the store does not find that of
   * its sort key in a hint, where constants have other names: it leaves out granules by their second alone, after a look at each, and prepares
   * parts that it then leaves out. To ask ten million rows takes 0.1 s.
   */
  fewBetween(firstNs: bigint, lastNs: bigint): Sql {
    return this.#between(firstNs, lastNs, this.#isInBuckets(...bucketTimes(firstNs, lastNs)));
  }

  #between(firstNs: bigint, lastNs: bigint, isInBuckets: Sql): Sql {
    const last = lastNs > LAST_NS ? LAST_NS : lastNs;
    return sql`${this.#time} >= ${timeNs(firstNs)} AND ${this.#time} <= ${timeNs(last)} AND ${isInBuckets}${this.#seconds(firstNs, last)}`;
  }

  /**
   * Where the rows of one service end and those of the next begin, a granule has both, and so its times are no bounds. By the key's own second
   * the store leaves it out: of the granules that a trace by its id reads, two of three.
   */
  #seconds(firstNs: bigint, lastNs: bigint): Sql {
    if (this.#second === undefined) return raw('');
    const bound = (ns: bigint): Bound => new Bound('Int64', String(ns / 1_000_000_000n));
    return sql` AND indexHint(${this.#second} BETWEEN ${bound(firstNs)} AND ${bound(lastNs)})`;
  }

  /** As `between`, of times that the statement finds. */
  betweenTimes(first: Sql, last: Sql): Sql {
    const bucketOf = (time: Sql): Sql => this.bucketOf(sql`toInt64(${time})`);
    return sql`${this.#time} >= ${first} AND ${this.#time} <= ${last} AND ${this.bucket} BETWEEN ${bucketOf(first)} AND ${bucketOf(last)}`;
  }

  /** Of a second since the epoch. */
  bucketOf(second: Sql): Sql {
    return sql`intDiv(${second}, ${raw(String(this.#bucketSeconds))})`;
  }

  /** The store can't tell the bounds of the sort key's bucket from those of the time. No row need be asked: its time says it. */
  #buckets(fromMs: number, toMs: number): Sql {
    return sql`indexHint(${this.#isInBuckets(fromMs, toMs)})`;
  }

  #isInBuckets(fromMs: number, toMs: number): Sql {
    const bucket = (ms: number): Bound =>
      new Bound('Int64', String(Math.floor(Math.min(Math.max(ms, 0), LAST_MS) / 1000 / this.#bucketSeconds)));
    return sql`${this.bucket} BETWEEN ${bucket(fromMs)} AND ${bucket(toMs)}`;
  }
}

/** In ms. */
function bucketTimes(firstNs: bigint, lastNs: bigint): readonly [fromMs: number, toMs: number] {
  return [Number(firstNs / 1_000_000n), Number(lastNs / 1_000_000n)];
}
