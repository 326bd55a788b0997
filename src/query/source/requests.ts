/** Requests of services, as the writer counted them in slots of a few seconds. */
import { REQUEST_SLOT_SECONDS } from '#store/schema.ts';
import { integer, type Sql, sql } from '../sql/index.ts';
import type { TimeRange } from './range.ts';
import { rowsOf } from './rows.ts';

export const REQUEST_SLOT_MS: number = REQUEST_SLOT_SECONDS * 1000;

/** The slots that begin in a range. */
export function requestsIn({ fromMs, toMs }: TimeRange): Sql {
  const second = (ms: number): Sql => sql`${integer(Math.ceil(ms / 1000))}`;
  return rowsOf('request_slots', [sql`second >= ${second(fromMs)} AND second < ${second(toMs)}`]);
}
