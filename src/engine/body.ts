/** The body of a request: decompressed, kept in memory while small, and spooled to a file beyond that. */
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { messageOf } from '#base';
import { EngineError, engineError } from './errors.ts';
import { headerOf } from './request.ts';

/** A whole body in memory, or its beginning with the rest still to come. */
export interface Body {
  readonly head: Buffer;
  /** What follows `head`; undefined where `head` is all. To be read to the end or destroyed. */
  readonly rest: AsyncIterable<Buffer> | undefined;
}

/** Reads the body up to `limitBytes`. Throws EngineError for an unknown encoding, broken compression, a lost client. */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Body> {
  const stream = decompressed(request);
  const iterator = readChunks(request, stream);
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const next = await iterator.next();
    if (next.done === true) return { head: Buffer.concat(chunks, length), rest: undefined };
    chunks.push(next.value);
    length += next.value.length;
    if (length > limitBytes) return { head: Buffer.concat(chunks, length), rest: iterator };
  }
}

/** Writes `head` and the rest of a body to a file; returns its bytes. Removes the file when it fails. */
export async function spoolBody(path: string, head: Buffer, rest: AsyncIterable<Buffer>): Promise<number> {
  let length = 0;
  async function* all(): AsyncGenerator<Buffer> {
    yield head;
    length += head.length;
    for await (const chunk of rest) {
      length += chunk.length;
      yield chunk;
    }
  }
  try {
    await pipeline(all, createWriteStream(path, { flags: 'wx', mode: 0o600, highWaterMark: 1 << 20 }));
    return length;
  } catch (error) {
    await rm(path, { force: true });
    if (error instanceof EngineError) throw error;
    throw engineError(
      'NOT_ENOUGH_SPACE',
      `can't spool the request's body to the data folder: ${messageOf(error)}`,
      error,
    );
  }
}

async function* readChunks(request: IncomingMessage, stream: Readable): AsyncGenerator<Buffer, undefined> {
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    if (request.destroyed && !request.complete) {
      throw engineError('NETWORK_ERROR', 'the client closed the connection before the end of the body', error);
    }
    throw engineError('CANNOT_DECOMPRESS', `the body is not valid ${encodingOf(request)}: ${messageOf(error)}`, error);
  }
  return undefined;
}

function encodingOf(request: IncomingMessage): string {
  return headerOf(request, 'content-encoding').trim().toLowerCase();
}

function decompressed(request: IncomingMessage): Readable {
  const encoding = encodingOf(request);
  const decoder = decoderOf(encoding);
  if (decoder === undefined) return request;
  // Errors of the source must end the reader; `pipe` alone would leave it waiting.
  request.on('error', (error) => decoder.destroy(error));
  request.on('aborted', () => decoder.destroy(new Error('aborted')));
  return request.pipe(decoder);
}

function decoderOf(encoding: string): (Readable & NodeJS.WritableStream) | undefined {
  switch (encoding) {
    case '':
    case 'identity':
      return undefined;
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'zstd':
      return createZstdDecompress();
    case 'br':
      return createBrotliDecompress();
    default:
      throw engineError(
        'UNKNOWN_COMPRESSION_METHOD',
        `Unknown compression method '${encoding.slice(0, 80)}' in Content-Encoding, use gzip, zstd, deflate or br`,
      );
  }
}
