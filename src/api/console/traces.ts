import { queryLanguage } from '#lang/filter';
import {
  countTraces,
  explainEmptyTraces,
  groupSpans,
  plainAttributes,
  QueryError,
  readDifferences,
  readLinkingSpans,
  readSpan,
  readSpanColumns,
  readSpanHeatmap,
  readTrace,
  sampleTraces,
  searchTraces,
  spanKind,
  spanStatus,
  type TraceFilter,
} from '#query';
import { matchingSpans } from '#query/traceql.ts';
import { parseId } from '../http/parameters.ts';
import type { ConsoleRequest } from './request.ts';
import { msOf, traceSummary } from './trace-summary.ts';
import type {
  DifferencesResponse,
  EmptyReasonResponse,
  SpanGroupsResponse,
  SpanHeatmapResponse,
  SpanResponse,
  TraceHistogramResponse,
  TraceResponse,
  TraceSampleResponse,
  TracesResponse,
} from './types.ts';

const SORTS = ['newest', 'slowest', 'spans', 'errors'] as const;
const STATUSES = ['ok', 'error'] as const;

export async function tracesRoute(asked: ConsoleRequest): Promise<TracesResponse> {
  const { reader, query, options } = asked;
  const limit = query.limit('limit', 200, 2000);
  const filter = await traceFilter(asked);
  const sort = query.oneOf('sort', SORTS) ?? 'newest';
  const { traces, nearestMs, truncated } = await searchTraces(reader, { ...filter, sort, limit }, options);
  const columns = query.list('columns');
  const named = traces.map(({ matchedSpanId: spanId, ...trace }) => ({ ...trace, spanId }));
  const values = await readSpanColumns(reader, named, columns, options);
  return {
    traces: traces.map((trace) => {
      const own = values.get(trace.traceId);
      return own === undefined ? traceSummary(trace) : { ...traceSummary(trace), columns: own };
    }),
    truncated,
    limit,
    ...(nearestMs !== undefined && { nearestMs }),
    ...(filter.matching?.found !== undefined && { found: filter.matching.found }),
  };
}

export async function traceHistogramRoute(asked: ConsoleRequest): Promise<TraceHistogramResponse> {
  const { reader, query, options } = asked;
  return countTraces(reader, await traceFilter(asked), options);
}

export async function traceSampleRoute(asked: ConsoleRequest): Promise<TraceSampleResponse> {
  const { reader, query, options } = asked;
  return { traces: (await sampleTraces(reader, await traceFilter(asked), options)).map(traceSummary) };
}

export async function spanGroupsRoute(asked: ConsoleRequest): Promise<SpanGroupsResponse> {
  const { reader, query, options } = asked;
  return groupSpans(reader, { ...(await traceFilter(asked)), by: query.required('by') }, options);
}

export async function spanHeatmapRoute(asked: ConsoleRequest): Promise<SpanHeatmapResponse> {
  const { reader, query, options } = asked;
  return readSpanHeatmap(reader, await traceFilter(asked), options);
}

const UNITS = ['spans', 'traces'] as const;
const MOST_KEYS = 200;

export async function differencesRoute(asked: ConsoleRequest): Promise<DifferencesResponse> {
  const { reader, query, options } = asked;
  const question = {
    ...(await traceFilter(asked)),
    selection: {
      fromMs: query.number('selFrom'),
      toMs: query.number('selTo'),
      q: query.text('selQ'),
      service: query.text('selService'),
      operation: query.text('selOperation'),
      minDurationNs: query.number('selMinDurationNs'),
      maxDurationNs: query.number('selMaxDurationNs'),
      status: query.oneOf('selStatus', STATUSES),
    },
    unit: query.oneOf('unit', UNITS) ?? 'spans',
    isExact: query.text('exact') === '1',
    limit: query.limit('limit', 50, MOST_KEYS),
  };
  return readDifferences(reader, question, options);
}

export async function tracesEmptyReasonRoute(asked: ConsoleRequest): Promise<EmptyReasonResponse> {
  const { reader, query, options } = asked;
  return explainEmptyTraces(reader, await traceFilter(asked), options);
}

/** A `q` in TraceQL is asked for its spans first. */
async function traceFilter({ reader, query, options }: ConsoleRequest): Promise<TraceFilter> {
  const [minDurationNs, maxDurationNs] = [query.number('minDurationNs'), query.number('maxDurationNs')];
  if (minDurationNs !== undefined && maxDurationNs !== undefined && minDurationNs > maxDurationNs) {
    throw new QueryError('bad_query', 'minDurationNs must not be larger than maxDurationNs');
  }
  const q = query.text('q');
  const range = query.range();
  const isTraceql = q !== undefined && queryLanguage(q, 'traces') === 'traceql';
  return {
    ...range,
    ...(isTraceql ? { matching: await matchingSpans(reader, q, range, options) } : { q }),
    service: query.text('service'),
    operation: query.text('operation'),
    minDurationNs,
    maxDurationNs,
    environment: query.text('environment'),
    status: query.oneOf('status', STATUSES),
  };
}

export async function traceRoute({ reader, path, options }: ConsoleRequest): Promise<TraceResponse> {
  const traceId = parseId(path['traceId']!, 16, 'trace id');
  const { startNs, spans, ...trace } = await readTrace(reader, traceId, options);
  return {
    ...trace,
    startNs: String(startNs),
    startMs: msOf(startNs),
    spans: {
      ids: spans.ids,
      parent: Array.from(spans.parent),
      service: Array.from(spans.service),
      name: Array.from(spans.name),
      hint: Array.from(spans.hint),
      startNs: Array.from(spans.startNs),
      durationNs: Array.from(spans.durationNs),
      kind: Array.from(spans.kind),
      status: Array.from(spans.status),
    },
  };
}

export async function spanRoute({ reader, query, path, options }: ConsoleRequest): Promise<SpanResponse> {
  const traceId = parseId(path['traceId']!, 16, 'trace id');
  const spanId = parseId(path['spanId']!, 8, 'span id');
  const { span } = await readSpan(reader, traceId, spanId, { ...options, full: query.text('full') === '1' });
  const linkedFrom = await readLinkingSpans(reader, { traceId, spanId, timeNs: span.startNs }, options);
  return {
    traceId,
    spanId,
    parentSpanId: span.parentSpanId,
    service: span.service,
    name: span.name,
    kind: spanKind(span.kind),
    status: spanStatus(span.statusCode),
    statusMessage: span.statusMessage,
    startNs: String(span.startNs),
    durationNs: Number(span.durationNs),
    traceState: span.traceState,
    flags: span.flags,
    attributes: plainAttributes(span.attributes),
    resource: plainAttributes(span.resource),
    scope: { name: span.scopeName, version: span.scopeVersion, attributes: plainAttributes(span.scopeAttributes) },
    events: span.events.map((event) => ({
      timeNs: String(event.timeNs),
      name: event.name,
      attributes: plainAttributes(event.attributes),
    })),
    links: span.links.map((link) => ({
      traceId: link.traceId,
      spanId: link.spanId,
      traceState: link.traceState,
      attributes: plainAttributes(link.attributes),
    })),
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
    ...(span.cut !== undefined && { cut: span.cut }),
    linkedFrom,
  };
}
