/**
 * Rows of the store's tables. What these give stands in a statement behind the columns: `FROM …`, and the conditions that every statement
 * on that table has. Further conditions follow with AND. The table is called `stored` where a column needs its table's name, because a
 * result has the same.
 *
 *   sql`SELECT count() AS n ${spans.in(range)} AND ${condition}`
 */

import { allOf, raw, type Sql, sql, timeMs, timeNs } from '../sql/index.ts';
import { inRange, type TimeRange } from './range.ts';

/** A table and the conditions under which it is read. */
export function rowsOf(table: string, conditions: readonly Sql[]): Sql {
  return sql`FROM ${raw(table)} AS stored WHERE ${allOf(conditions)}`;
}

/** Items with a time of their own, sorted by a bucket of it. */
export class TimedRows {
  readonly table: string;
  /** The bucket of time that leads the sort key: who sorts by it, and then by `time`, reads no more than is taken. */
  readonly bucket: Sql;

  /** `bucketSeconds`: as src/store has it in the table's key. */
  constructor(table: string, bucketSeconds: number) {
    this.table = table;
    this.bucket = raw(`intDiv(toInt64(time), ${bucketSeconds})`);
  }

  /** Rows of a range. */
  in(range: TimeRange): Sql {
    return this.when(inRange(range));
  }

  /** All before a time. */
  before(ms: number): Sql {
    return this.when(sql`time < ${timeMs(ms)}`);
  }

  /** All from a time on. */
  from(ms: number): Sql {
    return this.when(sql`time >= ${timeMs(ms)}`);
  }

  /** Those of one moment. */
  at(ns: bigint): Sql {
    return this.when(sql`time = ${timeNs(ns)}`);
  }

  /** Rows whatever their time: for what reads one narrow column of them. */
  ever(): Sql {
    return this.when(raw('1'));
  }

  /** Rows by a condition on `time` of its own. */
  when(condition: Sql): Sql {
    return rowsOf(this.table, [condition]);
  }
}
