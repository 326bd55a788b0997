import fc from 'fast-check';
import { compress } from 'snappyjs';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '#base';
import { decompressSnappy } from './snappy-block.ts';

/** A block of this length and these bytes behind it. */
const block = (length: number, ...bytes: number[]): Uint8Array => Uint8Array.of(length, ...bytes);

test('what was compressed comes back', () => {
  const part = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.nat(300))
      .map(([bytes, times]) => Uint8Array.from({ length: bytes.length * times }, (_, i) => bytes[i % bytes.length]!)),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const content = Uint8Array.from(parts.flatMap((bytes) => [...bytes]));
      expect(decompressSnappy(compress(content), content.length)).toEqual(content);
    }),
  );
});

test('literals with lengths of their own, and copies of all three kinds', () => {
  expect(decompressSnappy(block(3, 0xf0, 2, 1, 2, 3), 10)).toEqual(Uint8Array.of(1, 2, 3));
  expect(decompressSnappy(block(6, 0x04, 7, 8, 0x01, 2), 10)).toEqual(Uint8Array.of(7, 8, 7, 8, 7, 8));
  expect(decompressSnappy(block(5, 0x04, 7, 8, 0x0a, 1, 0), 10)).toEqual(Uint8Array.of(7, 8, 8, 8, 8));
  expect(decompressSnappy(block(4, 0x04, 7, 8, 0x07, 2, 0, 0, 0), 10)).toEqual(Uint8Array.of(7, 8, 7, 8));
});

describe('broken blocks are refused', () => {
  test.each([
    ['nothing', Uint8Array.of()],
    ['a length without an end', Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff)],
    ['a length of more than 32 bits', Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x7f)],
    ['less content than it says', block(5, 0x04, 7, 8)],
    ['more content than it says', block(1, 0x04, 7, 8)],
    ['a literal beyond the end', block(9, 0x20, 1)],
    ['a literal whose length is cut off', block(9, 0xfc, 1, 2)],
    ['a literal of 4 GiB', block(9, 0xfc, 0xff, 0xff, 0xff, 0xff, 1)],
    ['a copy of nothing', block(8, 0x01, 0)],
    ['a copy from before the beginning', block(8, 0x04, 7, 8, 0x01, 3)],
    ['a copy from 2 GiB before', block(8, 0x04, 7, 8, 0x07, 0xff, 0xff, 0xff, 0xff)],
    ['a copy beyond the end', block(3, 0x04, 7, 8, 0x1d, 2)],
    ['a copy that is cut off', block(8, 0x04, 7, 8, 0x0a, 1)],
  ])('%s', (_, bytes) => {
    expect(() => decompressSnappy(bytes, 100)).toThrow(DecodeError);
  });

  test('any bytes end, with content or a DecodeError', () => {
    const tags = fc.array(fc.oneof(fc.nat(255), fc.constantFrom(0x03, 0x07, 0xff, 0xfc, 0x80)), { maxLength: 40 });
    fc.assert(
      fc.property(tags, (bytes) => {
        try {
          expect(decompressSnappy(Uint8Array.from(bytes), 100_000)).toBeInstanceOf(Uint8Array);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('a length beyond the limit takes no room', () => {
    expect(() => decompressSnappy(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 0), 1000)).toThrow(
      'request body too large',
    );
  });
});
