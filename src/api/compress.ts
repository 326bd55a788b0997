/** Compression of answers on the fly. */
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const gzipAsync = promisify(gzip);
const brotliAsync = promisify(brotliCompress);

/** Smaller answers fit one packet anyway. */
const minBytes = 1400;
const compressible = /^(?:text\/|application\/(?:json|javascript|xml)|image\/svg)/;

/** What the client takes, the better first. `q=0` refuses. */
export function encodingOf(header: string | undefined): 'br' | 'gzip' | undefined {
  const accepted = new Set<string>();
  for (const item of (header ?? '').split(',')) {
    const [name, ...parameters] = item.trim().toLowerCase().split(';');
    if (!parameters.some((parameter) => /^\s*q=0(?:\.0*)?\s*$/.test(parameter))) accepted.add(name!);
  }
  if (accepted.has('br')) return 'br';
  return accepted.has('gzip') || accepted.has('*') ? 'gzip' : undefined;
}

/** `quality`: `fast` for answers made for one client, `small` for files that are compressed once. */
export function compress(bytes: Uint8Array, encoding: 'br' | 'gzip', quality: 'fast' | 'small'): Promise<Buffer> {
  if (encoding === 'gzip') return gzipAsync(bytes, { level: quality === 'fast' ? 1 : 9 });
  return brotliAsync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: quality === 'fast' ? 1 : 9,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength,
    },
  });
}

async function onSend(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  if (typeof payload !== 'string' && !(payload instanceof Uint8Array)) return payload;
  if (reply.hasHeader('content-encoding') || !compressible.test(String(reply.getHeader('content-type'))))
    return payload;
  reply.header('vary', 'accept-encoding');
  const encoding = encodingOf(request.headers['accept-encoding']);
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  if (encoding === undefined || bytes.byteLength < minBytes) return payload;
  const compressed = await compress(bytes, encoding, 'fast');
  reply.header('content-encoding', encoding);
  reply.removeHeader('content-length');
  return compressed;
}

export function compressAnswers(app: FastifyInstance): void {
  app.addHook('onSend', onSend);
}
