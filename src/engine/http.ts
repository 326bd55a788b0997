/** The HTTP server: routes, who may ask, limits of the protocol. Queries go to query-handler.ts. */

import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { after } from '#base';
import { type HostGuard, hostRefusal } from '#base/host-guard.ts';
import type { StoreAccess } from '#base/store-access.ts';
import { isTlsHello } from '#base/tls-hello.ts';
import { EngineError, engineError, httpStatusOf, printError } from './errors.ts';
import type { QueryHandler } from './query-handler.ts';
import { headerOf, readCredentials, type UserName } from './request.ts';

export interface HttpOptions {
  readonly version: string;
  /** Asked of every request but /ping. */
  readonly access: StoreAccess;
  /** Which names requests may be for. */
  readonly hosts: HostGuard;
  readonly handler: QueryHandler;
  /** Called once, when a client speaks TLS. */
  readonly onTlsHello: () => void;
}

/** What to do about a client that speaks TLS. */
export const TLS_CURE =
  'a client speaks TLS, and this port speaks plain text: use http:// in place of https://, or put a proxy with TLS in front';
/** ClickHouse's http_max_uri_size. */
const MAX_URL_BYTES = 1024 * 1024;

/** Creates the server, not listening yet. */
export function createHttpServer(options: HttpOptions): Server {
  const server = createServer(
    {
      maxHeaderSize: MAX_URL_BYTES + 64 * 1024,
      keepAliveTimeout: 30_000,
      // A large insert over a slow line may take long; a client that is gone closes its socket.
      requestTimeout: 0,
      headersTimeout: 60_000,
    },
    (request, response) => void route(options, request, response),
  );
  let hasSaidTls = false;
  server.on('clientError', (error: ClientError, socket) => {
    const isTls = isTlsHello(error.rawPacket);
    refuseBrokenRequest(error, socket as Socket, options.version, isTls);
    if (!isTls || hasSaidTls) return;
    hasSaidTls = true;
    options.onTlsHello();
  });
  return server;
}

async function route(options: HttpOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    refuseForeignPage(request, options.hosts);
    const url = parseUrl(request.url ?? '/');
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead && url.pathname === '/ping') return sendText(response, 200, 'Ok.\n');
    const user = checkCredentials(options, request, url.searchParams);
    if (request.method === 'OPTIONS') return sendText(response, 204, '');
    if (!isRead && request.method !== 'POST' && request.method !== 'PUT') {
      response.setHeader('Allow', 'GET, HEAD, POST, PUT, OPTIONS');
      return sendText(response, 405, `There is no handle for method ${request.method}\n`);
    }
    if (isRead && url.pathname === '/replicas_status') return sendText(response, 200, 'Ok.\n');
    if (url.pathname !== '/' && url.pathname !== '/query') {
      return sendText(response, 404, `There is no handle ${url.pathname}\n\nUse / or /ping for health checks.\n`);
    }
    if (isRead && !url.searchParams.has('query')) return sendText(response, 200, 'Ok.\n');
    await options.handler.handle(request, response, url.searchParams, user);
  } catch (error) {
    const known = error instanceof EngineError ? error : engineError('STD_EXCEPTION', String(error), error);
    response.setHeader('X-ClickHouse-Exception-Code', known.code);
    sendText(response, httpStatusOf(known.code), printError(known, options.version));
    request.resume();
  }
}

function parseUrl(text: string): URL {
  try {
    return new URL(text, 'http://engine');
  } catch (error) {
    throw engineError('BAD_ARGUMENTS', `can't read the URL ${JSON.stringify(text.slice(0, 80))}`, error);
  }
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=UTF-8',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}

/**
 * A page of another site, opened in a browser on this machine, could send queries here. Browsers name the page's origin,
 * and the name they resolved stands in `Host`; programs send no Origin.
 */
function refuseForeignPage(request: IncomingMessage, hosts: HostGuard): void {
  const host = headerOf(request, 'host');
  const origin = headerOf(request, 'origin');
  // An <img> or a <script> sends no Origin; browsers say by this where the request comes from, programs don't send it.
  const site = headerOf(request, 'sec-fetch-site');
  if (site !== '' && site !== 'none' && site !== 'same-origin') {
    throw engineError(
      'ACCESS_DENIED',
      `requests from web pages of another site (${site.slice(0, 20)}) are not allowed`,
    );
  }
  if (origin !== '' && origin !== `http://${host}`) {
    throw engineError('ACCESS_DENIED', `queries from web pages of ${origin.slice(0, 80)} are not allowed`);
  }
  const refusal = hostRefusal(hosts, request.headers, request.rawHeaders);
  if (refusal?.status === 400) throw engineError('BAD_ARGUMENTS', refusal.message);
  if (refusal !== undefined) throw engineError('ACCESS_DENIED', refusal.message);
}

/**
 * Which user asks. Throws EngineError where user or password is wrong. The answer asks for no password (WWW-Authenticate): a browser would
 * remember what a person types, and send it along with the requests of other pages.
 */
function checkCredentials({ access }: HttpOptions, request: IncomingMessage, parameters: URLSearchParams): UserName {
  const { user, password } = readCredentials(request, parameters);
  for (const name of ['signalbox', 'reader'] as const) {
    if (user === name && isSame(password, access[name].password)) return name;
  }
  throw engineError(
    'AUTHENTICATION_FAILED',
    `${user.slice(0, 80)}: Authentication failed: password is incorrect, or there is no user with such name. ` +
      'The command "signalbox engine-access" prints both',
  );
}

/** Takes the same time however much of the password is right. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

/** Connections that have had their last answer: what still comes on them is no HTTP, and of no interest. */
const refusedSockets = new WeakSet<Socket>();

interface ClientError extends Error {
  readonly code?: string;
  readonly rawPacket?: Uint8Array;
}

function refuseBrokenRequest(error: ClientError, socket: Socket, version: string, isTls: boolean): void {
  if (refusedSockets.has(socket)) return;
  refusedSockets.add(socket);
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const tooLong = error.code === 'HPE_HEADER_OVERFLOW';
  const known = tooLong
    ? engineError(
        'QUERY_IS_TOO_LARGE',
        `the URL and headers are longer than ${MAX_URL_BYTES} bytes, send the query in the body`,
      )
    : engineError('BAD_ARGUMENTS', isTls ? TLS_CURE : `not an HTTP request: ${error.message}`);
  const text = printError(known, version);
  const status = tooLong ? '414 URI Too Long' : '400 Bad Request';
  // What the client still sends is read away for a while: a socket closed over unread data loses the answer.
  socket.on('error', () => undefined).resume();
  after(1_000, () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status}\r\nX-ClickHouse-Exception-Code: ${known.code}\r\nContent-Type: text/plain; charset=UTF-8\r\n` +
      `Connection: close\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}
