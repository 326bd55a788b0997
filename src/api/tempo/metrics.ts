import type { StoredValue } from '#query';
import { type MetricExemplar, queryTraceqlInstant, queryTraceqlRange, type SpanSeries } from '#query/traceql.ts';
import { JSON_TYPE, TextAnswer } from '../http/answers.ts';
import type { ApiRequest, ApiRoute, QueryString } from '../http/plugin.ts';
import type { JsonObject } from '../shared/otlp-json.ts';
import { one } from '../shared/query-string.ts';
import { bad, countOf, rangeOf, stepOf } from './parameters.ts';
import { attributesJson, searchMetrics, warningHeaders } from './values.ts';

/** Series of TraceQL's metrics: over a range, at an instant, and the summary of spans by attributes. */

const HOUR_MS = 3_600_000;
export const DEFAULT_EXEMPLARS = 100;

export const metricsRoutes: readonly ApiRoute[] = [
  { method: 'GET', path: '/api/metrics/query_range', answer: range },
  { method: 'GET', path: '/api/metrics/query', answer: instant },
  { method: 'GET', path: '/api/metrics/summary', answer: summary },
];

function queryOf(query: QueryString): string {
  const text = one(query, 'q') ?? one(query, 'query');
  if (text === undefined) throw bad('invalid query: the parameter q is missing');
  return text;
}

async function range({ reader, query, options }: ApiRequest): Promise<TextAnswer> {
  const asked = rangeOf(query, HOUR_MS);
  const exemplars = one(query, 'exemplars') === '0' ? 0 : (countOf(query, 'exemplars') ?? DEFAULT_EXEMPLARS);
  const found = await queryTraceqlRange(
    reader,
    {
      ...asked,
      query: queryOf(query),
      stepNs: stepOf(query, asked),
      exemplars: Math.min(exemplars, DEFAULT_EXEMPLARS),
    },
    options,
  );
  const answer = {
    series: found.series.map(rangeSeriesJson),
    metrics: searchMetrics(found.inspected),
    ...(found.warnings.length > 0 && { status: 'PARTIAL', message: found.warnings.join('; ') }),
  };
  return new TextAnswer(JSON_TYPE, JSON.stringify(answer), { headers: warningHeaders(found.warnings) });
}

async function instant({ reader, query, options }: ApiRequest): Promise<TextAnswer> {
  const found = await queryTraceqlInstant(reader, { ...rangeOf(query, HOUR_MS), query: queryOf(query) }, options);
  const answer = {
    // Grafana reads these members alone.
    series: found.series.map(({ labels, value }) => ({ labels: attributesJson(labels), value: numberJson(value) })),
    metrics: searchMetrics(found.inspected),
  };
  return new TextAnswer(JSON_TYPE, JSON.stringify(answer), { headers: warningHeaders(found.warnings) });
}

function rangeSeriesJson({ labels, promLabels, samples, exemplars }: SpanSeries): JsonObject {
  return {
    labels: attributesJson(labels),
    samples: samples.map(({ timestampMs, value }) => ({ timestampMs: String(timestampMs), value: numberJson(value) })),
    promLabels,
    ...(exemplars.length > 0 && { exemplars: exemplars.map(exemplarJson) }),
  };
}

function exemplarJson({ labels, value, timestampMs }: MetricExemplar): JsonObject {
  return { labels: attributesJson(labels), value: numberJson(value), timestampMs: String(timestampMs) };
}

/** As protobuf's JSON has a double. */
function numberJson(value: number): number | string {
  return Number.isFinite(value) ? value : Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

const MAX_GROUPS = 5;
const MAX_SUMMARIES = 1000;
const QUANTILES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const;
/** Numbers of TraceQL's types in a summary. */
const STATIC_TYPES: Readonly<Record<string, number>> = { int: 3, double: 4, string: 5, bool: 6 };

interface Summary {
  readonly labels: readonly { readonly key: string; readonly value: StoredValue }[];
  spanCount: number;
  errorCount: number;
  readonly quantilesNs: Map<number, number>;
}

/** Counts, errors and durations of the spans that a filter finds, by up to five attributes; those with the most spans first. */
async function summary({ reader, query, options }: ApiRequest): Promise<object> {
  const filter = queryOf(query).trim();
  const groups =
    one(query, 'groupBy')
      ?.split(',')
      .map((name) => name.trim()) ?? [];
  if (groups.length === 0) throw bad('invalid groupBy: the parameter is missing');
  if (groups.length > MAX_GROUPS) throw bad(`invalid groupBy: at most ${MAX_GROUPS} attributes`);
  const range = rangeOf(query, HOUR_MS);
  const by = `by(${groups.join(', ')})`;
  const ask = (text: string): ReturnType<typeof queryTraceqlInstant> =>
    queryTraceqlInstant(reader, { ...range, query: text }, options);
  const [counts, errors, durations] = await Promise.all([
    ask(`${filter} | count_over_time() ${by}`),
    ask(`${failedOf(filter)} | count_over_time() ${by}`),
    ask(`${filter} | quantile_over_time(duration, ${Object.values(QUANTILES).join(', ')}) ${by}`),
  ]);
  const summaries = new Map<string, Summary>();
  for (const { labels, value } of counts.series)
    summaries.set(keyOf(labels), { labels, spanCount: value, errorCount: 0, quantilesNs: new Map() });
  for (const { labels, value } of errors.series) {
    const own = summaries.get(keyOf(labels));
    if (own !== undefined) own.errorCount = value;
  }
  for (const { labels, value } of durations.series) {
    const quantile = Number(labels.find(({ key }) => key === 'p')?.value.value);
    summaries.get(keyOf(labels.filter(({ key }) => key !== 'p')))?.quantilesNs.set(quantile, value * 1e9);
  }
  const limit = Math.min(countOf(query, 'limit') ?? MAX_SUMMARIES, MAX_SUMMARIES);
  const shown = [...summaries.values()].sort((a, b) => b.spanCount - a.spanCount).slice(0, limit);
  return { summaries: shown.map(summaryJson) };
}

/** Of the spans that a filter finds, those that failed. */
function failedOf(filter: string): string {
  const inside = /^\{([\s\S]*)\}$/.exec(filter)?.[1]?.trim();
  if (inside === undefined)
    throw bad('invalid query: a summary is of one filter, such as { resource.service.name = "orders" }');
  return inside === '' ? '{ status = error }' : `{ (${inside}) && status = error }`;
}

function keyOf(labels: Summary['labels']): string {
  return JSON.stringify(labels.map(({ key, value }) => [key, String(value.value)]));
}

function summaryJson({ labels, spanCount, errorCount, quantilesNs }: Summary): JsonObject {
  const quantiles = Object.entries(QUANTILES).map(([name, quantile]) => [
    name,
    String(Math.round(quantilesNs.get(quantile) ?? 0)),
  ]);
  return {
    spanCount: String(spanCount),
    ...(errorCount > 0 && { errorSpanCount: String(errorCount) }),
    series: labels.map(({ key, value }) => ({ key, value: staticJson(value) })),
    ...(Object.fromEntries(quantiles) as JsonObject),
  };
}

function staticJson({ type, value }: StoredValue): JsonObject {
  const known = STATIC_TYPES[type] ?? STATIC_TYPES['string']!;
  if (type === 'int') return { type: known, n: String(value) };
  if (type === 'double') return { type: known, f: value };
  if (type === 'bool') return { type: known, b: value };
  return { type: known, s: String(value) };
}
