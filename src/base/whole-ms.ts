const WORD = 0x1_0000_0000;
const NS_PER_MS = 1_000_000;

/**
 * Whole milliseconds of the time at `index`, rounded down, where a time is nanoseconds in two words, the low one first: what a BigUint64Array has in
 * its memory. Exact, as the words are divided one after the other, and without a bigint.
 */
export function wholeMs(words: Uint32Array, index: number): number {
  const low = words[index * 2]!;
  const high = words[index * 2 + 1]!;
  const whole = Math.floor(high / NS_PER_MS);
  const rest = (high - whole * NS_PER_MS) * WORD + low;
  return whole * WORD + Math.floor(rest / NS_PER_MS);
}
