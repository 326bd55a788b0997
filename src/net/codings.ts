import zlib from 'node:zlib';
import { DecodeError, messageOf } from '#base';
import { compressSnappy, decompressSnappy } from '#wire';
import { compressLz4, decompressLz4 } from './lz4.ts';
import { ownBytes } from './own-bytes.ts';
import { compressSnappyFramed, decompressSnappyFramed } from './snappy.ts';

/** The content codings that otelcol's HTTP servers and clients speak; `deflate` and `zlib` are both zlib's format. */
export type Coding = 'gzip' | 'zlib' | 'deflate' | 'zstd' | 'snappy' | 'x-snappy-framed' | 'lz4';

/** Bodies up to these sizes are inflated at once: the way through the thread pool costs more than the work itself. */
const SYNC_COMPRESSED_BYTES = 128 * 1024;
const SYNC_CONTENT_BYTES = 1024 * 1024;
/** Deflate can't do better than 1032:1, so a header that promises more is not believed. */
const DEFLATE_RATIO = 1032;
const CHUNK_BYTES = 64 * 1024;
/** 2^25 = 32 MiB: more than any body limit needs, less than zstd's own 128 MiB. */
const ZSTD_WINDOW_LOG_MAX = 25;

/** Says that the content is longer than the receiver takes. The words are Go's, which users search for. */
export function tooLarge(limitBytes: number): DecodeError {
  return new DecodeError(`http: request body too large, the limit is ${limitBytes} bytes`);
}

/**
 * Undoes a content coding. Stops as soon as the content passes `limitBytes`, so that a small bomb can't fill the memory. The result is in
 * memory of its own. Throws (or rejects with) a DecodeError where the bytes are broken, cut off or too many.
 */
export function inflate(coding: Coding, body: Uint8Array, limitBytes: number): Uint8Array | Promise<Uint8Array> {
  switch (coding) {
    case 'gzip':
      return inflateGzip(body, limitBytes);
    case 'zlib':
    case 'deflate':
      return isZlib(body)
        ? run(zlib.inflateSync, zlib.inflate, coding, body, limitBytes, 0)
        : run(zlib.inflateRawSync, zlib.inflateRaw, coding, body, limitBytes, 0);
    case 'zstd':
      return inflateZstd(body, limitBytes);
    case 'snappy':
      return decompressSnappy(body, limitBytes);
    case 'x-snappy-framed':
      return decompressSnappyFramed(body, limitBytes);
    case 'lz4':
      return decompressLz4(body, limitBytes);
  }
}

/** The length that a body promises for its content; 0 where it doesn't, or can't be believed. More than `limitBytes` is not to be inflated. */
export function contentBytesOf(coding: Coding, body: Uint8Array): number {
  if (coding === 'zstd') return zstdContentLength(body);
  return coding === 'gzip' ? gzipContentLength(body) : 0;
}

/** The last 4 bytes of gzip hold the content's length. With it, one call fills one buffer, 5x less CPU than growing by 16 KiB. */
function inflateGzip(body: Uint8Array, limitBytes: number): Uint8Array | Promise<Uint8Array> {
  if (body.length < 18) throw new DecodeError(`gzip body is cut off after ${body.length} bytes`);
  const length = gzipContentLength(body);
  if (length > limitBytes) throw tooLarge(limitBytes);
  return run(zlib.gunzipSync, zlib.gunzip, 'gzip', body, limitBytes, length);
}

function gzipContentLength(body: Uint8Array): number {
  const end = body.length;
  if (end < 18) return 0;
  const length = (body[end - 4]! | (body[end - 3]! << 8) | (body[end - 2]! << 16) | (body[end - 1]! << 24)) >>> 0;
  return length <= end * DEFLATE_RATIO ? length : 0;
}

/** A zlib stream starts with method 8 and a header that is a multiple of 31; some clients send raw deflate under the same name. */
function isZlib(body: Uint8Array): boolean {
  return body.length >= 2 && (body[0]! & 0x0f) === 8 && ((body[0]! << 8) | body[1]!) % 31 === 0;
}

