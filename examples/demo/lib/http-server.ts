import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { type Attributes, context, propagation, ROOT_CONTEXT, type Span, SpanKind, trace } from '@opentelemetry/api';
import { HttpError } from './errors.ts';
import { DURATION_BUCKETS_SECONDS, recordFailure, type Telemetry } from './telemetry.ts';

export interface Call {
  /** Values of the `{name}` parts of the route. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The parsed JSON body; empty for a request without one. */
  // biome-ignore lint/suspicious/noExplicitAny: the shop trusts its own callers
  readonly body: any;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** A path with `{name}` parts, such as `/orders/{id}`. */
  readonly route: string;
  /** Returns the body of a 200 answer, or throws: an HttpError keeps its status, anything else is a 500. */
  handle(call: Call): Promise<unknown>;
}

export interface RunningServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves the routes on a free loopback port, with a server span, metrics and a log line for what goes wrong. */
export async function serve(telemetry: Telemetry, routes: readonly Route[]): Promise<RunningServer> {
  const answer = instrumentedAnswer(telemetry, routes);
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

function instrumentedAnswer(telemetry: Telemetry, routes: readonly Route[]): Answer {
  const tracer = telemetry.scopedTracer('shop.http');
  const meter = telemetry.scopedMeter('shop.http');
  const duration = meter.createHistogram('http.server.request.duration', {
    description: 'Duration of HTTP server requests',
    unit: 's',
    advice: { explicitBucketBoundaries: DURATION_BUCKETS_SECONDS },
  });
  const active = meter.createUpDownCounter('http.server.active_requests', {
    description: 'Number of HTTP server requests being answered',
    unit: '{request}',
  });

  return async (request, response) => {
    const startMs = performance.now();
    const method = request.method ?? 'GET';
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const found = findRoute(routes, method, url.pathname);
    const kind: Attributes = { 'http.request.method': method, 'url.scheme': 'http' };
    const route: Attributes = found ? { 'http.route': found.route.route } : {};

    const caller = propagation.extract(ROOT_CONTEXT, request.headers);
    const attributes = { ...kind, ...route, ...describeRequest(request, url) };
    const name = found ? `${method} ${found.route.route}` : method;
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, caller);

    active.add(1, kind);
    await context.with(trace.setSpan(caller, span), async () => {
      const { status, body } = await runHandler(telemetry, span, found, request, url);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
      span.setAttribute('http.response.status_code', status);
      duration.record((performance.now() - startMs) / 1000, {
        ...kind,
        ...route,
        'http.response.status_code': status,
        ...(status >= 500 ? { 'error.type': String(status) } : {}),
      });
    });
    active.add(-1, kind);
    span.end();
  };
}

/** Only a status from 500 on is a failure of the server; a declined card or a missing page is its caller's. */
async function runHandler(
  telemetry: Telemetry,
  span: Span,
  found: FoundRoute | undefined,
  request: IncomingMessage,
  url: URL,
): Promise<{ status: number; body: unknown }> {
  try {
    if (found === undefined) throw new HttpError(404, `no page at ${url.pathname}`);
    const body = await readJson(request);
    return { status: 200, body: await found.route.handle({ path: found.path, query: url.searchParams, body }) };
  } catch (error) {
    const status = error instanceof HttpError ? error.status : 500;
    const message = error instanceof Error ? error.message : String(error);
    if (status >= 500) {
      recordFailure(span, error);
      telemetry.log.error(`${request.method} ${url.pathname} failed: ${message}`, { 'http.status': status }, error);
    } else {
      span.addEvent('request.refused', { 'http.status': status, reason: message });
      telemetry.log.debug(`${request.method} ${url.pathname} refused: ${message}`, { 'http.status': status });
    }
    return { status, body: { error: message } };
  }
}

interface FoundRoute {
  readonly route: Route;
  readonly path: Record<string, string>;
}

function findRoute(routes: readonly Route[], method: string, pathname: string): FoundRoute | undefined {
  const parts = pathname.split('/');
  for (const route of routes) {
    const wanted = route.route.split('/');
    if (route.method !== method || wanted.length !== parts.length) continue;
    const path: Record<string, string> = {};
    const fits = wanted.every((want, index) => {
      const part = parts[index] ?? '';
      if (!want.startsWith('{')) return want === part;
      path[want.slice(1, -1)] = decodeURIComponent(part);
      return true;
    });
    if (fits) return { route, path };
  }
  return undefined;
}

function describeRequest(request: IncomingMessage, url: URL): Attributes {
  return {
    'url.path': url.pathname,
    ...(url.search === '' ? {} : { 'url.query': url.search.slice(1) }),
    'server.address': '127.0.0.1',
    'server.port': request.socket.localPort ?? 0,
    'client.address': String(request.headers['x-forwarded-for'] ?? request.socket.remoteAddress ?? ''),
    'network.protocol.version': request.httpVersion,
    ...(request.headers['user-agent'] ? { 'user_agent.original': request.headers['user-agent'] } : {}),
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (chunks.length === 0) return {};
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

function close(server: Server): Promise<void> {
  server.closeIdleConnections();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
