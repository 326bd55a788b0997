import type { FastifyInstance } from 'fastify';
import {
  countOrphans,
  countServices,
  findTraces,
  listOperations,
  listServiceNames,
  QueryError,
  type ReadOptions,
  readSpans,
  readWholeTrace,
  type StoreReader,
  searchTraces,
  type TraceSearchResult,
} from '#query';
import { requestSignal } from '../abort.ts';
import { HTTP_STATUS } from '../errors.ts';
import { type AdjustedSpan, adjustTrace, rawTrace } from './adjust.ts';
import { resourceSpansJson } from './otlp-json.ts';
import {
  bad,
  countOf,
  durations,
  one,
  type QueryString,
  serviceOf,
  shownService,
  splitTags,
  storedService,
  tagsOfQuery,
  timeMs,
  traceIdOf,
  truth,
} from './parameters.ts';
import { type JaegerRoutesOptions, missingWarning } from './v1.ts';

/**
 * Jaeger's API v3 over HTTP (jaeger-idl api_v3/query_service.proto): what today's Jaeger UI asks. Answers are OTLP; parameters come in
 * snake_case or camelCase, those of a search with `query.` in front.
 */

const DEFAULT_SEARCH_DEPTH = 100;
const MAX_SEARCH_DEPTH = 1500;
const DAY_MS = 86_400_000;
/** What Jaeger shows of a span that says no kind. */
const DEFAULT_KIND = 'internal';

export function jaegerV3Routes(app: FastifyInstance, prefix: string, routes: JaegerRoutesOptions): void {
  const { reader, gate, deadlineMs } = routes;
  const get = (
    path: string,
    answer: (query: QueryString, params: Record<string, string>, options: ReadOptions) => Promise<object>,
    gated?: 'gated',
  ): void => {
    app.get(`${prefix}/api/v3${path}`, async (request, reply) => {
      try {
        if (gated !== undefined) await gate.enter(reply);
        const options = { signal: requestSignal(reply, deadlineMs) };
        return await answer(request.query as QueryString, request.params as Record<string, string>, options);
      } catch (error) {
        const httpCode = error instanceof QueryError ? HTTP_STATUS[error.code] : 500;
        if (httpCode === 500) request.log.error({ err: error, url: request.url }, 'request failed');
        const message =
          httpCode === 500 ? 'internal error; the server’s log has the details' : (error as Error).message;
        return reply.code(httpCode).send({ error: { httpCode, message } });
      }
    });
  };
  get('/services', async (_query, _params, options) => ({
    services: (await listServiceNames(reader, options)).map(shownService).sort(),
  }));
  get('/operations', async (query, _params, options) => {
    const service = one(query, 'service');
    if (service === undefined) throw bad('service', 'it is required');
    const kind = one(query, 'span_kind') ?? one(query, 'spanKind');
    const operations = await listOperations(
      reader,
      { fromMs: 0, toMs: Date.now() + DAY_MS, service: storedService(service) },
      options,
    );
    return {
      operations: operations
        .map(({ name, kind: spanKind }) => ({ name, spanKind: spanKind === 'unspecified' ? DEFAULT_KIND : spanKind }))
        .filter((operation) => kind === undefined || operation.spanKind === kind),
    };
  });
  get(
    '/traces/:traceId',
    async (query, { traceId }, options) => {
      const adjust = truth(query, query.rawTraces === undefined ? 'raw_traces' : 'rawTraces') ? rawTrace : adjustTrace;
      const found = await readWholeTrace(reader, traceIdOf(traceId!), options);
      return resultOf(adjust(found.spans), missingWarning(found));
    },
    'gated',
  );
  get(
    '/traces',
    async (query, _, options) => {
      const { traces } = await search(reader, query, options);
      const ids = traces.map(({ traceId }) => traceId);
      const places = await findTraces(reader, ids, options);
      if (places.length === 0) throw new QueryError('not_found', 'No traces found');
      const adjust = truth(query, searched(query, 'rawTraces')) ? rawTrace : adjustTrace;
      const found = await readSpans(reader, places, options);
      const adjusted = [...Map.groupBy(found.spans, (span) => span.traceId).values()].flatMap(adjust);
      return resultOf(adjusted, missingWarning(found));
    },
    'gated',
  );
  get('/trace-summaries', async (query, _, options) => {
    const { traces } = await search(reader, query, options);
    const ids = traces.map(({ traceId }) => traceId);
    const [orphans, counts] = await Promise.all([
      countOrphans(reader, ids, options),
      countServices(reader, ids, options),
    ]);
    return {
      summaries: traces.map((trace) => ({
        traceId: trace.traceId,
        // A trace without its root has no root's name in Jaeger.
        ...(!trace.rootMissing && {
          rootServiceName: shownService(trace.rootService),
          rootOperationName: trace.rootOperation,
        }),
        minStartTimeUnixNano: String(trace.startNs),
        maxEndTimeUnixNano: String(trace.endNs),
        spanCount: trace.spanCount,
        errorSpanCount: trace.errorCount,
        orphanSpanCount: orphans.get(trace.traceId) ?? 0,
        services: (counts.get(trace.traceId) ?? [])
          .map(({ name, spanCount, errorCount }) => ({
            name: shownService(name),
            spanCount,
            errorSpanCount: errorCount,
          }))
          .sort((a, b) => (a.name < b.name ? -1 : 1)),
      })),
    };
  });
}

/** Warnings travel as an attribute, as in Jaeger; one that concerns all of the answer does with the first span. */
function resultOf(spans: readonly AdjustedSpan[], warning: string | undefined): object {
  const warned = spans.map(({ span, warnings: own }, row) => {
    const warnings = warning !== undefined && row === 0 ? [warning, ...own] : own;
    if (warnings.length === 0) return span;
    const value = warnings.map((warning) => ({ type: 'string' as const, value: warning }));
    return {
      ...span,
      attributes: [...span.attributes, { key: '@jaeger@warnings', value: { type: 'array' as const, value } }],
    };
  });
  return { result: { resourceSpans: resourceSpansJson(warned) } };
}

/** `query.serviceName` and `query.service_name`. */
function searched(query: QueryString, camelCase: string): string {
  const snakeCase = camelCase.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return query[`query.${camelCase}`] === undefined ? `query.${snakeCase}` : `query.${camelCase}`;
}

async function search(reader: StoreReader, query: QueryString, options: ReadOptions): Promise<TraceSearchResult> {
  const fromMs = timeMs(query, searched(query, 'startTimeMin'));
  const toMs = timeMs(query, searched(query, 'startTimeMax'));
  if (fromMs === undefined || toMs === undefined)
    throw bad('query.start_time_min', 'start_time_min and start_time_max are required');
  if (one(query, 'query.filter') !== undefined)
    throw bad('query.filter', 'structured filters are not supported; use query.attributes');
  if (fromMs >= toMs) throw bad('query.start_time_min', 'start_time_min must be before start_time_max');
  const depth =
    countOf(query, searched(query, 'searchDepth')) ??
    countOf(query, searched(query, 'numTraces')) ??
    DEFAULT_SEARCH_DEPTH;
  return searchTraces(
    reader,
    {
      fromMs,
      toMs,
      ...splitTags(tagsOfQuery(query)),
      service: serviceOf(one(query, searched(query, 'serviceName'))),
      operation: one(query, searched(query, 'operationName')),
      ...durations(query, [searched(query, 'durationMin'), searched(query, 'durationMax')]),
      sort: 'newest',
      limit: Math.min(depth, MAX_SEARCH_DEPTH),
    },
    options,
  );
}
