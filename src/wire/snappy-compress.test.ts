import fc from 'fast-check';
import { uncompress } from 'snappyjs';
import { expect, test } from 'vitest';
import { decompressSnappy } from './snappy-block.ts';
import { compressSnappy } from './snappy-compress.ts';

function expectBack(content: Uint8Array): Uint8Array {
  const block = compressSnappy(content);
  expect(Buffer.compare(decompressSnappy(block, content.length), content)).toBe(0);
  // Another decoder reads it, too.
  if (content.length > 0) expect(Buffer.compare(uncompress(block), content)).toBe(0);
  return block;
}

test('what is compressed comes back, whatever it is', () => {
  const part = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.nat(300))
      .map(([bytes, times]) => Uint8Array.from({ length: bytes.length * times }, (_, i) => bytes[i % bytes.length]!)),
    // Part of a larger piece of memory.
    fc.uint8Array({ minLength: 9, maxLength: 300 }).map((bytes) => bytes.subarray(5)),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      expectBack(Uint8Array.from(parts.flatMap((bytes) => [...bytes])));
      for (const bytes of parts) expectBack(bytes);
    }),
  );
});

test.each([0, 1, 14, 15, 16, 59, 60, 61, 255, 256, 257, 65_535, 65_536, 65_537, 200_000])(
  '%i bytes in which nothing comes twice, and as many of one kind',
  (length) => {
    let state = 1;
    const noise = Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
      return state >>> 16;
    });
    expect(expectBack(noise).length).toBeLessThanOrEqual(32 + length + Math.ceil(length / 6));
    expectBack(new Uint8Array(length).fill(7));
  },
);

test('what a request says again and again takes a fifth', () => {
  const lines = Array.from(
    { length: 5000 },
    (_, i) => `http_requests_total{pod="shop-${i % 40}",route="/r/${i % 90}"} `,
  );
  const content = Buffer.from(lines.join(''));
  expect(expectBack(content).length).toBeLessThan(content.length / 5);
});

test('an answer is not written over by the next one', () => {
  const [one, other] = [Uint8Array.from({ length: 100 }, (_, i) => i), new Uint8Array(100).fill(3)];
  const block = compressSnappy(one);
  compressSnappy(other);
  expect(decompressSnappy(block, 100)).toEqual(one);
});
