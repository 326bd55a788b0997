/** The console's files, as the build wrote them. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { compress, type Encoding, encodingOf, FOR_FILES } from './compress.ts';

const TYPES: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
};

const MISSING_PAGE = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Signalbox</title>
<body style="font: 15px system-ui; margin: 4rem auto; max-width: 40rem; color-scheme: light dark">
<h1>The console is not built</h1>
<p>The server runs, and its APIs answer, but the console's files are not there. Build them and reload this page:</p>
<pre>npm run build:ui</pre>
</body></html>
`;

/** Pages of one service or trace: the last part is a name, which may look like a file or a way out of the folder. */
const PAGE_OF_A_NAME = /^\/(?:services|traces)\/[^/]+$/;

/** Scripts and connections from here only; styles may stand in elements, which charts need. */
const CONTENT_POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'self'",
  "frame-ancestors 'self'",
].join('; ');

interface StoredFile {
  readonly path: string;
  readonly modifiedMs: number;
  readonly bytes: Buffer;
  readonly etag: string;
  readonly compressed: Map<Encoding, Promise<Buffer>>;
}

/** Keeps each file and its compressed forms once it was asked for; a new build is noticed by the time of the file. */
class FileCache {
  readonly #files = new Map<string, StoredFile>();

  async get(path: string): Promise<StoredFile | undefined> {
    const info = await stat(path).catch(() => undefined);
    if (info === undefined || !info.isFile()) return undefined;
    const known = this.#files.get(path);
    if (known !== undefined && known.modifiedMs === info.mtimeMs) return known;
    const bytes = await readFile(path);
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
    const file = { path, modifiedMs: info.mtimeMs, bytes, etag, compressed: new Map<Encoding, Promise<Buffer>>() };
    this.#files.set(path, file);
    return file;
  }
}

/** The compressed form of a file: as the build left it beside the file, or made now, once. */
function compressedForm(file: StoredFile, encoding: Encoding): Promise<Buffer> {
  const known = file.compressed.get(encoding);
  if (known !== undefined) return known;
  const made = (): Promise<Buffer> => compress(file.bytes, encoding, 'small');
  const form = encoding === 'br' ? readFile(`${file.path}.br`).catch(made) : made();
  file.compressed.set(encoding, form);
  return form;
}

/** Serves `folder` at the root. Paths of the console's pages, which are no files, get its index page; those of APIs nothing. */
export function serveConsole(
  app: FastifyInstance,
  folder: string,
  { isApi }: { readonly isApi: (path: string) => boolean },
): void {
  const cache = new FileCache();
  app.get('/*', async (request, reply) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const isPage = pathname === '/' || PAGE_OF_A_NAME.test(pathname);
    if (!isPage) {
      const path = safePath(pathname);
      if (path === undefined || isApi(path)) return reply.callNotFound();
      const file = await cache.get(join(folder, path));
      if (file !== undefined) return sendFile(request, reply, file, path);
      if (isFileName(path)) return reply.callNotFound();
    }
    const index = await cache.get(join(folder, 'index.html'));
    if (index !== undefined) {
      const early = earlyRequest(pathname);
      if (early !== undefined) reply.header('link', `<${early}>; rel=preload; as=fetch; crossorigin`);
      return sendFile(request, reply, index, '/index.html');
    }
    return reply
      .code(503)
      .header('content-type', TYPES['.html']!)
      .header('cache-control', 'no-store')
      .send(MISSING_PAGE);
  });
}

/**
 * What the page at a path will ask first. The answer of a large trace takes as long as loading and starting the console's scripts, so the
 * browser is told to ask for it at once; the console's own request for the same address then takes that answer.
 */
function earlyRequest(path: string): string | undefined {
  const traceId = /^\/traces\/([0-9a-f]{1,32})$/i.exec(path)?.[1];
  return traceId === undefined ? undefined : `/api/console/traces/${traceId}`;
}

/** What can only be a file: names of services, deeper in a path, may have dots. */
function isFileName(path: string): boolean {
  return path.startsWith('/assets/') || /^\/[^/]+\.\w+$/.test(path);
}

/** The decoded path below the folder; undefined for one that would leave it. */
export function safePath(pathname: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
  if (decoded.includes('\0') || decoded.includes('\\')) return undefined;
  return decoded.startsWith('/') && !decoded.split('/').includes('..') ? decoded.replace(/\/{2,}/g, '/') : undefined;
}

async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: StoredFile,
  path: string,
): Promise<FastifyReply> {
  // Names of files under assets change with their content.
  const immutable = path.startsWith('/assets/');
  reply.header('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
  reply.header('etag', file.etag).header('vary', 'accept-encoding').header('x-content-type-options', 'nosniff');
  const type = TYPES[extname(path)] ?? 'application/octet-stream';
  reply.header('content-type', type);
  if (type.startsWith('text/html')) reply.header('content-security-policy', CONTENT_POLICY);
  const known = request.headers['if-none-match'];
  if (known?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === file.etag)) return reply.code(304).send();
  const encoding = encodingOf(request.headers['accept-encoding'], FOR_FILES);
  if (encoding === undefined || file.bytes.length < 1400 || /image\/(?:png|x-icon)|font\//.test(type))
    return reply.send(file.bytes);
  return reply.header('content-encoding', encoding).send(await compressedForm(file, encoding));
}
