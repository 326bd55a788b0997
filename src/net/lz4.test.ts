import { expect, test } from 'vitest';
import { compressLz4, decompressLz4 } from './lz4.ts';

const BODY = new TextEncoder().encode('hello '.repeat(100));
const FRAME = compressLz4(BODY);
const changed = (at: number, byte: number): Uint8Array => {
  const copy = FRAME.slice();
  copy[at] = byte;
  return copy;
};

test.each([
  ['something else', new TextEncoder().encode('hello'), 'not an lz4 frame'],
  ['another version', changed(4, 0x20), 'unknown version 0'],
  ['a dictionary', changed(4, 0x61), 'dictionaries are not supported'],
  ['half of a frame', FRAME.subarray(0, FRAME.length - 6), 'cut off'],
  ['three bytes', FRAME.subarray(0, 3), 'cut off'],
])('%s is refused', (_name, frame, message) => {
  expect(() => decompressLz4(frame, 10_000)).toThrow(`can't decompress the lz4 body: ${message}`);
});

test('content beyond the limit is refused, content at it is not', () => {
  expect(decompressLz4(FRAME, BODY.length)).toEqual(BODY);
  expect(() => decompressLz4(FRAME, BODY.length - 1)).toThrow('request body too large');
});
