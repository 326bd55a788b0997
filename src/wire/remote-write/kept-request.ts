import { DecodeError } from '#base';
import type { Batch } from '#pdata';
import { decompressSnappy, snappyContentLength } from '../snappy-block.ts';
import { KNOWN_BYTES, OwnWriteReader } from './read-own.ts';

/** A request of remote write as it came, and what it takes to read it again to the same points. */
export interface KeptRequest {
  readonly version: 1 | 2;
  /** What was later was refused. */
  readonly maxTimeMs: number;
  /** Compressed. */
  readonly body: Uint8Array;
}

/** UInt8 version · Float64 latest time, little-endian · body */
const HEAD_BYTES = 9;

export function encodeKeptRequest({ version, maxTimeMs, body }: KeptRequest): Uint8Array[] {
  const head = new Uint8Array(HEAD_BYTES);
  head[0] = version;
  new DataView(head.buffer).setFloat64(1, maxTimeMs, true);
  return [head, body];
}

/** All points of a request that was kept. Throws a DecodeError. */
export function decodeKeptRequest(bytes: Uint8Array): Batch {
  const version = bytes[0];
  if (bytes.length < HEAD_BYTES || (version !== 1 && version !== 2))
    throw new DecodeError('a request of remote write without its head');
  const maxTimeMs = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(1, true);
  const body = bytes.subarray(HEAD_BYTES);
  const content = decompressSnappy(body, snappyContentLength(body));
  return new OwnWriteReader(KNOWN_BYTES).read(version, content, { maxTimeMs }).batch;
}
