import type { Direction, LinePlace } from '../line-source.ts';

/** Nanoseconds since the epoch, both inclusive. */
export interface NsRange {
  readonly firstNs: bigint;
  readonly lastNs: bigint;
}

const LEAST_NS = 1_000_000n;

/**
 * How much time is read at once. Lines of a bucket lie by stream and then by time, so whoever wants the next so many by time reads all that is left of the
 * bucket, for each page anew; a window of time is found by the index. Where a page was full, the next window is as long as a page can hold
 * of lines that are as dense.
 */
export class LineWindows {
  readonly #direction: Direction;
  readonly #pageLines: number;
  /** Unknown while no page was full. */
  #lengthNs: bigint | undefined;

  constructor(direction: Direction, pageLines: number) {
    this.#direction = direction;
    this.#pageLines = pageLines;
  }

  /** The part of what is left that is to be read next. */
  next({ firstNs, lastNs }: NsRange): NsRange {
    const length = this.#lengthNs;
    if (length === undefined || lastNs - firstNs < length) return { firstNs, lastNs };
    return this.#direction === 'forward'
      ? { firstNs, lastNs: firstNs + length - 1n }
      : { firstNs: lastNs - length + 1n, lastNs };
  }

  /** What is left once a window was read, and gave so many lines: all that it has, or those up to `cursor`. */
  left(all: NsRange, window: NsRange, lines: number, cursor: LinePlace | undefined): NsRange | undefined {
    const isForward = this.#direction === 'forward';
    if (cursor !== undefined) {
      const { timeNs } = cursor;
      const read = isForward ? timeNs - window.firstNs : window.lastNs - timeNs;
      this.#lengthNs = atLeast((read * 3n) / 4n);
      return isForward ? { ...all, firstNs: timeNs } : { ...all, lastNs: timeNs };
    }
    if (this.#lengthNs !== undefined && lines * 2 < this.#pageLines) this.#lengthNs *= 2n;
    if (isForward) return window.lastNs < all.lastNs ? { ...all, firstNs: window.lastNs + 1n } : undefined;
    return window.firstNs > all.firstNs ? { ...all, lastNs: window.firstNs - 1n } : undefined;
  }
}

function atLeast(ns: bigint): bigint {
  return ns < LEAST_NS ? LEAST_NS : ns;
}
