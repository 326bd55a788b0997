import { expect, test } from 'vitest';
import { joinBytes, ownBytes } from './own-bytes.ts';

test('a small slice does not keep the large buffer that it lies in alive', () => {
  const pool = new Uint8Array(64 * 1024).fill(7);
  const slice = ownBytes(pool.subarray(100, 110));
  expect(slice.buffer.byteLength).toBe(10);
  expect([...slice]).toEqual(new Array(10).fill(7));
});

test('what fills its buffer is not copied, and is no Buffer', () => {
  const body = Buffer.from(new Uint8Array(10_000).buffer);
  const own = ownBytes(body);
  expect(own.constructor).toBe(Uint8Array);
  expect(own.buffer).toBe(body.buffer);
});

test('parts are joined in order, and one part alone stays where it is', () => {
  const one = Uint8Array.of(1, 2);
  expect([...joinBytes([one, new Uint8Array(), Uint8Array.of(3)], 3)]).toEqual([1, 2, 3]);
  expect(joinBytes([one], 2)).toBe(one);
  expect(joinBytes([], 0)).toEqual(new Uint8Array());
});
