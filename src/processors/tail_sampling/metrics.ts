import type { Counter, HistogramInstrument, Meter, MetricLabels } from '#component';
import { DECISION_DROPPED, DECISION_NOT_SAMPLED, DECISION_SAMPLED, type Policy } from './policies.ts';

const PREFIX = 'processor_tail_sampling_';
const SECOND_BOUNDS = [1, 2, 5, 10, 20, 30, 60, 90, 120, 180, 300, 600, 1800, 3600];
const MILLISECOND_BOUNDS = [1, 2, 5, 10, 25, 50, 75, 100, 150, 200, 300, 400, 500, 750, 1000, 2000, 3000, 5000, 10_000];

const DECISION_LABELS: Readonly<Record<number, MetricLabels>> = {
  [DECISION_NOT_SAMPLED]: { sampled: 'false', decision: 'not_sampled' },
  [DECISION_SAMPLED]: { sampled: 'true', decision: 'sampled' },
  [DECISION_DROPPED]: { sampled: 'false', decision: 'dropped' },
};

/** A counter per decision. */
type PerDecision = readonly [Counter, Counter, Counter];

/** The instruments of otelcol-contrib's tail sampler, and some of what it holds in memory. */
export interface TailSamplingMetrics {
  /** `count_traces_sampled`, per policy in the order of the policy set. */
  readonly tracesByPolicy: readonly PerDecision[];
  readonly traces: PerDecision;
  /** Spans by the decision on their trace, late ones included. */
  readonly spans: PerDecision;
  readonly evaluationErrors: Counter;
  readonly newTraces: Counter;
  readonly earlyReleased: Counter;
  readonly earlyDropped: Counter;
  readonly droppedTooEarly: Counter;
  readonly droppedTooLarge: Counter;
  readonly lateSpanAgeS: HistogramInstrument;
  readonly removalAgeS: HistogramInstrument;
  readonly timerLatencyMs: HistogramInstrument;
  close(): void;
}

export interface TailSamplingGauges {
  readonly traces: () => number;
  readonly wireBytes: () => number;
  readonly memoryBytes: () => number;
}

/** `name` is the component's name without its type: it stands before the policy's in labels, as in contrib. */
export function tailSamplingMetrics(
  meter: Meter,
  name: string,
  policies: readonly Policy[],
  gauges: TailSamplingGauges,
): TailSamplingMetrics {
  const counter = (metric: string, unit: string, description: string, labels?: MetricLabels): Counter =>
    meter.counter(PREFIX + metric, { unit, description }, labels);
  const perDecision = (metric: string, unit: string, description: string, labels: MetricLabels = {}): PerDecision => {
    const one = (decision: number): Counter =>
      counter(metric, unit, description, { ...labels, ...DECISION_LABELS[decision] });
    return [one(DECISION_NOT_SAMPLED), one(DECISION_SAMPLED), one(DECISION_DROPPED)];
  };
  const removeGauges = registerGauges(meter, gauges);
  const early = (sampled: string): Counter =>
    counter(
      'early_releases_from_cache_decision',
      '{spans}',
      'Number of spans that were released or dropped at once due to a decision cache hit',
      { sampled },
    );
  return {
    tracesByPolicy: policies.map((policy) =>
      perDecision('count_traces_sampled', '{traces}', 'Count of traces that were sampled or not per sampling policy', {
        policy: name === '' ? policy.name : `${name}.${policy.name}`,
      }),
    ),
    traces: perDecision('global_count_traces_sampled', '{traces}', 'Count of traces that were sampled or not'),
    spans: perDecision('count_spans_sampled', '{spans}', 'Count of spans by the decision on their trace'),
    evaluationErrors: counter(
      'sampling_policy_evaluation_error',
      '{errors}',
      'Count of sampling policy evaluation errors',
    ),
    newTraces: counter('new_trace_id_received', '{traces}', 'Counts the arrival of new traces'),
    earlyReleased: early('true'),
    earlyDropped: early('false'),
    droppedTooEarly: counter(
      'sampling_trace_dropped_too_early',
      '{traces}',
      'Count of traces that were dropped before the configured wait time; more num_traces or less decision_wait helps',
    ),
    droppedTooLarge: counter(
      'traces_dropped_too_large',
      '{traces}',
      'Count of traces that grew beyond maximum_trace_size_bytes',
    ),
    lateSpanAgeS: meter.histogram(`${PREFIX}sampling_late_span_age`, {
      unit: 's',
      description: 'Time from the decision to the arrival of a late span',
      bounds: SECOND_BOUNDS,
    }),
    removalAgeS: meter.histogram(`${PREFIX}sampling_trace_removal_age`, {
      unit: 's',
      description: 'Time from arrival of a new trace until its removal from memory',
      bounds: SECOND_BOUNDS,
    }),
    timerLatencyMs: meter.histogram(`${PREFIX}sampling_decision_timer_latency`, {
      unit: 'ms',
      description: 'Latency of each run of the sampling decision timer',
      bounds: MILLISECOND_BOUNDS,
    }),
    close: () => {
      for (const remove of removeGauges) remove();
    },
  };
}

function registerGauges(meter: Meter, gauges: TailSamplingGauges): (() => void)[] {
  const gauge = (metric: string, unit: string, description: string, read: () => number): (() => void) =>
    meter.gauge(PREFIX + metric, { unit, description }, read);
  return [
    gauge('sampling_traces_on_memory', '{traces}', 'Number of traces in memory', gauges.traces),
    gauge('held_bytes', 'By', 'Bytes of the held spans as received', gauges.wireBytes),
    gauge('memory_bytes', 'By', 'Memory that the held spans, traces and remembered decisions take', gauges.memoryBytes),
  ];
}
