import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** The console's files, read once at start and compressed when first asked for: they are small and few. */

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.map': 'application/json',
  '.woff2': 'font/woff2',
};
const COMPRESSED = new Set(['.html', '.js', '.css', '.svg', '.json', '.map']);
/** Names of built files carry a hash of their content. */
const HASHED = /^\/assets\//;
const YEAR_S = 31_536_000;

const MISSING = `<!doctype html><title>Signalbox</title><style>body{font:16px system-ui;margin:4em auto;max-width:40em}</style>
<h1>The console is not built</h1><p>Run <code>npm run build:ui</code> in the project's folder, or start with <code>npm start</code>,
which builds it. The APIs work without it.</p>`;

interface StaticFile {
  readonly type: string;
  readonly etag: string;
  readonly bytes: Buffer;
  readonly extension: string;
  brotli?: Buffer;
  gzip?: Buffer;
}

/** Serves the console at `/`. A path that is no file and no API is a page of the console: it gets index.html. */
export function consoleFiles(app: FastifyInstance, folder: string, isApiPath: (path: string) => boolean): void {
  const files = readFiles(folder);
  app.setNotFoundHandler((request, reply) => {
    const path = decodePath(request.url);
    if ((request.method !== 'GET' && request.method !== 'HEAD') || isApiPath(path)) {
      return reply
        .code(404)
        .send({ error: { code: 'not_found', message: `no such address: ${request.method} ${path}` } });
    }
    const file = files.get(path) ?? (extname(path) === '' ? files.get('/index.html') : undefined);
    if (file !== undefined) return sendFile(request, reply, file, path);
    if (files.size === 0) return reply.code(503).type('text/html; charset=utf-8').send(MISSING);
    return reply.code(404).send({ error: { code: 'not_found', message: `no such file: ${path}` } });
  });
}

function readFiles(folder: string): Map<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  if (!existsSync(folder)) return files;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const bytes = readFileSync(file);
    const extension = extname(file);
    files.set(`/${relative(folder, file)}`, {
      bytes,
      extension,
      type: TYPES[extension] ?? 'application/octet-stream',
      etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    });
  }
  return files;
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: StaticFile, path: string): FastifyReply {
  reply.header('etag', file.etag).header('vary', 'accept-encoding').type(file.type);
  reply.header('cache-control', HASHED.test(path) ? `public, max-age=${YEAR_S}, immutable` : 'no-cache');
  if (file.extension === '.html') {
    reply.header(
      'content-security-policy',
      "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
    );
    reply.header('x-content-type-options', 'nosniff');
  }
  if (request.headers['if-none-match'] === file.etag) return reply.code(304).send();
  const accepted = String(request.headers['accept-encoding'] ?? '');
  if (!COMPRESSED.has(file.extension)) return reply.send(file.bytes);
  if (/\bbr\b/.test(accepted)) {
    file.brotli ??= brotliCompressSync(file.bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
    return reply.header('content-encoding', 'br').send(file.brotli);
  }
  if (/\bgzip\b/.test(accepted)) {
    file.gzip ??= gzipSync(file.bytes);
    return reply.header('content-encoding', 'gzip').send(file.gzip);
  }
  return reply.send(file.bytes);
}

function decodePath(url: string): string {
  const path = url.split('?')[0]!;
  try {
    const decoded = decodeURIComponent(path);
    return decoded === '/' ? '/index.html' : decoded;
  } catch {
    return path;
  }
}