function inflateZstd(body: Uint8Array, limitBytes: number): Uint8Array | Promise<Uint8Array> {
  const length = zstdContentLength(body);
  if (length > limitBytes) throw tooLarge(limitBytes);
  return run(zlib.zstdDecompressSync, zlib.zstdDecompress, 'zstd', body, limitBytes, length, {
    [zlib.constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX,
  });
}

/** Frame_Content_Size of the first frame (RFC 8878 §3.1.1.1); 0 where the frame doesn't say. */
function zstdContentLength(body: Uint8Array): number {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (body.length < 18 || view.getUint32(0, true) !== 0xfd2fb528) return 0;
  const descriptor = body[4]!;
  const singleSegment = (descriptor >> 5) & 1;
  const at = 5 + (1 - singleSegment) + [0, 1, 2, 4][descriptor & 3]!;
  switch (descriptor >> 6) {
    case 0:
      return singleSegment === 1 ? body[at]! : 0;
    case 1:
      return view.getUint16(at, true) + 256;
    case 2:
      return view.getUint32(at, true);
    default:
      return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
  }
}

type InflateOptions = zlib.ZlibOptions & zlib.ZstdOptions;
type SyncInflate = (body: Uint8Array, options: InflateOptions) => Buffer;
type AsyncInflate = (
  body: Uint8Array,
  options: InflateOptions,
  done: (error: Error | null, content: Buffer) => void,
) => void;

/** `contentBytes`: the length that the header promises, 0 where it doesn't. */
function run(
  inflateSync: SyncInflate,
  inflateAsync: AsyncInflate,
  coding: Coding,
  body: Uint8Array,
  limitBytes: number,
  contentBytes: number,
  params?: Record<number, number>,
): Uint8Array | Promise<Uint8Array> {
  const guess = contentBytes > 0 ? contentBytes + 1 : Math.max(CHUNK_BYTES, body.length * 4);
  const options: InflateOptions = {
    chunkSize: Math.max(64, Math.min(guess, limitBytes + 1)),
    maxOutputLength: Math.max(1, limitBytes),
    ...(params && { params }),
  };
  if (contentBytes > 0 && contentBytes <= SYNC_CONTENT_BYTES && body.length <= SYNC_COMPRESSED_BYTES) {
    try {
      return ownBytes(inflateSync(body, options));
    } catch (error) {
      throw inflateError(error, coding, limitBytes);
    }
  }
  return new Promise((resolve, reject) => {
    inflateAsync(body, options, (error, content) => {
      if (error) reject(inflateError(error, coding, limitBytes));
      else resolve(ownBytes(content));
    });
  });
}

function inflateError(error: unknown, coding: Coding, limitBytes: number): DecodeError {
  if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') return tooLarge(limitBytes);
  return new DecodeError(`can't decompress the ${coding} body: ${messageOf(error)}`);
}

/**
 * On OTLP bodies level 1 of gzip and zlib takes a third of the CPU time of zlib's own default 6 (1.5 ms instead of 3.9 ms for 294 KB) and makes
 * them a tenth longer; that of zstd takes 0.5 ms instead of 0.9 ms of its own default 3 for 468 KB and makes them a fiftieth longer.
 */
const DEFAULT_LEVEL = 1;
/**
 * Bodies up to these sizes are compressed at once at that level: the way through the thread pool costs the thread that asks some 80 us. gzip takes
 * 30 us for 5 KB and 60 us for 24 KB, through the pool 90 to 140 us; zstd half a millisecond for 468 KB, through the pool a third more.
 */
const SYNC_GZIP_BYTES = 32 * 1024;
const SYNC_ZSTD_BYTES = 512 * 1024;

/** Applies a content coding. `level` 0 means the default of the coding. Large bodies of gzip, zlib and zstd work on the thread pool. */
export function deflate(coding: Coding, body: Uint8Array, level = 0): Promise<Uint8Array> {
  const chunkSize = Math.max(1024, Math.min(1024 * 1024, (body.length >> 2) + 1024));
  const isQuick = (limitBytes: number): boolean => level <= DEFAULT_LEVEL && body.length <= limitBytes;
  switch (coding) {
    case 'gzip':
    case 'zlib':
    case 'deflate': {
      const [atOnce, pooled] = coding === 'gzip' ? [zlib.gzipSync, zlib.gzip] : [zlib.deflateSync, zlib.deflate];
      const options: zlib.ZlibOptions = { level: level || DEFAULT_LEVEL, chunkSize };
      return compressed(atOnce, pooled, body, options, isQuick(SYNC_GZIP_BYTES));
    }
    case 'zstd': {
      const params = { [zlib.constants.ZSTD_c_compressionLevel]: level || DEFAULT_LEVEL };
      return compressed(
        zlib.zstdCompressSync,
        zlib.zstdCompress,
        body,
        { params, chunkSize },
        isQuick(SYNC_ZSTD_BYTES),
      );
    }
    case 'snappy':
      return Promise.resolve(compressSnappy(body));
    case 'x-snappy-framed':
      return Promise.resolve(compressSnappyFramed(body));
    case 'lz4':
      return Promise.resolve(compressLz4(body));
  }
}

function compressed<O>(
  compressSync: (body: Uint8Array, options: O) => Uint8Array,
  compress: (body: Uint8Array, options: O, done: (error: Error | null, bytes: Uint8Array) => void) => void,
  body: Uint8Array,
  options: O,
  isQuick: boolean,
): Promise<Uint8Array> {
  if (isQuick) return Promise.resolve(compressSync(body, options));
  return new Promise((resolve, reject) => {
    compress(body, options, (error, bytes) => {
      if (error) reject(error);
      else resolve(bytes);
    });
  });
}
