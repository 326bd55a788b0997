import { findPlaces, QueryError, readSpans, readWholeTrace, type StoredSpan, type TraceSearchResult } from '#query';
import { JSON_TYPE, StreamedAnswer } from '../http/answers.ts';
import type { ApiFailure } from '../http/errors.ts';
import type { ApiRequest, ApiRoute, QueryString } from '../http/plugin.ts';
import { missingWarning } from '../shared/missing-warning.ts';
import { OTLP_FORM, resourceSpansPieces } from '../shared/otlp-json.ts';
import { one } from '../shared/query-string.ts';
import { type AdjustedSpan, adjustTrace, rawTrace } from './adjust.ts';
import { jaegerDependencies } from './dependencies.ts';
import { shownMessage } from './envelope.ts';
import { DEFAULT_TRACES, searchJaeger } from './find.ts';
import { bad, countOf, durations, tagsOfQuery, timeMs, traceIdOf, truth } from './parameters.ts';
import { listJaegerOperations, listJaegerServices, summariesOf, withWarnings } from './third.ts';

/**
 * Jaeger's API v3 over HTTP (jaeger-idl api_v3/query_service.proto): what today's Jaeger UI asks. Answers are OTLP; parameters come in
 * snake_case or camelCase, those of a search with `query.` in front.
 */

export const thirdRoutes: readonly ApiRoute[] = [
  get('/services', async ({ reader, options }) => ({ services: await listJaegerServices(reader, options) })),
  get('/operations', async ({ reader, query, options }) => {
    const service = one(query, 'service');
    if (service === undefined) throw bad('service', 'it is required');
    const kind = one(query, 'span_kind') ?? one(query, 'spanKind');
    return { operations: await listJaegerOperations(reader, { service, kind }, options) };
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
      const places = await findPlaces(
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
  get('/dependencies', async ({ reader, query, options }) => {
    const [start, end] = [named(query, 'startTime'), named(query, 'endTime')];
    const [fromMs, toMs] = [timeMs(query, start), timeMs(query, end)];
    if (fromMs === undefined) throw bad('start_time', 'it is required');
    if (toMs === undefined) throw bad('end_time', 'it is required');
    if (fromMs >= toMs) throw bad('end_time', 'end_time must be after start_time');
    const dependencies = await jaegerDependencies(reader, { fromMs, toMs }, options);
    return {
      dependencies: dependencies.map(({ callCount, ...edge }) => ({ ...edge, callCount: String(callCount) })),
    };
  }),
];

function get(path: string, answer: ApiRoute['answer']): ApiRoute {
  return { method: 'GET', path: `/api/v3${path}`, answer, failed };
}

function failed(failure: ApiFailure): object {
  return { error: { httpCode: failure.status, message: shownMessage(failure) } };
}

async function summaries(request: ApiRequest): Promise<object> {
  const { traces } = await search(request);
  const found = await summariesOf(request.reader, traces, request.options);
  return {
    summaries: found.map(({ startNs, endNs, root, ...counts }) => ({
      traceId: counts.traceId,
      ...root,
      minStartTimeUnixNano: String(startNs),
      maxEndTimeUnixNano: String(endNs),
      spanCount: counts.spanCount,
      errorSpanCount: counts.errorSpanCount,
      orphanSpanCount: counts.orphanSpanCount,
      services: counts.services,
    })),
  };
}

function resultOf(spans: readonly AdjustedSpan[], warning: string | undefined): StreamedAnswer {
  return new StreamedAnswer(JSON_TYPE, resultPieces(withWarnings(spans, warning)));
}

function* resultPieces(spans: readonly StoredSpan[]): Generator<string> {
  yield '{"result":{"resourceSpans":';
  yield* resourceSpansPieces(spans, OTLP_FORM);
  yield '}}';
}

/** `query.serviceName` and `query.service_name`. */
function searched(query: QueryString, camelCase: string): string {
  return named(query, `query.${camelCase}`);
}

function named(query: QueryString, camelCase: string): string {
  const snakeCase = camelCase.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return query[camelCase] === undefined ? snakeCase : camelCase;
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
    countOf(query, searched(query, 'searchDepth')) ?? countOf(query, searched(query, 'numTraces')) ?? DEFAULT_TRACES;
  const asked = {
    service: one(query, searched(query, 'serviceName')),
    operation: one(query, searched(query, 'operationName')),
    tags: tagsOfQuery(query),
    ...{ fromMs, toMs },
    ...durations(query, [searched(query, 'durationMin'), searched(query, 'durationMax')]),
    limit: depth,
  };
  return searchJaeger(reader, asked, options);
}
