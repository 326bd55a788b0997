import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  findTraces,
  listOperations,
  listServiceNames,
  QueryError,
  readServiceEdges,
  readSpans,
  readWholeTrace,
  type StoreReader,
  searchTraces,
  spansInTraces,
} from '#query';
import { HTTP_STATUS } from '../errors.ts';
import { adjustTrace, rawTrace } from './adjust.ts';
import { jaegerMetricsRoutes } from './metrics.ts';
import { type JaegerTrace, jaegerTrace, jaegerTraces } from './model.ts';
import {
  bad,
  epochMs,
  goDurationNs,
  many,
  one,
  type QueryString,
  splitTags,
  tagsOfQuery,
  traceIdOf,
  truth,
  wholeNumber,
} from './parameters.ts';

/** Jaeger's first HTTP API: what Grafana's Jaeger data source and older Jaeger UIs ask. Envelope { data, total, limit, offset, errors }. */

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1500;
const DEFAULT_LOOKBACK_MS = 3_600_000;
const DAY_MS = 86_400_000;

interface Envelope {
  readonly data: unknown;
  readonly total: number;
  readonly limit: number;
  readonly offset: number;
  readonly errors: readonly { readonly code: number; readonly msg: string; readonly traceID?: string }[] | null;
}

export function jaegerV1Routes(app: FastifyInstance, prefix: string, reader: StoreReader): void {
  const get = (
    path: string,
    answer: (query: QueryString, params: Record<string, string>) => Promise<readonly unknown[]>,
  ): void => {
    app.get(`${prefix}${path}`, async (request, reply) => {
      return respond(request, reply, () =>
        answer(request.query as QueryString, request.params as Record<string, string>),
      );
    });
  };
  get('/api/services', () => listServiceNames(reader));
  get('/api/services/:service/operations', async (_query, { service }) => {
    const operations = await operationsOf(reader, service!);
    return [...new Set(operations.map(({ name }) => name))].sort();
  });
  get('/api/operations', async (query) => {
    const service = one(query, 'service');
    if (service === undefined) throw bad('service', 'it is required');
    const kind = one(query, 'spanKind');
    const operations = (await operationsOf(reader, service)).filter(
      (operation) => kind === undefined || operation.kind === kind,
    );
    return operations.map(({ name, kind: spanKind }) => ({ name, spanKind }));
  });
  get('/api/traces', (query) => search(reader, query));
  get('/api/traces/:traceId', async (query, { traceId }) => {
    const id = traceIdOf(traceId!);
    const adjust = truth(query, 'raw') ? rawTrace : adjustTrace;
    return [jaegerTrace(id, adjust(await readWholeTrace(reader, id)))];
  });
  jaegerMetricsRoutes(app, prefix, reader);
  get('/api/dependencies', async (query) => {
    const endMs = wholeNumber(query, 'endTs') ?? Date.now();
    const lookbackMs = wholeNumber(query, 'lookback') ?? DAY_MS;
    const edges = await readServiceEdges(reader, { fromMs: Math.max(0, endMs - lookbackMs), toMs: endMs });
    const service = one(query, 'service');
    return service === undefined ? edges : edges.filter(({ parent, child }) => parent === service || child === service);
  });
}

function operationsOf(reader: StoreReader, service: string): ReturnType<typeof listOperations> {
  return listOperations(reader, { fromMs: 0, toMs: Date.now() + DAY_MS, service });
}

async function search(reader: StoreReader, query: QueryString): Promise<readonly JaegerTrace[]> {
  const asked = many(query, 'traceID').map(traceIdOf);
  const ids = asked.length > 0 ? asked : await matchingTraces(reader, query);
  const places = await findTraces(reader, ids);
  if (places.length === 0) return [];
  const adjust = truth(query, 'raw') ? rawTrace : adjustTrace;
  return jaegerTraces(ids, await readSpans(reader, spansInTraces(places)), adjust);
}

async function matchingTraces(reader: StoreReader, query: QueryString): Promise<string[]> {
  const end = wholeNumber(query, 'end');
  const start = wholeNumber(query, 'start');
  const toMs = end === undefined ? Date.now() + 1 : epochMs(end);
  const lookbackNs = query.lookback === 'custom' ? undefined : goDurationNs(query, 'lookback');
  const fromMs =
    start === undefined ? toMs - (lookbackNs === undefined ? DEFAULT_LOOKBACK_MS : lookbackNs / 1e6) : epochMs(start);
  const limit = wholeNumber(query, 'limit') ?? DEFAULT_LIMIT;
  const found = await searchTraces(reader, {
    fromMs,
    toMs,
    ...splitTags(tagsOfQuery(query)),
    service: one(query, 'service'),
    operation: one(query, 'operation'),
    minDurationNs: goDurationNs(query, 'minDuration'),
    maxDurationNs: goDurationNs(query, 'maxDuration'),
    sort: 'newest',
    limit: Math.min(Math.max(limit, 1), MAX_LIMIT),
  });
  return found.traces.map(({ traceId }) => traceId);
}

async function respond(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: () => Promise<readonly unknown[]>,
): Promise<void> {
  let envelope: Envelope;
  try {
    const data = await answer();
    envelope = { data, total: data.length, limit: 0, offset: 0, errors: null };
  } catch (error) {
    const status = error instanceof QueryError ? HTTP_STATUS[error.code] : 500;
    if (status === 500) request.log.error({ err: error, url: request.url }, 'request failed');
    const msg =
      status === 404
        ? 'trace not found'
        : status === 500
          ? 'internal error; the server’s log has the details'
          : (error as Error).message;
    reply.code(status);
    envelope = { data: null, total: 0, limit: 0, offset: 0, errors: [{ code: status, msg }] };
  }
  const pretty = one(request.query as QueryString, 'prettyPrint');
  const isPretty = pretty !== undefined && pretty !== 'false';
  await reply.type('application/json').send(JSON.stringify(envelope, undefined, isPretty ? 4 : undefined));
}
