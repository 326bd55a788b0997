import {
  countOrphans,
  countServices,
  findTraces,
  listOperations,
  listServiceNames,
  QueryError,
  readSpans,
  readWholeTrace,
  type StoredSpan,
  searchTraces,
  type TraceSearchResult,
} from '#query';
import { JSON_TYPE, StreamedAnswer } from '../http/answers.ts';
import type { ApiFailure } from '../http/errors.ts';
import type { ApiRequest, ApiRoute, QueryString } from '../http/plugin.ts';
import { type AdjustedSpan, adjustTrace, rawTrace } from './adjust.ts';
import { shownMessage } from './envelope.ts';
import { missingWarning } from './missing-warning.ts';
import { resourceSpansPieces } from './otlp-json.ts';
import {
  bad,
  countOf,
  durations,
  one,
  serviceOf,
  shownService,
  splitTags,
  storedService,
  tagsOfQuery,
  timeMs,
  traceIdOf,
  truth,
} from './parameters.ts';

/**
 * Jaeger's API v3 over HTTP (jaeger-idl api_v3/query_service.proto): what today's Jaeger UI asks. Answers are OTLP; parameters come in
 * snake_case or camelCase, those of a search with `query.` in front.
 */

const DEFAULT_SEARCH_DEPTH = 100;
const MAX_SEARCH_DEPTH = 1500;
const DAY_MS = 86_400_000;
/** What Jaeger shows of a span that says no kind. */
const DEFAULT_KIND = 'internal';

export const thirdRoutes: readonly ApiRoute[] = [
  get('/services', async ({ reader, options }) => ({
    services: (await listServiceNames(reader, options)).map(shownService).sort(),
  })),
  get('/operations', async ({ reader, query, options }) => {
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
  }),
  {
    ...get('/traces/:traceId', async ({ reader, query, path, options }) => {
      const isRaw = truth(query, query['rawTraces'] === undefined ? 'raw_traces' : 'rawTraces');
      const found = await readWholeTrace(reader, traceIdOf(path['traceId']!), options);
      return resultOf((isRaw ? rawTrace : adjustTrace)(found.spans), missingWarning(found));
    }),
    isLarge: true,
  },
  {
    ...get('/traces', async (request) => {
      const { reader, query, options } = request;
      const { traces } = await search(request);
      const places = await findTraces(
        reader,
        traces.map(({ traceId }) => traceId),
        options,
      );
      if (places.length === 0) throw new QueryError('not_found', 'No traces found');
      const adjust = truth(query, searched(query, 'rawTraces')) ? rawTrace : adjustTrace;
      const found = await readSpans(reader, places, options);
      const adjusted = [...Map.groupBy(found.spans, (span) => span.traceId).values()].flatMap(adjust);
      return resultOf(adjusted, missingWarning(found));
    }),
    isLarge: true,
  },
  get('/trace-summaries', summaries),
];

function get(path: string, answer: ApiRoute['answer']): ApiRoute {
  return { method: 'GET', path: `/api/v3${path}`, answer, failed };
}

function failed(failure: ApiFailure): object {
  return { error: { httpCode: failure.status, message: shownMessage(failure) } };
}

async function summaries(request: ApiRequest): Promise<object> {
  const { reader, options } = request;
  const { traces } = await search(request);
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
}

/** Warnings travel as an attribute, as in Jaeger; one that concerns all of the answer does with the first span. */
function resultOf(spans: readonly AdjustedSpan[], warning: string | undefined): StreamedAnswer {
  const warned = spans.map(({ span, warnings: own }, row) => {
    const warnings = warning !== undefined && row === 0 ? [warning, ...own] : own;
    if (warnings.length === 0) return span;
    const value = warnings.map((warning) => ({ type: 'string' as const, value: warning }));
    return {
      ...span,
      attributes: [...span.attributes, { key: '@jaeger@warnings', value: { type: 'array' as const, value } }],
    };
  });
  return new StreamedAnswer(JSON_TYPE, resultPieces(warned));
}

function* resultPieces(spans: readonly StoredSpan[]): Generator<string> {
  yield '{"result":{"resourceSpans":';
  yield* resourceSpansPieces(spans);
  yield '}}';
}

/** `query.serviceName` and `query.service_name`. */
function searched(query: QueryString, camelCase: string): string {
  const snakeCase = camelCase.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return query[`query.${camelCase}`] === undefined ? `query.${snakeCase}` : `query.${camelCase}`;
}

async function search({ reader, query, options }: ApiRequest): Promise<TraceSearchResult> {
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
