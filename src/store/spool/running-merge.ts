import type { Clock } from '#base';
import { finish, type Member, type MergeLimits, memberOf, merge } from './leftovers.ts';
import type { IdRange, Segment } from './segment.ts';

const RETRY_MS = 1000;

export interface RunningMergeOptions extends MergeLimits {
  readonly dir: string;
  readonly clock: Clock;
}

/**
 * Merges segments that wait in a running process, on disk as `lookForLeftovers` does. The merged file's name stands for all unsent segments
 * in a range of ids, so no other one may be in it, or come into it before the members are gone: `outside` waits for that.
 */
export class RunningMerge<K> {
  readonly #options: RunningMergeOptions;
  #range: IdRange | undefined;
  #ended: Promise<unknown> = Promise.resolve();

  constructor(options: RunningMergeOptions) {
    this.#options = options;
  }

  /** Resolves at once, unless `id` is in the range of a merge: then at its end. A clock that was set back gives such ids. */
  async outside(id: string): Promise<void> {
    while (this.#range !== undefined && this.#range.first <= id && id <= this.#range.last) await this.#ended;
  }

  /** The merged segment; undefined where it can't be made, and the segments stay as they are. One at a time. */
  async run(segments: readonly Segment<K>[], id: string, isClosed: () => boolean): Promise<Segment<K> | undefined> {
    this.#range = { first: segments[0]!.id, last: segments.at(-1)!.id };
    const running = this.#run(segments, id, isClosed);
    this.#ended = running.catch(() => undefined);
    try {
      return await running;
    } finally {
      this.#range = undefined;
    }
  }

  async #run(segments: readonly Segment<K>[], id: string, isClosed: () => boolean): Promise<Segment<K> | undefined> {
    const { dir, clock } = this.#options;
    const group: Member<K>[] = [];
    for (const segment of segments) {
      const member = await memberOf(dir, segment, this.#options);
      if (member === undefined) return undefined;
      group.push(member);
    }
    const merged = await merge(dir, group, id);
    if (merged === undefined) return undefined;
    for (;;) {
      try {
        await finish(dir, merged, segments);
        return merged;
      } catch (error) {
        // From here on the members are what is too much, and nobody may deliver them. The next process finishes it otherwise.
        if (isClosed()) throw error;
        await new Promise<void>((resolve) => void clock.after(RETRY_MS, resolve));
      }
    }
  }
}
