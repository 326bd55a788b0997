/** The body of a request: decompressed, kept in memory while small, and spooled to a file beyond that. */
import { createWriteStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { messageOf } from '#base';
import { createBlockDecoder } from './block-codec.ts';
import { EngineError, engineError } from './errors.ts';
import { createLz4Decoder } from './lz4-frame-stream.ts';
import { headerOf } from './request.ts';

/** A whole body in memory, or its beginning with the rest still to come. */
export interface Body {
  readonly head: Buffer;
  /** What follows `head`; undefined where `head` is all. To be read to the end or destroyed. */
  readonly rest: AsyncIterable<Buffer> | undefined;
}

/**
 * Reads the body up to `limitBytes`; `inBlocks` for one in ClickHouse's own compression. Throws EngineError for an unknown encoding,
 * broken compression, a lost client.
 */
export async function readBody(request: IncomingMessage, limitBytes: number, inBlocks = false): Promise<Body> {
  const encoded = decompressed(request, decoderOf(encodingOf(request)));
  const stream = inBlocks ? decompressed(encoded, createBlockDecoder()) : encoded;
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

export const noBody: Body = { head: Buffer.alloc(0), rest: undefined };

/** Reads a form (`multipart/form-data`), in which clients send long queries and parameters. Throws EngineError. */
export async function readForm(request: IncomingMessage, limitBytes: number): Promise<URLSearchParams> {
  const body = await readBody(request, limitBytes);
  if (body.rest !== undefined) throw engineError('QUERY_IS_TOO_LARGE', `the form is larger than ${limitBytes} bytes`);
  const fields = new URLSearchParams();
  let form: FormData;
  try {
    const headers = { 'content-type': headerOf(request, 'content-type') };
    form = await new Response(new Uint8Array(body.head), { headers }).formData();
  } catch (error) {
    throw engineError('BAD_ARGUMENTS', `the body is not a valid form: ${messageOf(error)}`, error);
  }
  for (const [name, value] of form) {
    if (typeof value !== 'string') {
      throw engineError('NOT_IMPLEMENTED', `form field ${name.slice(0, 80)}: external tables are not supported here`);
    }
    fields.append(name, value);
  }
  return fields;
}

/** Writes `head` and the rest of a body to a file. Removes the file when it fails. */
export async function spoolBody(path: string, head: Buffer, rest: AsyncIterable<Buffer> | undefined): Promise<void> {
  async function* all(): AsyncGenerator<Buffer> {
    yield head;
    if (rest !== undefined) yield* rest;
  }
  try {
    if (rest === undefined) await writeFile(path, head, { mode: 0o600 });
    else await pipeline(all, createWriteStream(path, { mode: 0o600, highWaterMark: 1 << 20 }));
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
    throw engineError(
      'CANNOT_DECOMPRESS',
      `the body is not valid ${encodingOf(request) || 'in its compressed blocks'}: ${messageOf(error)}`,
      error,
    );
  }
  return undefined;
}

function encodingOf(request: IncomingMessage): string {
  return headerOf(request, 'content-encoding').trim().toLowerCase();
}

function decompressed(source: Readable, decoder: (Readable & NodeJS.WritableStream) | undefined): Readable {
  if (decoder === undefined) return source;
  // Errors of the source must end the reader; `pipe` alone would leave it waiting.
  source.on('error', (error) => decoder.destroy(error));
  source.on('aborted', () => decoder.destroy(new Error('aborted')));
  return source.pipe(decoder);
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
    case 'lz4':
      return createLz4Decoder();
    case 'br':
      return createBrotliDecompress();
    default:
      throw engineError(
        'UNKNOWN_COMPRESSION_METHOD',
        `Unknown compression method '${encoding.slice(0, 80)}' in Content-Encoding, use zstd, lz4, gzip, deflate or br`,
      );
  }
}
