import { listOperations, listServiceNames, type ReadOptions, readWholeTrace, type StoreReader } from '#query';
import type { ApiRequest, ApiRoute, QueryString } from '../http/plugin.ts';
import { missingWarning } from '../shared/missing-warning.ts';
import { many, one } from '../shared/query-string.ts';
import { adjustTrace, rawTrace } from './adjust.ts';
import { jaegerDependencies } from './dependencies.ts';
import { envelope, isPretty, streamedEnvelope } from './envelope.ts';
import { DEFAULT_TRACES, searchJaeger, tracesByIds } from './find.ts';
import { type TraceParts, tracePieces, wholeTrace } from './model.ts';
import {
  bad,
  countOf,
  durations,
  epochMs,
  goDurationNs,
  shownService,
  storedService,
  tagsOfQuery,
  traceIdOf,
  truth,
  wholeNumber,
} from './parameters.ts';

/** Jaeger's first HTTP API: what Grafana's Jaeger data source and older Jaeger UIs ask. */

const DEFAULT_LOOKBACK_MS = 3_600_000;
const DAY_MS = 86_400_000;

export const firstRoutes: readonly ApiRoute[] = [
  get('/api/services', async ({ reader, options }) =>
    (await listServiceNames(reader, options)).map(shownService).sort(),
  ),
  get('/api/services/:service/operations', async ({ reader, path, options }) => {
    const operations = await operationsOf(reader, path['service']!, options);
    return [...new Set(operations.map(({ name }) => name))].sort();
  }),
  get('/api/operations', async ({ reader, query, options }) => {
    const service = one(query, 'service');
    if (service === undefined) throw bad('service', 'it is required');
    const kind = one(query, 'spanKind');
    const operations = (await operationsOf(reader, service, options)).filter(
      (operation) => kind === undefined || operation.kind === kind,
    );
    return operations.map(({ name, kind: spanKind }) => ({ name, spanKind }));
  }),
  getTraces('/api/traces', search),
  getTraces('/api/traces/:traceId', async ({ reader, query, path, options }) => {
    const traceId = traceIdOf(path['traceId']!);
    const found = await readWholeTrace(reader, traceId, options);
    return [{ traceId, spans: adjusterOf(query)(found.spans), warning: missingWarning(found) }];
  }),
  get('/api/dependencies', async ({ reader, query, options }) => {
    const endMs = wholeNumber(query, 'endTs') ?? Date.now();
    const lookbackMs = wholeNumber(query, 'lookback') ?? DAY_MS;
    const range = { fromMs: Math.max(0, endMs - lookbackMs), toMs: endMs };
    const shown = await jaegerDependencies(reader, range, options);
    const service = one(query, 'service');
    return service === undefined ? shown : shown.filter(({ parent, child }) => parent === service || child === service);
  }),
];

function get(path: string, list: (request: ApiRequest) => Promise<readonly unknown[]>): ApiRoute {
  return { method: 'GET', path, answer: async (request) => envelope(await list(request), request.query) };
}

/** Traces are large: but for somebody who wants them indented they are sent span by span. */
function getTraces(path: string, find: (request: ApiRequest) => Promise<readonly TraceParts[]>): ApiRoute {
  return {
    method: 'GET',
    path,
    isLarge: true,
    answer: async (request) => {
      const traces = await find(request);
      if (isPretty(request.query)) return envelope(traces.map(wholeTrace), request.query);
      return streamedEnvelope(traces.length, traces.values().map(tracePieces));
    },
  };
}

function operationsOf(reader: StoreReader, service: string, options: ReadOptions): ReturnType<typeof listOperations> {
  return listOperations(reader, { fromMs: 0, toMs: Date.now() + DAY_MS, service: storedService(service) }, options);
}

async function search({ reader, query, options }: ApiRequest): Promise<readonly TraceParts[]> {
  const asked = many(query, 'traceID').map(traceIdOf);
  const ids = asked.length > 0 ? asked : await matchingTraces(reader, query, options);
  return tracesByIds(reader, ids, adjusterOf(query), options);
}

function adjusterOf(query: QueryString): typeof adjustTrace {
  return truth(query, 'raw') ? rawTrace : adjustTrace;
}

async function matchingTraces(reader: StoreReader, query: QueryString, options: ReadOptions): Promise<string[]> {
  const end = wholeNumber(query, 'end');
  const start = wholeNumber(query, 'start');
  const toMs = end === undefined ? Date.now() + 1 : epochMs(end);
  const lookbackNs = one(query, 'lookback') === 'custom' ? undefined : goDurationNs(query, 'lookback');
  const fromMs =
    start === undefined ? toMs - (lookbackNs === undefined ? DEFAULT_LOOKBACK_MS : lookbackNs / 1e6) : epochMs(start);
  if (fromMs >= toMs) throw bad('start', 'start must be before end');
  const search = {
    service: one(query, 'service'),
    operation: one(query, 'operation'),
    tags: tagsOfQuery(query),
    ...{ fromMs, toMs },
    ...durations(query, ['minDuration', 'maxDuration']),
    limit: countOf(query, 'limit') ?? DEFAULT_TRACES,
  };
  const found = await searchJaeger(reader, search, options);
  return found.traces.map(({ traceId }) => traceId);
}
