/** What an attacker would send to tables keyed from outside, and how much slower that makes them, for tests. */
import { type HashKey, keyedHash } from '../keyed-hash.ts';

/**
 * 2^count byte strings that `hash` maps to one value, for a hash that reads its input from front to back in blocks: of each block two forms
 * are found after which the state is the same, and every choice of forms is a string.
 */
export function chained(count: number, forms: (block: number) => readonly [Uint8Array, Uint8Array]): Uint8Array[] {
  let strings: Uint8Array[] = [new Uint8Array(0)];
  for (let block = 0; block < count; block++) {
    const pair = forms(block);
    strings = strings.flatMap((string) => pair.map((form) => new Uint8Array(Buffer.concat([string, form]))));
  }
  return strings;
}

/** Strings of `length` bytes that all fall on one of `places` places under this key. */
export function collidingUnder(key: HashKey, options: { count: number; length: number; places: number }): Uint8Array[] {
  const { count, length, places } = options;
  const found: Uint8Array[] = [];
  const bytes = Buffer.alloc(length, 'x');
  for (let i = 0; found.length < count; i++) {
    bytes.write(i.toString(36).padStart(6, '0'), length - 6, 'latin1');
    if ((keyedHash(bytes, 0, length, key) & (places - 1)) === 0) found.push(new Uint8Array(bytes));
  }
  return found;
}

/** How many times longer `work` takes with one input than with the other, at best. */
export function slowdown<T>(chosen: T, ordinary: T, work: (input: T) => void): number {
  const bestMs = (input: T): number => {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 3; round++) {
      const startMs = performance.now();
      work(input);
      best = Math.min(best, performance.now() - startMs);
    }
    return best;
  };
  bestMs(ordinary);
  return bestMs(chosen) / Math.max(0.05, bestMs(ordinary));
}
