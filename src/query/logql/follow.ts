/** Lines as they arrive. */

import type { ArrivingLines } from './line-source.ts';
import { type FoundLine, type LineQuery, queryLines } from './query.ts';

export interface FollowQuery extends Pick<LineQuery, 'expr' | 'text' | 'signal'> {
  readonly source: ArrivingLines;
  /** Of the lines that are there already, the newest `limit` that are not older than this; nanoseconds since the epoch. */
  readonly startNs: bigint;
  readonly limit: number;
  /** How long to wait for lines that arrive out of order. */
  readonly delayMs: number;
  /** Nanoseconds since the epoch. */
  readonly nowNs: () => bigint;
  /** Until the next look. Rejects when `signal` fires. */
  readonly pause: () => Promise<void>;
}

/** Lines of one look, in the order of their times. */
export interface Arrived {
  readonly lines: readonly FoundLine[];
  /** More than that arrived at once: the first of those that are left out. */
  readonly dropped: readonly FoundLine[];
}

/** Of one look; a person reads none of them. */
const MOST_ARRIVED = 5_000;
const MOST_DROPPED = 1_000;
/** What is delivered again, or late, has the time at which it first arrived. */
const LATE_NS = 120_000_000_000n;
/** Clocks of senders may be ahead. */
const END_NS = 9_223_372_036_854_775_806n;

/** When records arrived that were not looked at yet. What arrives is stored in no order, so some time is looked at again and again. */
export class NewArrivals {
  readonly #source: Pick<ArrivingLines, 'arrivals'>;
  readonly #untilNs: () => bigint;
  readonly #seen: Set<bigint>;

  private constructor(source: Pick<ArrivingLines, 'arrivals'>, untilNs: () => bigint, seen: Iterable<bigint>) {
    this.#source = source;
    this.#untilNs = untilNs;
    this.#seen = new Set(seen);
  }

  /** `untilNs`: now, or shortly before. Nothing that arrived until then is new. */
  static async begin(source: Pick<ArrivingLines, 'arrivals'>, untilNs: () => bigint): Promise<NewArrivals> {
    const beganNs = untilNs();
    return new NewArrivals(source, untilNs, await source.arrivals(beganNs - LATE_NS, beganNs));
  }

  /** They are not new any more. */
  see(arrivedNs: Iterable<bigint>): void {
    for (const ns of arrivedNs) this.#seen.add(ns);
  }

  /** Nanoseconds since the epoch. */
  async next(): Promise<readonly bigint[]> {
    const nowNs = this.#untilNs();
    const afterNs = nowNs - LATE_NS;
    for (const ns of this.#seen) if (ns <= afterNs) this.#seen.delete(ns);
    const arrivedNs = (await this.#source.arrivals(afterNs, nowNs)).filter((ns) => !this.#seen.has(ns));
    this.see(arrivedNs);
    return arrivedNs;
  }
}

/** First what is there, then what arrives, look by look, with an empty one where nothing did. Ends with the signal, by its reason. */
export async function* followLines(query: FollowQuery): AsyncGenerator<Arrived> {
  const { expr, text, signal, source, limit } = query;
  const untilNs = (): bigint => query.nowNs() - BigInt(Math.round(query.delayMs * 1e6));
  const asked = { expr, text, signal, source, endNs: END_NS };
  const arrivals = await NewArrivals.begin(source, untilNs);
  const before = await queryLines({ ...asked, startNs: query.startNs, limit, direction: 'backward' });
  arrivals.see(before.map(({ arrivedNs }) => arrivedNs));
  yield { lines: before.toReversed(), dropped: [] };
  for (;;) {
    await query.pause();
    // What was brought before the first look, and arrives now from a sender that was cut off, is late too.
    const arrivedNs = await arrivals.next();
    const found =
      arrivedNs.length === 0
        ? []
        : await queryLines({
            ...asked,
            startNs: 0n,
            arrivedNs,
            limit: MOST_ARRIVED + MOST_DROPPED,
            direction: 'forward',
          });
    yield { lines: found.slice(0, MOST_ARRIVED), dropped: found.slice(MOST_ARRIVED) };
  }
}
