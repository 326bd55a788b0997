/**
 * A stand-in for the console API with made-up but consistent data, and the built console beside it: for development
 * (`node ui/test/mock-server.ts`, port 4300) and for the browser tests, which need no store.
 *
 * Words in a filter steer it: `mock-slow` answers after 1.5 s, `mock-crawl` after 6.5 s, `mock-fail` answers with an error of the store.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ApiError, StatusResponse, SystemResponse } from '#api/types.ts';
import { readPathPart } from '#base/path-part.ts';
import { MockAlertmanager, rules } from './mock/alerts-api.ts';
import { MockShelf } from './mock/dashboard-shelf.ts';
import { createStore, type MockStore } from './mock/data.ts';
import { errorGroups } from './mock/errors-api.ts';
import { differences, spanGroups, spanHeatmap } from './mock/explore-api.ts';
import { MockQueryError } from './mock/filter.ts';
import {
  attributeKeys,
  attributeValues,
  type LogSearchInput,
  logHistogram,
  logPatterns,
  logs,
  logsEmptyReason,
} from './mock/logs-api.ts';
import { loki, lokiLabels, tempo, tempoSeries } from './mock/loki-tempo-api.ts';
import { serviceMap } from './mock/map-api.ts';
import { metricLabels, metricQuery, metrics } from './mock/metrics-api.ts';
import { failed, prometheus } from './mock/prometheus-api.ts';
import type { Range } from './mock/range.ts';
import { MockSearches } from './mock/searches-api.ts';
import { answerSql } from './mock/sql-api.ts';
import { system } from './mock/system-api.ts';
import { ottl, ottlWords, streamTap } from './mock/tap-api.ts';
import {
  dependencies,
  operations,
  pins,
  service,
  services,
  span,
  type TraceSearchInput,
  trace,
  traceHistogram,
  traceLogs,
  traceSample,
  traces,
  tracesEmptyReason,
} from './mock/traces-api.ts';

export interface MockServer {
  readonly url: string;
  /** Makes the first data arrive, for a server that began empty. */
  arrive(): void;
  /** Lets the late spans of TRACE_ARRIVING come. */
  completeTraces(): void;
  /** As a server whose store holds the line and says nothing: the status tells, all else ends in 504 after a while. */
  hangStore(hung: boolean): void;
  /** Answers every request with 503 until called with false. */
  breakStore(broken: boolean): void;
  /** Saves as somebody else does, and refuses to. */
  readonly shelf: MockShelf;
  readonly searches: MockSearches;
  close(): Promise<void>;
}

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** As the server has it: behind these stands a name, which may look like anything. */
const PAGE_OF_A_NAME = /^\/(?:services|traces|dashboards)\/[^/]+$/;
/** What the real server waits for 25 s; here the test does. */
const HUNG_MS = 4_000;
const SLOW_MS = 1_500;
/** Longer than a live page waits between two refreshes. */
const CRAWL_MS = 6_500;

