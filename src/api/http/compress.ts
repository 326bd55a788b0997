/** Compression of answers on the fly. */
import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import {
  brotliCompress,
  constants,
  createBrotliCompress,
  createGzip,
  createZstdCompress,
  gzip,
  zstdCompress,
} from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const gzipAsync = promisify(gzip);
const brotliAsync = promisify(brotliCompress);
const zstdAsync = promisify(zstdCompress);

/** Smaller answers fit one packet anyway. */
const MIN_BYTES = 1400;
const compressible = /^(?:text\/|application\/(?:json|x-ndjson|javascript|xml)|image\/svg)/;

export type Encoding = 'zstd' | 'br' | 'gzip';

/**
 * For answers made for one client, the cheaper first: of 500 KB of a trace zstd makes 190 KB in 2 ms, Brotli 205 KB in 4 ms, gzip 230 KB in 8 ms.
 */
const FOR_ANSWERS: readonly Encoding[] = ['zstd', 'br', 'gzip'];
/** For files, which are compressed once, the smaller first. */
export const FOR_FILES: readonly Encoding[] = ['br', 'gzip'];

/** The first of `offered` that the client takes. `q=0` refuses. */
export function encodingOf(header: string | undefined, offered: readonly Encoding[]): Encoding | undefined {
  const accepted = new Set<string>();
  for (const item of (header ?? '').split(',')) {
    const [name, ...parameters] = item.trim().toLowerCase().split(';');
    if (!parameters.some((parameter) => /^\s*q=0(?:\.0*)?\s*$/.test(parameter))) accepted.add(name!);
  }
  return offered.find((encoding) => accepted.has(encoding)) ?? (accepted.has('*') ? 'gzip' : undefined);
}

/** `quality`: `fast` for answers made for one client, `small` for files that are compressed once. */
export function compress(bytes: Uint8Array, encoding: Encoding, quality: 'fast' | 'small'): Promise<Buffer> {
  switch (encoding) {
    case 'zstd':
      return zstdAsync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: quality === 'fast' ? 1 : 15 } });
    case 'br':
      return brotliAsync(bytes, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: quality === 'fast' ? 1 : 9,
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength,
        },
      });
    case 'gzip':
      return gzipAsync(bytes, { level: quality === 'fast' ? 1 : 9 });
  }
}

/** For an answer whose length is not known, with the headers set; undefined where the client takes none. */
export function compressorFor(request: FastifyRequest, reply: FastifyReply): Transform | undefined {
  reply.header('vary', 'accept-encoding');
  const encoding = encodingOf(request.headers['accept-encoding'], FOR_ANSWERS);
  if (encoding === undefined) return undefined;
  reply.header('content-encoding', encoding);
  switch (encoding) {
    case 'zstd':
      return createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 1 } });
    case 'br':
      return createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
    case 'gzip':
      return createGzip({ level: 1 });
  }
}

async function onSend(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  if (typeof payload !== 'string' && !(payload instanceof Uint8Array)) return payload;
  if (reply.hasHeader('content-encoding') || !compressible.test(String(reply.getHeader('content-type'))))
    return payload;
  reply.header('vary', 'accept-encoding');
  const encoding = encodingOf(request.headers['accept-encoding'], FOR_ANSWERS);
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  if (encoding === undefined || bytes.byteLength < MIN_BYTES) return payload;
  const compressed = await compress(bytes, encoding, 'fast');
  reply.header('content-encoding', encoding);
  reply.removeHeader('content-length');
  return compressed;
}

export function compressAnswers(app: FastifyInstance): void {
  app.addHook('onSend', onSend);
}
