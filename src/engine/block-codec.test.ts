import { randomBytes } from 'node:crypto';
import { Readable, type Transform } from 'node:stream';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBlockDecoder, createBlockEncoder } from './block-codec.ts';
import { cityHash128 } from './city-hash.ts';
import { createLz4Decoder, createLz4Encoder } from './lz4-frame-stream.ts';

/** What a stream makes of some chunks. */
async function through(stream: Transform, chunks: readonly Uint8Array[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of Readable.from(chunks.map((chunk) => Buffer.from(chunk))).compose(stream)) parts.push(part);
  return Buffer.concat(parts);
}

/** The same bytes in pieces of `size`. */
function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

/** A block as a client would write it. */
function block(method: number, packed: Uint8Array, length: number): Buffer {
  const body = Buffer.alloc(9 + packed.length);
  body[0] = method;
  body.writeUInt32LE(body.length, 1);
  body.writeUInt32LE(length, 5);
  body.set(packed, 9);
  return Buffer.concat([cityHash128(body), body]);
}

const text = Buffer.from('the same words again and again; '.repeat(3000));

const codecs = [
  { name: "ClickHouse's blocks", encoder: createBlockEncoder, decoder: createBlockDecoder },
  { name: 'LZ4 frames', encoder: createLz4Encoder, decoder: createLz4Decoder },
];

describe.each(codecs)('$name', ({ encoder, decoder }) => {
  test('what was packed comes back, whatever the pieces it travels in', async () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: 1, max: 3000 }).map((count) => Buffer.from('pattern '.repeat(count))),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 6 }), fc.integer({ min: 1, max: 5000 }), async (pieces, size) => {
        const packed = await through(encoder(), pieces);
        expect(await through(decoder(), cut(packed, size))).toEqual(Buffer.concat(pieces));
      }),
      { numRuns: 60 },
    );
  });

  test('large bodies, those that pack well and those that do not', async () => {
    const noise = randomBytes(5_000_000);
    const plain = Buffer.concat([noise, Buffer.alloc(6_000_000, 'abc')]);
    const packed = await through(encoder(), [plain]);
    expect(packed.length).toBeLessThan(plain.length * 0.6);
    expect((await through(decoder(), cut(packed, 65_536))).equals(plain)).toBe(true);
  });

  test('a body that is cut off is an error, wherever it is cut', async () => {
    const packed = await through(encoder(), [text]);
    for (const length of [1, 5, 10, 20, 26, packed.length - 1]) {
      await expect(through(decoder(), [packed.subarray(0, length)])).rejects.toThrow(/cut off|compressed block|lz4/);
    }
  });
});

describe("ClickHouse's blocks from clients", () => {
  test('ZSTD and plain blocks are read, too', async () => {
    const sent = [block(0x90, zstdCompressSync(text), text.length), block(0x02, text, text.length)];
    expect(await through(createBlockDecoder(), sent)).toEqual(Buffer.concat([text, text]));
  });

  const whole = block(0x02, text, text.length);
  const flipped = Buffer.from(whole);
  flipped[1000]! ^= 1;
  test.each([
    { name: 'a flipped byte', bytes: flipped, message: /checksum/ },
    { name: 'an unknown method', bytes: block(0x55, text, text.length), message: /unknown compression method 0x55/ },
    { name: 'another length than claimed', bytes: block(0x02, text, 5), message: /but claims 5/ },
    { name: 'ZSTD that is none', bytes: block(0x90, text, text.length), message: /.+/ },
    { name: 'a length beyond all bounds', bytes: Buffer.alloc(40, 0xff), message: /not a compressed block/ },
    { name: 'text', bytes: Buffer.from('INSERT INTO t VALUES (1), (2), (3)'), message: /not a compressed block/ },
  ])('refuses $name', async ({ bytes, message }) => {
    await expect(through(createBlockDecoder(), [bytes])).rejects.toThrow(message);
  });
});

describe('LZ4 frames from clients', () => {
  test('blocks that point back into earlier ones, checksums, several frames', async () => {
    // Two linked blocks with checksums of blocks and content: "abcdefgh", then a match of 8 from 8 back and 5 literals.
    const literals = Buffer.from('abcdefgh');
    const first = Buffer.concat([Buffer.of(0x80), literals]);
    const second = Buffer.concat([Buffer.of(0x04, 8, 0, 0x50), Buffer.from('12345')]);
    const sized = (bytes: Buffer): Buffer => Buffer.concat([Buffer.of(bytes.length, 0, 0, 0), bytes, Buffer.alloc(4)]);
    const header = Buffer.of(0x04, 0x22, 0x4d, 0x18, 0x40 | 0x10 | 0x04, 0x40, 0);
    const frame = Buffer.concat([header, sized(first), sized(second), Buffer.alloc(4), Buffer.alloc(4)]);
    const content = await through(createLz4Decoder(), cut(Buffer.concat([frame, frame]), 3));
    expect(content.toString()).toBe('abcdefghabcdefgh12345'.repeat(2));
  });
});
