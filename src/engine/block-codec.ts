/**
 * ClickHouse's own compression of HTTP bodies (`compress=1`, `decompress=1`): blocks of
 *
 *   checksum      16 bytes, CityHash128 of all that follows
 *   method         1 byte: 0x02 as it is, 0x82 LZ4, 0x90 ZSTD
 *   packed length  4 bytes, with this and the next two fields
 *   length         4 bytes, of the content
 *   content
 *
 * Matches ClickHouse src/Compression/CompressedReadBufferBase.cpp. Blocks that are written hold LZ4.
 */
import { Transform } from 'node:stream';
import { zstdDecompressSync } from 'node:zlib';
import { DecodeError, Lz4Output, packLz4Block, readLz4Block } from '#base';
import { cityHash128 } from './city-hash.ts';
import { attempt, HeldBytes } from './held-bytes.ts';

const METHOD_NONE = 0x02;
const METHOD_LZ4 = 0x82;
const METHOD_ZSTD = 0x90;
const CHECKSUM_BYTES = 16;
const HEADER_BYTES = 9;
/** Clients write blocks of 1 MiB (max_compress_block_size); a server takes up to 1 GiB. */
const MAX_BLOCK_BYTES = 128 * 1024 * 1024;
const BLOCK_BYTES = 1024 * 1024;

/** Undoes the compression. Fails with a DecodeError for a wrong checksum, an unknown method, a block that is cut off or too long. */
export function createBlockDecoder(): Transform {
  const held = new HeldBytes();
  return new Transform({
    transform(chunk: Buffer, _encoding, done): void {
      held.add(chunk);
      attempt(done, () => {
        for (let block = nextBlock(held); block !== undefined; block = nextBlock(held)) this.push(unpack(block));
      });
    },
    flush(done): void {
      const { length } = held;
      done(length === 0 ? null : new DecodeError(`the last compressed block is cut off after ${length} bytes`));
    },
  });
}

/** Compresses with LZ4, a block per MiB. */
export function createBlockEncoder(): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done): void {
      for (let at = 0; at < chunk.length; at += BLOCK_BYTES) this.push(pack(chunk.subarray(at, at + BLOCK_BYTES)));
      done();
    },
  });
}

function nextBlock(held: HeldBytes): Buffer | undefined {
  const header = held.peek(CHECKSUM_BYTES + HEADER_BYTES);
  if (header === undefined) return undefined;
  const packedLength = header.readUInt32LE(CHECKSUM_BYTES + 1);
  const length = header.readUInt32LE(CHECKSUM_BYTES + 5);
  if (packedLength < HEADER_BYTES || packedLength > MAX_BLOCK_BYTES || length > MAX_BLOCK_BYTES) {
    throw new DecodeError(
      `not a compressed block: it claims ${packedLength} bytes for ${length}, the limit is ${MAX_BLOCK_BYTES}`,
    );
  }
  const block = held.peek(CHECKSUM_BYTES + packedLength);
  if (block !== undefined) held.drop(block.length);
  return block;
}

function unpack(block: Buffer): Uint8Array {
  const body = block.subarray(CHECKSUM_BYTES);
  if (!block.subarray(0, CHECKSUM_BYTES).equals(cityHash128(body))) {
    throw new DecodeError("the checksum of a compressed block doesn't match: its data is corrupted");
  }
  const method = body[0]!;
  const length = body.readUInt32LE(5);
  const content = unpackContent(method, body, length);
  if (content.length !== length)
    throw new DecodeError(`a compressed block holds ${content.length} bytes, but claims ${length}`);
  return content;
}

function unpackContent(method: number, body: Buffer, length: number): Uint8Array {
  switch (method) {
    case METHOD_NONE:
      return body.subarray(HEADER_BYTES);
    case METHOD_LZ4: {
      const tooLong = (): DecodeError =>
        new DecodeError(`a compressed block holds more than the ${length} bytes it claims`);
      const output = new Lz4Output(length, length, tooLong);
      readLz4Block(body, HEADER_BYTES, body.length, output);
      return output.finish();
    }
    case METHOD_ZSTD:
      return zstdDecompressSync(body.subarray(HEADER_BYTES), { maxOutputLength: Math.max(1, length) });
    default:
      throw new DecodeError(`unknown compression method 0x${method.toString(16)}, use LZ4, ZSTD or none`);
  }
}

function pack(content: Buffer): Buffer {
  const packed = packLz4Block(content);
  const block = Buffer.allocUnsafe(CHECKSUM_BYTES + HEADER_BYTES + packed.length);
  block[CHECKSUM_BYTES] = METHOD_LZ4;
  block.writeUInt32LE(HEADER_BYTES + packed.length, CHECKSUM_BYTES + 1);
  block.writeUInt32LE(content.length, CHECKSUM_BYTES + 5);
  block.set(packed, CHECKSUM_BYTES + HEADER_BYTES);
  block.set(cityHash128(block.subarray(CHECKSUM_BYTES)), 0);
  return block;
}
