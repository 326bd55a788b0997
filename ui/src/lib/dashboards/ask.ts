/** What dashboards ask: of the APIs of Prometheus, Loki and Tempo, whichever a query is of. */
import type { LabelAsk, PanelQuery, TimeSpan, TraceQuestion } from '#dashboards';
import { isSeriesQuery } from '#lang/filter';
import { ApiFailure, type Params } from '../api.ts';
import { askPlain } from '../plain-api.ts';
import {
  askPrometheus,
  type NoDataReason,
  type PromAnswer,
  type PromPoint,
  type PromResult,
  type PromSeries,
} from '../prometheus.ts';

type Labels = Readonly<Record<string, string>>;

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

/** A source for variables, of one span of time. */
export class VariableSource {
  readonly #range: Params;
  readonly #toMs: number;
  readonly #signal: AbortSignal;

  constructor({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }, signal: AbortSignal) {
    this.#range = { start: seconds(fromMs), end: seconds(toMs) };
    this.#toMs = toMs;
    this.#signal = signal;
  }

  async labelNames(match: string): Promise<readonly string[]> {
    return (await askPrometheus<string[]>('/labels', { ...this.#range, 'match[]': match }, this.#signal)).data;
  }

  async labelValues(label: string, match: string): Promise<readonly string[]> {
    const path = `/label/${encodeURIComponent(label)}/values`;
    return (await askPrometheus<string[]>(path, { ...this.#range, 'match[]': match }, this.#signal)).data;
  }

  async series(match: string): Promise<readonly Labels[]> {
    return (await askPrometheus<Labels[]>('/series', { ...this.#range, 'match[]': match }, this.#signal)).data;
  }

  async query(expr: string): Promise<readonly { labels: Labels; value: string; timeMs: number }[]> {
    const params = { query: expr, time: seconds(this.#toMs) };
    const { data } = await askPrometheus<PromResult>('/query', params, this.#signal);
    const time = (point: readonly [number, string]) => ({ value: point[1], timeMs: point[0] * 1000 });
    return seriesOf(data).flatMap(({ metric, value }) =>
      value === undefined ? [] : [{ labels: metric, ...time(value) }],
    );
  }
}

/** Labels of streams of logs, for variables. */
export function logLabels({ fromMs, toMs }: TimeSpan, signal: AbortSignal): LabelAsk {
  const range = { start: seconds(fromMs), end: seconds(toMs) };
  const ask = async (path: string, query: string): Promise<readonly string[]> => {
    const params = query === '' ? range : { ...range, query };
    const { data } = await askPlain<{ data?: readonly string[] }>(`${LOKI}${path}`, { params }, signal);
    return data ?? [];
  };
  return {
    labelNames: (match) => ask('/labels', match),
    labelValues: (label, match) => ask(`/label/${encodeURIComponent(label)}/values`, match),
  };
}

/** Attributes of spans and resources, for variables. */
export function traceLabels({ fromMs, toMs }: TimeSpan, signal: AbortSignal): LabelAsk {
  const params = { start: Math.floor(fromMs / 1000), end: Math.ceil(toMs / 1000) };
  return {
    labelNames: async () => {
      const { tagNames } = await askPlain<{ tagNames: readonly string[] }>(
        '/tempo/api/search/tags',
        { params },
        signal,
      );
      return tagNames;
    },
    labelValues: async (label) => {
      const path = `/tempo/api/search/tag/${encodeURIComponent(label)}/values`;
      return (await askPlain<{ tagValues: readonly string[] }>(path, { params }, signal)).tagValues;
    },
  };
}

/** A line of a log with all that is known of it. */
export interface LogLine {
  /** Nanoseconds since the epoch, which a number can't hold. */
  readonly timeNs: string;
  readonly text: string;
  readonly labels: Labels;
}

export interface FoundTrace {
  readonly traceId: string;
  readonly service: string;
  readonly name: string;
  readonly startMs: number;
  readonly durationMs: number;
}

/** What a query was answered: series, and lines or traces where it asks for them. */
export interface QuerySeries {
  readonly query: PanelQuery;
  readonly series: readonly PromSeries[];
  readonly lines?: readonly LogLine[];
  readonly traces?: readonly FoundTrace[];
  /** Why there are none, as far as the server knows. */
  readonly reasons?: readonly string[];
}

/** All queries of a panel, at points that lie on multiples of `stepMs`. */
export function askPanel(queries: readonly PanelQuery[], stepMs: number, signal: AbortSignal): Promise<QuerySeries[]> {
  return Promise.all(
    queries.map((query) => {
      if (query.source === 'loki') return askLoki(query, stepMs, signal);
      return query.traces === undefined
        ? askMetrics(query, stepMs, signal)
        : askTraces(query, query.traces, stepMs, signal);
    }),
  );
}

async function askMetrics(query: PanelQuery, stepMs: number, signal: AbortSignal): Promise<QuerySeries> {
  if (query.isInstant) {
    const params = { query: query.expr, time: seconds(query.time.toMs) };
    return answered(query, await askPrometheus<PromResult>('/query', params, signal));
  }
  const params = { query: query.expr, ...stepsOf(query, stepMs) };
  return answered(query, await askPrometheus<PromResult>('/query_range', params, signal));
}

function answered(query: PanelQuery, { data, noData }: PromAnswer<PromResult>): QuerySeries {
  // Of a histogram either kind is asked for: that there is none of the other says less than why this one is empty.
  const isOther = ({ kind }: NoDataReason): number => Number(kind === 'no-metric');
  const reasons = noData.toSorted((a, b) => isOther(a) - isOther(b)).map(({ text }) => text);
  return { query, series: seriesOf(data), reasons };
}

function stepsOf({ time: { fromMs, toMs } }: PanelQuery, stepMs: number) {
  const start = Math.ceil(fromMs / stepMs) * stepMs;
  return { start: seconds(start), end: seconds(Math.max(start, toMs)), step: seconds(stepMs) };
}

function seriesOf(data: PromResult): readonly PromSeries[] {
  if (data.resultType === 'vector' || data.resultType === 'matrix') return data.result as readonly PromSeries[];
  return [{ metric: {}, value: data.result as PromPoint }];
}

const LOKI = '/loki/api/v1';
const DEFAULT_LINES = 1000;
const MOST_LINES = 5000;
/** Labels of a line by where they come from, in the answer's third place. */
const CATEGORIES = { 'x-loki-response-encoding-flags': 'categorize-labels' };

interface LokiStreams {
  readonly resultType: 'streams';
  readonly result: readonly {
    readonly stream: Labels;
    readonly values: readonly (readonly [
      timeNs: string,
      line: string,
      more?: { readonly structuredMetadata?: Labels; readonly parsed?: Labels },
    ])[];
  }[];
}

async function askLoki(query: PanelQuery, stepMs: number, signal: AbortSignal): Promise<QuerySeries> {
  const { maxLines } = query.target.json;
  const limit = typeof maxLines === 'number' && maxLines > 0 ? Math.min(maxLines, MOST_LINES) : DEFAULT_LINES;
  const params = query.isInstant
    ? { query: query.expr, time: seconds(query.time.toMs) }
    : { query: query.expr, ...stepsOf(query, stepMs), start: seconds(query.time.fromMs), limit };
  const path = `${LOKI}/${query.isInstant ? 'query' : 'query_range'}`;
  const { data } = await askPlain<{ data: LokiStreams | PromResult }>(path, { params, headers: CATEGORIES }, signal);
  if (data.resultType !== 'streams') return { query, series: seriesOf(data) };
  const lines = data.result.flatMap(({ stream, values }) =>
    values.map(([timeNs, text, more]): LogLine => {
      const labels = { ...stream, ...more?.structuredMetadata, ...more?.parsed };
      return { timeNs, text, labels };
    }),
  );
  return { query, series: [], lines };
}

const TEMPO = '/tempo/api';

interface TempoSearch {
  readonly traces?: readonly {
    readonly traceID: string;
    readonly rootServiceName?: string;
    readonly rootTraceName?: string;
    readonly startTimeUnixNano: string;
    readonly durationMs?: number;
  }[];
}

interface TempoSeries {
  readonly series?: readonly {
    readonly labels?: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
    readonly samples?: readonly { readonly timestampMs: string | number; readonly value?: number }[];
  }[];
}

async function askTraces(
  query: PanelQuery,
  asked: TraceQuestion,
  stepMs: number,
  signal: AbortSignal,
): Promise<QuerySeries> {
  if (asked.kind === 'trace') {
    const alone = { traceId: asked.traceId, service: '', name: '', startMs: 0, durationMs: 0 };
    return { query, series: [], traces: [alone] };
  }
  const params = { q: asked.text, ...stepsOf(query, stepMs) };
  try {
    if (isSeriesQuery(asked.text, 'traces')) {
      const { series = [] } = await askPlain<TempoSeries>(`${TEMPO}/metrics/query_range`, { params }, signal);
      return { query, series: series.map(promSeriesOf) };
    }
    const { q, start, end } = params;
    const wanted = { q, start: Math.floor(Number(start)), end: Math.ceil(Number(end)), limit: asked.limit };
    const { traces = [] } = await askPlain<TempoSearch>(`${TEMPO}/search`, { params: wanted }, signal);
    return { query, series: [], traces: traces.map(foundOf) };
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.status !== 404) throw error;
    throw new ApiFailure({ code: 'not_found', message: 'this server does not answer TraceQL' }, 404);
  }
}

function foundOf(found: NonNullable<TempoSearch['traces']>[number]): FoundTrace {
  return {
    traceId: found.traceID,
    service: found.rootServiceName ?? '',
    name: found.rootTraceName ?? '',
    startMs: Number(found.startTimeUnixNano.slice(0, -6)),
    durationMs: found.durationMs ?? 0,
  };
}

function promSeriesOf({ labels = [], samples = [] }: NonNullable<TempoSeries['series']>[number]): PromSeries {
  return {
    metric: Object.fromEntries(labels.map(({ key, value }) => [key, String(Object.values(value)[0] ?? '')])),
    values: samples.map(({ timestampMs, value = 0 }) => [Number(timestampMs) / 1000, String(value)]),
  };
}