export async function startMockServer({
  port = 0,
  empty = false,
}: {
  port?: number;
  empty?: boolean;
} = {}): Promise<MockServer> {
  const state = {
    shelf: new MockShelf(),
    searches: new MockSearches(),
    alertmanager: new MockAlertmanager(),
    pins: new Set<string>(),
    store: createStore(Date.now),
    hasData: !empty,
    broken: false,
    hung: false,
    answeredMs: Date.now(),
  };
  const server = createServer((request, response) => {
    void handle(request, response, state).catch((error: unknown) => {
      sendJson(response, 500, { error: { code: 'internal', message: String(error) } });
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrive: () => {
      state.hasData = true;
    },
    completeTraces: () => state.store.completeTraces(),
    hangStore: (hung) => {
      state.hung = hung;
    },
    breakStore: (broken) => {
      state.broken = broken;
    },
    shelf: state.shelf,
    searches: state.searches,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface State {
  readonly shelf: MockShelf;
  readonly searches: MockSearches;
  readonly alertmanager: MockAlertmanager;
  /** Ids of pinned traces. */
  readonly pins: Set<string>;
  readonly store: MockStore;
  hasData: boolean;
  broken: boolean;
  hung: boolean;
  answeredMs: number;
}

async function handle(request: IncomingMessage, response: ServerResponse, state: State): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://mock');
  if (url.pathname.startsWith(ALERTMANAGER)) {
    const body = await readText(request);
    const answer = state.alertmanager.answer(request.method ?? '', url.pathname.slice(ALERTMANAGER.length), body);
    return sendJson(response, answer === undefined ? 404 : 200, answer ?? {});
  }
  if (url.pathname === `${PROMETHEUS}/rules` && !state.hung && !state.broken)
    return sendJson(response, 200, { status: 'success', data: rules() });
  if (url.pathname.startsWith('/loki/api/v1/query'))
    return sendJson(response, 200, loki(url.searchParams, state.store));
  if (url.pathname.startsWith('/loki/api/v1/label')) return sendJson(response, 200, lokiLabels(url.pathname));
  if (url.pathname === '/tempo/api/metrics/query_range')
    return sendJson(response, 200, tempoSeries(url.searchParams, state.store));
  if (url.pathname === '/tempo/api/search') return sendJson(response, 200, tempo(url.searchParams, state.store));
  if (url.pathname.startsWith('/api/sql') && !state.hung && !state.broken)
    return answerSql(request, response, url.pathname);
  if (url.pathname.startsWith(PROMETHEUS)) return sendPrometheus(response, url, state);
  if (!url.pathname.startsWith('/api/console/')) return sendFile(response, url.pathname);
  const q = url.searchParams.get('q') ?? '';
  if (q.includes('mock-crawl')) await new Promise((resolve) => setTimeout(resolve, CRAWL_MS));
  if (q.includes('mock-slow')) await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
  const isTold = /\/(?:status|system)$/.test(url.pathname);
  if (!state.hung && !state.broken) state.answeredMs = Date.now();
  if (state.hung && !isTold) {
    await new Promise((resolve) => setTimeout(resolve, HUNG_MS));
    return sendJson(response, 504, { error: { code: 'timeout', message: 'the store does not answer in time' } });
  }
  if ((state.broken && !isTold) || q.includes('mock-fail')) {
    return sendJson(response, 503, {
      error: {
        code: 'store_unavailable',
        message: 'the store does not answer',
        hint: 'The engine is restarting; this usually takes a second.',
      },
    });
  }
  if (url.pathname.startsWith('/api/console/searches') && request.method !== 'GET') {
    const { status, body } = state.searches.change(
      request.method ?? '',
      url.pathname.split('/')[4],
      await readText(request),
    );
    return sendJson(response, status, body);
  }
  if (request.method === 'POST' && url.pathname === '/api/console/dashboards') {
    const { status, body } = state.shelf.save(await readText(request));
    return sendJson(response, status, body);
  }
  if (request.method === 'DELETE' && url.pathname.startsWith('/api/console/dashboards/')) {
    const { status, body } = state.shelf.remove(readPathPart(decodeURIComponent(url.pathname.split('/').at(-1)!)));
    return sendJson(response, status, body);
  }
  if (url.pathname.endsWith('/tap')) return streamTap(url.searchParams.get('at') ?? '', response);
  if (url.pathname.endsWith('/ottl')) return ottl(request, response);
  const pinned = /^\/api\/console\/pins\/([^/]+)$/.exec(url.pathname)?.[1];
  if (pinned !== undefined) {
    const isPinned = request.method === 'POST';
    if (isPinned) state.pins.add(pinned);
    else state.pins.delete(pinned);
    return sendJson(response, 200, { traceId: pinned, isPinned });
  }
  try {
    const answer = route(url, state);
    if (answer === undefined)
      return sendJson(response, 404, { error: { code: 'not_found', message: 'not in the store' } });
    sendJson(response, 200, answer);
  } catch (error) {
    if (!(error instanceof MockQueryError)) throw error;
    sendJson(response, 400, {
      error: { code: 'bad_query', message: error.message, query: q, start: error.start, end: error.end },
    });
  }
}

const ALERTMANAGER = '/alertmanager/api/v2';
const PROMETHEUS = '/prometheus/api/v1';

async function readText(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request) text += String(piece);
  return text;
}

/** Steered as the rest is, by words in the query. */
async function sendPrometheus(response: ServerResponse, url: URL, { store, hung, broken }: State): Promise<void> {
  if ((url.searchParams.get('query') ?? '').includes('mock_slow'))
    await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
  if (hung) await new Promise((resolve) => setTimeout(resolve, HUNG_MS));
  const { status, body } =
    hung || broken
      ? failed(503, hung ? 'timeout' : 'unavailable', 'the store does not answer')
      : await prometheus(url.pathname.slice(PROMETHEUS.length), url.searchParams, (fromMs, toMs) =>
          exemplarsOf(store, fromMs, toMs),
        );
  sendJson(response, status, body);
}

/** Behind /traces/. */
const TRACE_SEARCHES = { sample: traceSample, histogram: traceHistogram, 'empty-reason': tracesEmptyReason };

function isTraceSearch(name: string): name is keyof typeof TRACE_SEARCHES {
  return Object.hasOwn(TRACE_SEARCHES, name);
}

const SPAN_QUESTIONS = ['groups', 'heatmap', 'differences'] as const;

function isSpanQuestion(name: string): name is (typeof SPAN_QUESTIONS)[number] {
  return SPAN_QUESTIONS.some((one) => one === name);
}

function route(url: URL, state: State): object | undefined {
  if (url.pathname.endsWith('/ottl/words')) return ottlWords();
  const { store } = state;
  const get = (name: string): string | undefined => url.searchParams.get(name) ?? undefined;
  const number = (name: string): number | undefined => (get(name) === undefined ? undefined : Number(get(name)));
  const nowMs = Date.now();
  const range: Range = {
    fromMs: number('from') ?? nowMs - 3_600_000,
    toMs: number('to') ?? nowMs,
    environment: get('environment'),
  };
  const parts = url.pathname
    .slice('/api/console/'.length)
    .split('/')
    .map((part) => readPathPart(decodeURIComponent(part)));
  const cleanQ = (get('q') ?? '').replace(/mock-(slow|crawl)/, '').trim();
  switch (parts[0]) {
    case 'status':
      return status(state, nowMs);
    case 'services':
      if (parts[2] === 'dependencies') return dependencies();
      return parts[1] === undefined ? services(store, range) : service(store, range, parts[1], get('operation'));
    case 'pins':
      return pins(store, state.pins);
    case 'service-names': {
      const names = services(store, range).services.map(({ name }) => name);
      return { names: names.sort(), total: names.length, truncated: false, limit: 1000 };
    }
    case 'dashboards':
      return state.shelf.get(parts.slice(1));
    case 'searches':
      return state.searches.list();
    case 'map':
      return serviceMap(store, range);
    case 'operations':
      return operations(store, range, get('service') ?? '');
    case 'traces':
      if (parts[1] === undefined || isTraceSearch(parts[1]) || isSpanQuestion(parts[1])) {
        const input: TraceSearchInput = {
          q: cleanQ,
          service: get('service'),
          operation: get('operation'),
          status: get('status'),
          minNs: number('minDurationNs'),
          maxNs: number('maxDurationNs'),
          sort: get('sort'),
          columns: get('columns')?.split(','),
          limit: number('limit') ?? 200,
        };
        if (parts[1] === 'groups') return spanGroups(store, range, input, get('by') ?? 'service');
        if (parts[1] === 'heatmap') return spanHeatmap(store, range, input);
        if (parts[1] !== 'differences')
          return (parts[1] === undefined ? traces : TRACE_SEARCHES[parts[1]])(store, range, input);
        const selection = {
          q: get('selQ') ?? '',
          fromMs: number('selFrom'),
          toMs: number('selTo'),
          minNs: number('selMinDurationNs'),
          maxNs: number('selMaxDurationNs'),
        };
        return differences(store, range, input, selection, get('unit'));
      }
      if (parts[2] === 'logs') return traceLogs(store, parts[1]);
      return parts[2] === 'spans' ? span(store, parts[1], parts[3] ?? '') : trace(store, parts[1]);
    case 'logs': {
      const input: LogSearchInput = {
        q: cleanQ,
        service: get('service'),
        severities: get('severity')?.split(',') ?? [],
        traceId: get('traceId'),
        limit: number('limit') ?? 200,
        cursor: get('cursor'),
        newer: get('direction') === 'newer',
      };
      if (parts[1] === 'empty-reason') return logsEmptyReason(store, range, input);
      if (parts[1] === 'patterns') return logPatterns(store, range, input);
      return parts[1] === 'histogram' ? logHistogram(store, range, input) : logs(store, range, input);
    }
    case 'errors':
      return errorGroups(store, range, get('service'));
    case 'attributes':
      return parts[1] === 'values'
        ? attributeValues(get('key') ?? '', get('prefix') ?? '')
        : attributeKeys(get('prefix') ?? '');
    case 'metrics':
      return metricRoute(parts[1], get, range, nowMs, store);
    case 'system':
      return systemOf(state, range, nowMs);
    default:
      return undefined;
  }
}

/** Every 45th trace. */
function exemplarsOf(store: MockStore, fromMs: number, toMs: number) {
  return store
    .read(fromMs, toMs)
    .traces.filter((_, i) => i % 45 === 0)
    .map((found) => ({
      traceId: found.traceId,
      spanId: found.spans[0]!.spanId,
      startMs: found.startMs,
      seconds: found.durationNs / 1e9,
    }));
}

function metricRoute(
  part: string | undefined,
  get: (name: string) => string | undefined,
  range: Range,
  nowMs: number,
  store: MockStore,
): object | undefined {
  if (part === undefined) return metrics(nowMs, get('q') ?? '', get('owner') === 'own');
  const name = get('name') ?? '';
  if (part === 'labels') return metricLabels(name);
  const exemplars = exemplarsOf(store, range.fromMs, range.toMs);
  return metricQuery(
    range,
    name,
    get('groupBy')?.split(',').filter(Boolean) ?? [],
    get('aggregation'),
    nowMs,
    exemplars,
  );
}

function status(state: State, nowMs: number): StatusResponse {
  const signal = state.hasData ? { hasData: true, newestMs: nowMs - 1_000 } : { hasData: false };
  return {
    version: '0.1.0',
    nowMs,
    store: storeOf(state),
    ingest: { grpcPort: 4317, httpPort: 4318 },
    signals: { traces: signal, logs: signal, metrics: signal },
    environments: state.hasData ? ['production', 'staging'] : [],
  };
}

function storeOf({ hung, broken, answeredMs }: State): StatusResponse['store'] {
  if (!hung && !broken) return { available: true, message: '', answeredMs };
  return {
    available: false,
    message: hung ? 'the store does not answer in time' : 'the store does not answer',
    answeredMs,
  };
}

/** The picture of the time when the store last answered. */
function systemOf(state: State, range: Range, nowMs: number): SystemResponse {
  const { available, message } = storeOf(state);
  const { answeredMs } = state;
  const view = system(range, available ? nowMs : answeredMs);
  return {
    ...view,
    nowMs,
    asOfMs: available ? nowMs : answeredMs,
    answeredMs,
    store: { ...view.store, available, message },
  };
}

async function sendFile(response: ServerResponse, pathname: string): Promise<void> {
  const path = PAGE_OF_A_NAME.test(pathname) ? '/' : normalize(pathname);
  // Addresses of pages have no file ending: they all get the console itself.
  const file = extname(path) === '' ? 'index.html' : path;
  try {
    const content = await readFile(join(DIST, file));
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    response.end(content);
  } catch {
    response.writeHead(404).end('not found: build the console with "npm run build:ui" first');
  }
}

function sendJson(response: ServerResponse, statusCode: number, body: object | { error: ApiError }): void {
  response.writeHead(statusCode, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

if (import.meta.main) {
  const port = Number(process.env.PORT ?? 4300);
  const { url } = await startMockServer({ port, empty: process.argv.includes('--empty') });
  console.log(`mock console at ${url}`);
}
