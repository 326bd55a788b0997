import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  findTraces,
  listOperations,
  listServiceNames,
  MAX_WHOLE_SPANS,
  QueryError,
  type ReadOptions,
  type ReadSpans,
  readServiceEdges,
  readSpans,
  readWholeTrace,
  type StoreReader,
  searchTraces,
} from '#query';
import { requestSignal } from '../abort.ts';
import type { AnswerGate } from '../answer-gate.ts';
import { HTTP_STATUS } from '../errors.ts';
import { adjustTrace, rawTrace } from './adjust.ts';
import { jaegerMetricsRoutes } from './metrics.ts';
import { type JaegerTrace, jaegerTrace, jaegerTraces } from './model.ts';
import {
  bad,
  countOf,
  durations,
  epochMs,
  goDurationNs,
  many,
  one,
  type QueryString,
  serviceOf,
  shownService,
  splitTags,
  storedService,
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

/** What the routes of both generations share. */
export interface JaegerRoutesOptions {
  readonly reader: StoreReader;
  readonly gate: AnswerGate;
  readonly deadlineMs: number;
}

export function jaegerV1Routes(app: FastifyInstance, prefix: string, routes: JaegerRoutesOptions): void {
  const { reader, gate, deadlineMs } = routes;
  const get = (
    path: string,
    answer: (query: QueryString, params: Record<string, string>, options: ReadOptions) => Promise<readonly unknown[]>,
    gated?: 'gated',
  ): void => {
    app.get(`${prefix}${path}`, async (request, reply) => {
      return respond(request, reply, async () => {
        if (gated !== undefined) await gate.enter(reply);
        const options = { signal: requestSignal(reply, deadlineMs) };
        return answer(request.query as QueryString, request.params as Record<string, string>, options);
      });
    });
  };
  get('/api/services', async (_query, _params, options) =>
    (await listServiceNames(reader, options)).map(shownService).sort(),
  );
  get('/api/services/:service/operations', async (_query, { service }, options) => {
    const operations = await operationsOf(reader, service!, options);
    return [...new Set(operations.map(({ name }) => name))].sort();
  });
  get('/api/operations', async (query, _params, options) => {
    const service = one(query, 'service');
    if (service === undefined) throw bad('service', 'it is required');
    const kind = one(query, 'spanKind');
    const operations = (await operationsOf(reader, service, options)).filter(
      (operation) => kind === undefined || operation.kind === kind,
    );
    return operations.map(({ name, kind: spanKind }) => ({ name, spanKind }));
  });
  get('/api/traces', (query, _, options) => search(reader, query, options), 'gated');
  get(
    '/api/traces/:traceId',
    async (query, { traceId }, options) => {
      const id = traceIdOf(traceId!);
      const adjust = truth(query, 'raw') ? rawTrace : adjustTrace;
      const found = await readWholeTrace(reader, id, options);
      return [jaegerTrace(id, adjust(found.spans), missingWarning(found))];
    },
    'gated',
  );
  jaegerMetricsRoutes(app, prefix, routes);
  get('/api/dependencies', async (query, _params, options) => {
    const endMs = wholeNumber(query, 'endTs') ?? Date.now();
    const lookbackMs = wholeNumber(query, 'lookback') ?? DAY_MS;
    const edges = await readServiceEdges(reader, { fromMs: Math.max(0, endMs - lookbackMs), toMs: endMs }, options);
    const shown = edges.map((edge) => ({
      ...edge,
      parent: shownService(edge.parent),
      child: shownService(edge.child),
    }));
    const service = one(query, 'service');
    return service === undefined ? shown : shown.filter(({ parent, child }) => parent === service || child === service);
  });
}

function operationsOf(reader: StoreReader, service: string, options: ReadOptions): ReturnType<typeof listOperations> {
  return listOperations(reader, { fromMs: 0, toMs: Date.now() + DAY_MS, service: storedService(service) }, options);
}

/** An answer holds so much and no more; Jaeger's form of it has a place to say so. */
export function missingWarning({ spans, foundCount }: ReadSpans): string | undefined {
  if (spans.length >= foundCount) return undefined;
  const found = foundCount === MAX_WHOLE_SPANS ? `${foundCount} or more` : String(foundCount);
  return `the spans are too many or too large for one answer: the first ${spans.length} of ${found} are here`;
}

async function search(reader: StoreReader, query: QueryString, options: ReadOptions): Promise<readonly JaegerTrace[]> {
  const asked = many(query, 'traceID').map(traceIdOf);
  const ids = asked.length > 0 ? asked : await matchingTraces(reader, query, options);
  const places = await findTraces(reader, ids, options);
  if (places.length === 0) return [];
  const adjust = truth(query, 'raw') ? rawTrace : adjustTrace;
  const found = await readSpans(reader, places, options);
  return jaegerTraces(ids, found.spans, adjust, missingWarning(found));
}

async function matchingTraces(reader: StoreReader, query: QueryString, options: ReadOptions): Promise<string[]> {
  const end = wholeNumber(query, 'end');
  const start = wholeNumber(query, 'start');
  const toMs = end === undefined ? Date.now() + 1 : epochMs(end);
  const lookbackNs = query.lookback === 'custom' ? undefined : goDurationNs(query, 'lookback');
  const fromMs =
    start === undefined ? toMs - (lookbackNs === undefined ? DEFAULT_LOOKBACK_MS : lookbackNs / 1e6) : epochMs(start);
  if (fromMs >= toMs) throw bad('start', 'start must be before end');
  const limit = countOf(query, 'limit') ?? DEFAULT_LIMIT;
  const found = await searchTraces(
    reader,
    {
      fromMs,
      toMs,
      ...splitTags(tagsOfQuery(query)),
      service: serviceOf(one(query, 'service')),
      operation: one(query, 'operation'),
      ...durations(query, ['minDuration', 'maxDuration']),
      sort: 'newest',
      limit: Math.min(limit, MAX_LIMIT),
    },
    options,
  );
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
