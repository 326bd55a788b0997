/** Populated buckets of one sign, by index, ascending. Never changed once made. */
export interface Buckets {
  readonly indices: Int32Array;
  readonly counts: Float64Array;
}

export const NO_BUCKETS: Buckets = { indices: new Int32Array(0), counts: new Float64Array(0) };

/** Counts of consecutive buckets from `offset` on. */
export function bucketsFrom(offset: number, counts: ArrayLike<number>): Buckets {
  return {
    indices: Int32Array.from(counts, (_, i) => offset + i),
    counts: Float64Array.from(counts),
  };
}

export function mapCounts({ indices, counts }: Buckets, change: (count: number) => number): Buckets {
  return { indices, counts: counts.map(change) };
}

/** Without the buckets whose index or count doesn't pass. */
export function keepBuckets(buckets: Buckets, isKept: (index: number, count: number) => boolean): Buckets {
  const kept: number[] = [];
  buckets.counts.forEach((count, i) => {
    if (isKept(buckets.indices[i]!, count)) kept.push(i);
  });
  if (kept.length === buckets.counts.length) return buckets;
  return {
    indices: Int32Array.from(kept, (i) => buckets.indices[i]!),
    counts: Float64Array.from(kept, (i) => buckets.counts[i]!),
  };
}

/** Without empty buckets. */
export function compacted(buckets: Buckets): Buckets {
  return keepBuckets(buckets, (_, count) => count !== 0);
}

/** Puts buckets together whose indices become one; `target` keeps their order. */
export function mergeIndices(buckets: Buckets, target: (index: number) => number): Buckets {
  const indices: number[] = [];
  const counts: number[] = [];
  buckets.counts.forEach((count, i) => {
    const index = target(buckets.indices[i]!);
    if (indices.at(-1) === index) counts[counts.length - 1]! += count;
    else {
      indices.push(index);
      counts.push(count);
    }
  });
  return { indices: Int32Array.from(indices), counts: Float64Array.from(counts) };
}

/** Goes over the indices of two or three lists in order. A list that lacks an index gives 0 for it. */
export function forEachBucket(
  a: Buckets,
  b: Buckets,
  c: Buckets,
  visit: (index: number, a: number, b: number, c: number) => void,
): void {
  let [i, j, k] = [0, 0, 0];
  for (;;) {
    const index = Math.min(
      a.indices[i] ?? Number.POSITIVE_INFINITY,
      b.indices[j] ?? Number.POSITIVE_INFINITY,
      c.indices[k] ?? Number.POSITIVE_INFINITY,
    );
    if (index === Number.POSITIVE_INFINITY) return;
    visit(
      index,
      a.indices[i] === index ? a.counts[i++]! : 0,
      b.indices[j] === index ? b.counts[j++]! : 0,
      c.indices[k] === index ? c.counts[k++]! : 0,
    );
  }
}

/** Collects buckets in the order of their indices. */
export class BucketList {
  readonly #indices: number[] = [];
  readonly #counts: number[] = [];

  push(index: number, count: number): void {
    this.#indices.push(index);
    this.#counts.push(count);
  }

  get buckets(): Buckets {
    return { indices: Int32Array.from(this.#indices), counts: Float64Array.from(this.#counts) };
  }
}

export function sameBuckets(a: Buckets, b: Buckets): boolean {
  return (
    a.indices.length === b.indices.length &&
    a.indices.every((index, i) => index === b.indices[i] && Object.is(a.counts[i], b.counts[i]))
  );
}
