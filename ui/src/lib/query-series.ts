/** Series of a query in TraceQL or LogQL, of what the page's scope and its menus leave: from the APIs of Tempo and Loki. */
import { ApiFailure, type Params } from './api.ts';
import type { StepGrid } from './frames/promql.ts';
import { withLineConditions } from './languages/logql-text.ts';
import { withSpanCondition } from './languages/traceql-text.ts';
import { askPlain } from './plain-api.ts';
import type { PromExemplars, PromResult, PromSeries } from './prometheus.ts';

export interface SeriesAnswer {
  readonly series: readonly PromSeries[];
  readonly exemplars: readonly PromExemplars[];
  /** UCUM, as frames have it. */
  readonly unit: string;
  /** The answer is not whole, and why. */
  readonly note: string | undefined;
}

/** `filter` is the page's, as its list is asked for. Throws `ApiFailure`. */
export function askSeries(
  page: 'traces' | 'logs',
  q: string,
  filter: Params,
  grid: StepGrid,
  signal: AbortSignal,
): Promise<SeriesAnswer> {
  const startMs = grid.startMs - grid.stepMs;
  const times = {
    start: startMs / 1000,
    end: (grid.startMs + (grid.count - 1) * grid.stepMs) / 1000,
    step: `${grid.stepMs / 1000}s`,
  };
  return page === 'traces' ? askTempo(q, filter, times, signal) : askLoki(q, filter, times, grid, signal);
}

const text = (value: Params[string]): string => JSON.stringify(String(value));

interface TempoValue {
  readonly stringValue?: string;
  readonly [type: string]: unknown;
}

interface TempoLabel {
  readonly key: string;
  readonly value: TempoValue;
}

interface TempoAnswer {
  readonly series?: readonly {
    readonly labels?: readonly TempoLabel[];
    readonly samples?: readonly { readonly timestampMs: string; readonly value?: number | string }[];
    readonly exemplars?: readonly {
      readonly labels?: readonly TempoLabel[];
      readonly value?: number | string;
      readonly timestampMs: string;
    }[];
  }[];
  readonly message?: string;
}

async function askTempo(q: string, filter: Params, times: Params, signal: AbortSignal): Promise<SeriesAnswer> {
  const { environment, service, operation, status, minDurationNs, maxDurationNs } = filter;
  const conditions = [
    environment === undefined ? '' : `resource.deployment.environment.name = ${text(environment)}`,
    service === undefined ? '' : `resource.service.name = ${text(service)}`,
    operation === undefined ? '' : `name = ${text(operation)}`,
    status === undefined ? '' : status === 'ok' ? 'status != error' : 'status = error',
    minDurationNs === undefined ? '' : `duration >= ${minDurationNs}ns`,
    maxDurationNs === undefined ? '' : `duration <= ${maxDurationNs}ns`,
  ];
  const params = { q: withSpanCondition(q, conditions.filter(Boolean).join(' && ')), ...times };
  const answer = await askPlain<TempoAnswer>('/tempo/api/metrics/query_range', { params }, signal);
  const found = answer.series ?? [];
  return {
    series: found.map(({ labels = [], samples = [] }) => ({
      metric: labelsOf(labels),
      values: samples.map(({ timestampMs, value = 0 }) => [Number(timestampMs) / 1000, String(value)] as const),
    })),
    exemplars: found.map(({ labels = [], exemplars = [] }) => ({
      seriesLabels: labelsOf(labels),
      exemplars: exemplars.map((one) => ({
        labels: { trace_id: labelsOf(one.labels ?? [])['trace:id'] ?? '' },
        value: String(one.value ?? 0),
        timestamp: Number(one.timestampMs) / 1000,
      })),
    })),
    unit: unitOfSpans(q),
    note: answer.message,
  };
}

function labelsOf(labels: readonly TempoLabel[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    labels.map(({ key, value }) => [
      key === 'resource.service.name' ? 'service_name' : key,
      String(Object.values(value)[0] ?? ''),
    ]),
  );
}

/** Durations are told in seconds. */
function unitOfSpans(q: string): string {
  if (/\|\s*rate\s*\(/.test(q)) return '{event}/s';
  return /(?:min|max|sum|avg|quantile)_over_time\s*\(\s*(?:span:)?(?:duration|traceDuration)\b/.test(q) ? 's' : '';
}

async function askLoki(
  q: string,
  filter: Params,
  times: Params,
  grid: StepGrid,
  signal: AbortSignal,
): Promise<SeriesAnswer> {
  const { environment, service, severity, traceId } = filter;
  const matchers = [
    environment === undefined ? '' : `deployment_environment_name=${text(environment)}`,
    service === undefined ? '' : `service_name=${text(service)}`,
  ];
  const filters = [
    severity === undefined ? '' : `detected_level=~${text(String(severity).replaceAll(',', '|'))}`,
    traceId === undefined ? '' : `trace_id=${text(traceId)}`,
  ];
  const query = withLineConditions(q, matchers.filter(Boolean), filters.filter(Boolean));
  const params = { query, ...times, start: grid.startMs / 1000, step: grid.stepMs / 1000 };
  const { data } = await askPlain<{ data: PromResult }>('/loki/api/v1/query_range', { params }, signal);
  if (data.resultType !== 'matrix')
    throw new ApiFailure({ code: 'internal', message: `the answer has ${data.resultType} and no series` }, 0);
  return { series: data.result as readonly PromSeries[], exemplars: [], unit: unitOfLines(q), note: undefined };
}

function unitOfLines(q: string): string {
  if (/\bbytes_rate\s*\(/.test(q)) return 'By/s';
  if (/\bbytes_over_time\s*\(/.test(q)) return 'By';
  return /\brate\s*\(/.test(q) && !/\bunwrap\b/.test(q) ? '{event}/s' : '';
}
