import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HASH_KEY, keyedHash, keyedHashIn, keyedHashOfWords } from './keyed-hash.ts';

const key = { low: 0x03020100, high: 0x07060504 };
const input = Uint8Array.from({ length: 64 }, (_, i) => i);

test('is HalfSipHash-1-3', () => {
  // The vectors of linux/lib/test_siphash.c for 32-bit machines, of the first 0 to 7 bytes of 0, 1, 2, …
  const hashes = [0, 1, 2, 3, 4, 5, 6, 7].map((length) => keyedHash(input, 0, length, key) >>> 0);
  expect(hashes).toEqual([
    0x5814c896, 0xe7e864ca, 0xbc4b0e30, 0x01539939, 0x7e059ea6, 0x88e3d89b, 0xa0080b65, 0x9d38d9d6,
  ]);
});

test('is the same wherever the bytes are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat(9), (bytes, shift) => {
      const moved = new Uint8Array(bytes.length + 20);
      moved.set(bytes, shift);
      const hash = keyedHash(bytes, 0, bytes.length, key);
      expect(keyedHash(moved, shift, bytes.length, key)).toBe(hash);
      expect(keyedHashIn(new DataView(moved.buffer), shift, bytes.length, key)).toBe(hash);
    }),
  );
});

test('every word and the key count', () => {
  const hashes = [0, 1, 2, 3].map((at) => keyedHashOfWords(+(at === 0), +(at === 1), +(at === 2), +(at === 3), key));
  expect(new Set([...hashes, keyedHashOfWords(0, 0, 0, 0, key), keyedHashOfWords(0, 0, 0, 0, HASH_KEY)]).size).toBe(6);
});
