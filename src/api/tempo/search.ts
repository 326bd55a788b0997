import type { ReadOptions, StoreReader } from '#query';
import {
  type FoundSpan,
  type FoundSpanSet,
  type FoundTraceByQuery,
  searchTraceql,
  type TraceqlSearchAnswer,
} from '#query/traceql.ts';
import { JSON_TYPE, TextAnswer } from '../http/answers.ts';
import type { ApiRoute, QueryString } from '../http/plugin.ts';
import type { JsonObject } from '../shared/otlp-json.ts';
import { one } from '../shared/query-string.ts';
import { bad, countOf, type NsRange, optionalDurationNs, rangeOf } from './parameters.ts';
import { tagsQuery } from './tags-query.ts';
import { attributesJson, searchMetrics, warningHeaders } from './values.ts';

/** Traces by a TraceQL query, or by tags as before TraceQL. */

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 10_000;
const DEFAULT_SPANS_PER_SET = 3;
const HOUR_MS = 3_600_000;
/** What Tempo says of a trace whose root is not there. */
const NO_ROOT = '<root span not yet received>';

export const searchRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/api/search',
    isLarge: true,
    answer: async (request) => {
      const asked = askedOf(request.query);
      const found = await search(request.reader, asked, request.options);
      const answer = {
        traces: found.traces.map((trace) => traceJson(trace, asked.isByTags)),
        metrics: searchMetrics(found.inspected),
      };
      return new TextAnswer(JSON_TYPE, JSON.stringify(answer), { headers: warningHeaders(found.warnings) });
    },
  },
];

/** A search, from wherever it came. */
export interface AskedSearch extends NsRange {
  readonly query: string;
  /** Asked as before TraceQL: the answer has no spans. */
  readonly isByTags: boolean;
  readonly limit: number;
  /** 0 is no limit. */
  readonly spansPerSpanSet: number;
}

export function search(reader: StoreReader, asked: AskedSearch, options: ReadOptions): Promise<TraceqlSearchAnswer> {
  const { query, startNs, endNs, limit, spansPerSpanSet } = asked;
  return searchTraceql(reader, { query, startNs, endNs, limit: Math.min(limit, MAX_LIMIT), spansPerSpanSet }, options);
}

function askedOf(query: QueryString): AskedSearch {
  const [q, tags] = [one(query, 'q'), one(query, 'tags')];
  if (q !== undefined && tags !== undefined) throw bad('invalid request: can not use both tags and q');
  const [minNs, maxNs] = [optionalDurationNs(query, 'minDuration'), optionalDurationNs(query, 'maxDuration')];
  if (minNs !== undefined && maxNs !== undefined && maxNs < minNs)
    throw bad('invalid maxDuration: must be greater than minDuration');
  const isByTags = q === undefined && (tags !== undefined || minNs !== undefined || maxNs !== undefined);
  return {
    ...rangeOf(query, HOUR_MS),
    query: q ?? tagsQuery(tags, { minNs, maxNs }),
    isByTags,
    limit: countOf(query, 'limit') ?? DEFAULT_LIMIT,
    spansPerSpanSet: one(query, 'spss') === '0' ? 0 : (countOf(query, 'spss') ?? DEFAULT_SPANS_PER_SET),
  };
}

/** What was asked over gRPC, where 0 is what nothing was said of. */
export function askedOver(
  asked: { readonly query: string; readonly limit: number; readonly spansPerSpanSet: number } & NsRange,
): AskedSearch {
  return {
    ...asked,
    isByTags: false,
    query: asked.query === '' ? '{}' : asked.query,
    limit: asked.limit || DEFAULT_LIMIT,
    spansPerSpanSet: asked.spansPerSpanSet || DEFAULT_SPANS_PER_SET,
  };
}

/** How Tempo writes ids of traces in lists: without zeros in front. */
export function shownTraceId(traceId: string): string {
  return traceId.replace(/^0+(?=.)/, '');
}

export function rootOf({ isRootMissing, rootService, rootName }: FoundTraceByQuery): {
  readonly rootServiceName: string;
  readonly rootTraceName: string;
} {
  return isRootMissing
    ? { rootServiceName: NO_ROOT, rootTraceName: '' }
    : { rootServiceName: rootService, rootTraceName: rootName };
}

/** Members are those of Tempo's TraceSearchMetadata: Grafana fails on any other. */
function traceJson(trace: FoundTraceByQuery, isByTags: boolean): JsonObject {
  const { rootServiceName, rootTraceName } = rootOf(trace);
  const sets = isByTags ? [] : trace.spanSets.map(setJson);
  const durationMs = Number(trace.durationNs / 1_000_000n);
  return {
    traceID: shownTraceId(trace.traceId),
    ...(rootServiceName !== '' && { rootServiceName }),
    ...(rootTraceName !== '' && { rootTraceName }),
    startTimeUnixNano: String(trace.startNs),
    ...(durationMs > 0 && { durationMs }),
    ...(sets.length > 0 && { spanSet: sets[0], spanSets: sets }),
    ...(trace.services.length > 0 && { serviceStats: statsJson(trace.services) }),
  };
}

function statsJson(services: FoundTraceByQuery['services']): JsonObject {
  const stats = services.map(({ name, spanCount, errorCount }) => [
    name,
    { spanCount, ...(errorCount > 0 && { errorCount }) },
  ]);
  return Object.fromEntries(stats) as JsonObject;
}

function setJson({ spans, matched, attributes }: FoundSpanSet): JsonObject {
  return {
    spans: spans.map(spanJson),
    matched,
    ...(attributes.length > 0 && { attributes: attributesJson(attributes) }),
  };
}

function spanJson({ spanId, name, startNs, durationNs, attributes }: FoundSpan): JsonObject {
  return {
    spanID: spanId,
    ...(name !== undefined && name !== '' && { name }),
    startTimeUnixNano: String(startNs),
    durationNanos: String(durationNs),
    ...(attributes.length > 0 && { attributes: attributesJson(attributes) }),
  };
}
