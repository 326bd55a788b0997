import {
  countTraces,
  explainEmptyTraces,
  plainAttributes,
  QueryError,
  readLinkingSpans,
  readSpan,
  readTrace,
  sampleTraces,
  searchTraces,
  spanKind,
  spanStatus,
  type TraceFilter,
} from '#query';
import { parseId } from '../http/parameters.ts';
import type { ConsoleRequest } from './request.ts';
import { msOf, traceSummary } from './trace-summary.ts';
import type {
  EmptyReasonResponse,
  SpanResponse,
  TraceHistogramResponse,
  TraceResponse,
  TraceSampleResponse,
  TracesResponse,
} from './types.ts';

const SORTS = ['newest', 'slowest', 'spans', 'errors'] as const;
const STATUSES = ['ok', 'error'] as const;

export async function tracesRoute({ reader, query, options }: ConsoleRequest): Promise<TracesResponse> {
  const limit = query.limit('limit', 200, 2000);
  const result = await searchTraces(
    reader,
    {
      ...traceFilter(query),
      sort: query.oneOf('sort', SORTS) ?? 'newest',
      limit,
    },
    options,
  );
  const { nearestMs, truncated } = result;
  return {
    traces: result.traces.map(traceSummary),
    truncated,
    limit,
    ...(nearestMs !== undefined && { nearestMs }),
  };
}

export async function traceHistogramRoute({ reader, query, options }: ConsoleRequest): Promise<TraceHistogramResponse> {
  return countTraces(reader, traceFilter(query), options);
}

export async function traceSampleRoute({ reader, query, options }: ConsoleRequest): Promise<TraceSampleResponse> {
  return { traces: (await sampleTraces(reader, traceFilter(query), options)).map(traceSummary) };
}

export async function tracesEmptyReasonRoute({ reader, query, options }: ConsoleRequest): Promise<EmptyReasonResponse> {
  return explainEmptyTraces(reader, traceFilter(query), options);
}

function traceFilter(query: ConsoleRequest['query']): TraceFilter {
  const [minDurationNs, maxDurationNs] = [query.number('minDurationNs'), query.number('maxDurationNs')];
  if (minDurationNs !== undefined && maxDurationNs !== undefined && minDurationNs > maxDurationNs) {
    throw new QueryError('bad_query', 'minDurationNs must not be larger than maxDurationNs');
  }
  return {
    ...query.range(),
    q: query.text('q'),
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
