import { expect, test } from 'vitest';
import { fnv1a32, PROBE_LIMIT } from '#base';
import { chained, collidingUnder, slowdown } from '../base/testing/collisions.ts';
import { KeyDictionary, UNKNOWN_KEY } from './keys.ts';

const internAll = (dictionary: KeyDictionary, keys: readonly Uint8Array[]): number[] =>
  keys.map((key) => dictionary.intern(key, 0, key.length));

/** 8,192 keys with the same low 16 bits of FNV-1a: those depend on the low 16 bits of the state before alone. */
function keysOfOneFnvPlace(): Uint8Array[] {
  let state = 0x9dc5;
  return chained(13, () => {
    const byEnd = new Map<number, Uint8Array>();
    for (let i = 0; ; i++) {
      const form = Buffer.from(i.toString(36).padStart(3, '0'));
      let end = state;
      for (const byte of form) end = Math.imul(end ^ byte, 0x0193) & 0xffff;
      const other = byEnd.get(end);
      if (other !== undefined) {
        state = end;
        return [other, new Uint8Array(form)];
      }
      byEnd.set(end, new Uint8Array(form));
    }
  });
}

test('keys that were chosen to fall on one place under a known hash are as fast as any', () => {
  const chosen = keysOfOneFnvPlace();
  expect(new Set(chosen.map((key) => fnv1a32(key, 0, key.length) & 0xffff)).size).toBe(1);
  const ordinary = chosen.map((_, i) => new Uint8Array(Buffer.from(String(i).padStart(chosen[0]!.length, 'k'))));
  const dictionary = new KeyDictionary();
  const ids = internAll(dictionary, chosen);
  expect(new Set(ids).size).toBe(8192);
  expect(slowdown(chosen, ordinary, (keys) => internAll(new KeyDictionary(), keys))).toBeLessThan(30);
});

test('who knows even the key of the process makes no lookup long: what finds no place is unknown', () => {
  const hashKey = { low: 1, high: 2 };
  const colliding = collidingUnder(hashKey, { count: 1000, length: 20, places: 2048 });
  const dictionary = new KeyDictionary(32_768, hashKey);
  const first = internAll(dictionary, colliding);
  const known = first.filter((id) => id !== UNKNOWN_KEY);
  expect(known.length).toBeGreaterThanOrEqual(PROBE_LIMIT);
  expect(known.length).toBeLessThanOrEqual(4 * (PROBE_LIMIT + 1));
  expect(new Set(known).size).toBe(known.length);
  const others = Array.from({ length: 20_000 }, (_, i) => new Uint8Array(Buffer.from(`other.${i}`)));
  const ids = internAll(dictionary, others);
  // Hardly any ordinary key is near enough to suffer.
  expect(ids.filter((id) => id === UNKNOWN_KEY).length).toBeLessThan(50);
  // The table has grown meanwhile, and ids stay what they are.
  const idsLater = internAll(dictionary, others);
  expect(idsLater.filter((id, i) => ids[i] !== UNKNOWN_KEY && id !== ids[i])).toEqual([]);
  const again = internAll(dictionary, colliding);
  expect(again.filter((id, i) => first[i] !== UNKNOWN_KEY && id !== first[i])).toEqual([]);
});
