import { expect, test } from 'vitest';
import { DecodeError } from '#base';
import { decompressSnappy } from '#wire';
import { compressSnappyFramed, decompressSnappyFramed, isSnappyFramed } from './snappy.ts';

const BODY = new TextEncoder().encode('hello '.repeat(50_000));
const FRAMED = compressSnappyFramed(BODY);

test('framed content of several chunks comes back, and is known by its beginning', () => {
  expect(decompressSnappyFramed(FRAMED, BODY.length)).toEqual(BODY);
  expect(isSnappyFramed(FRAMED)).toBe(true);
  expect(isSnappyFramed(FRAMED.subarray(10))).toBe(false);
});

test.each([
  ['a wrong checksum', FRAMED.with(15, FRAMED[15]! ^ 1), 'wrong checksum'],
  ['half of a chunk', FRAMED.subarray(0, 20), 'cut off'],
  ['an unknown chunk', Uint8Array.of(...FRAMED.subarray(0, 10), 0x02, 1, 0, 0, 0), 'unknown chunk type 2'],
])('%s is refused', (_name, body, message) => {
  expect(() => decompressSnappyFramed(body, BODY.length)).toThrow(
    `can't decompress the framed snappy body: ${message}`,
  );
});

test('content beyond the limit, and a block that is none', () => {
  expect(() => decompressSnappyFramed(FRAMED, BODY.length - 1)).toThrow('request body too large');
  expect(() => decompressSnappy(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff), 100)).toThrow(DecodeError);
});
