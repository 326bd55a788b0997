/** Records as they arrive, whatever their times: a sender that was cut off brings old ones. */
import type { LogRecord } from '../answers/index.ts';
import { NewArrivals, StoredLines } from '../logql/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { type LineQuestion, searchLines } from './logql-lines.ts';
import { type LogFilter, type LogPage, searchLogs } from './logs.ts';

/** Of one look; a person reads none of them. */
const MOST_ARRIVED = 2_000;
const DAY_MS = 86_400_000;
/** The first records are looked for among those of the last hour, then of all. Clocks of senders may be ahead. */
const AHEAD_MS = 366 * DAY_MS;

export interface FollowedLogs {
  readonly filter: Omit<LogFilter, 'fromMs' | 'toMs'>;
  /** A query in LogQL that the filter can't say. */
  readonly lines: LineQuestion | undefined;
  /** Of the records that are there already, the newest so many. */
  readonly limit: number;
  readonly fromMs: number;
  readonly nowMs: () => number;
  /** Until the next look. Rejects when the caller has gone. */
  readonly pause: () => Promise<void>;
}

/** First what is there, then what arrives, look by look, oldest first; empty where nothing did. Ends when `pause` rejects. */
export async function* followLogs(
  reader: StoreReader,
  followed: FollowedLogs,
  options?: ReadOptions,
): AsyncGenerator<readonly LogRecord[]> {
  const nowNs = (): bigint => BigInt(followed.nowMs()) * 1_000_000n;
  const arrivals = await NewArrivals.begin(new StoredLines(reader, options), nowNs);
  const first = await pageOf(reader, followed, { limit: followed.limit, fromMs: followed.fromMs }, options);
  arrivals.see(first.logs.map(({ id }) => BigInt(id.split('-')[1]!)));
  yield first.logs.toReversed();
  for (;;) {
    await followed.pause();
    const arrivedNs = await arrivals.next();
    if (arrivedNs.length === 0) {
      yield [];
      continue;
    }
    const { logs } = await pageOf(reader, followed, { limit: MOST_ARRIVED, fromMs: 0, arrivedNs }, options);
    yield logs.toReversed();
  }
}

function pageOf(
  reader: StoreReader,
  { filter, lines, nowMs }: FollowedLogs,
  wanted: { readonly limit: number; readonly fromMs: number; readonly arrivedNs?: readonly bigint[] },
  options?: ReadOptions,
): Promise<LogPage> {
  const asked = { ...filter, ...wanted, toMs: nowMs() + AHEAD_MS, direction: 'older' as const };
  return lines === undefined ? searchLogs(reader, asked, options) : searchLines(reader, lines, asked, options);
}
