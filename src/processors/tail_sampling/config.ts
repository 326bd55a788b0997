import { boolean, duration, integer, list, oneOf, type Schema, strictObject, text } from '#config';
import { type PolicyConfig, policySchema } from './policy-config.ts';

/** What users write under `tail_sampling:` (otelcol-contrib processor/tailsamplingprocessor). */
export interface TailSamplingConfig {
  /** From a trace's first span to its decision; rounded up to whole seconds. */
  readonly decisionWaitMs: number;
  /** A trace whose root span has come is decided so long after it, if that is earlier. 0 turns it off. */
  readonly decisionWaitAfterRootReceivedMs: number;
  /** Traces in memory at most. */
  readonly numTraces: number;
  /** How many traces to reserve memory for, per second of `decision_wait`. */
  readonly expectedNewTracesPerSec: number;
  /** When `num_traces` are in memory: wait for a decision, instead of dropping the oldest undecided trace. */
  readonly blockOnOverflow: boolean;
  /** Spans are judged as they come: each trace by those of one resource that came together, instead of by all of its spans at the end. */
  readonly decidesOnIngest: boolean;
  /** Don't ask further policies once one says yes; only changes what is counted per policy. */
  readonly sampleOnFirstMatch: boolean;
  readonly dropPendingTracesOnShutdown: boolean;
  /** A trace that grows beyond this is dropped at once; 0 for no limit. */
  readonly maximumTraceSizeBytes: number;
  /** How many decisions are remembered for late spans; 0 for none. */
  readonly sampledCacheSize: number;
  readonly nonSampledCacheSize: number;
  readonly policies: readonly PolicyConfig[];
  /** Refused. */
  readonly tailStorage: string | undefined;
}

/** Decisions are remembered for four times as many traces as fit into memory, unless the user says otherwise. */
const CACHE_FACTOR = 4;

export const tailSamplingSchema: Schema<TailSamplingConfig> = strictObject({
  decision_wait: duration(30_000)
    .refine((ms) => ms > 0, { error: 'must be greater than zero' })
    .describe("from a trace's first span to its decision, rounded up to whole seconds"),
  decision_wait_after_root_received: duration(0)
    .refine((ms) => ms >= 0, { error: 'must not be negative' })
    .describe('once the root span is there, a trace is decided so long after it, if that is earlier; 0 turns it off'),
  num_traces: integer(50_000, { min: 1, max: 50_000_000 }).meta({ description: 'in memory at most', unit: 'traces' }),
  expected_new_traces_per_sec: integer(0, { min: 0 }).meta({
    description: 'reserves memory for so many per second of `decision_wait`',
    unit: 'traces',
  }),
  block_on_overflow: boolean(false).describe(
    'with `num_traces` in memory senders wait, instead of the oldest undecided trace being dropped',
  ),
  sample_on_first_match: boolean(false).describe(
    "doesn't ask further policies once one keeps the trace; only changes the counters",
  ),
  drop_pending_traces_on_shutdown: boolean(false).describe('drops what waits, instead of deciding by what is there'),
  maximum_trace_size_bytes: integer(0, { min: 0 }).meta({
    description: 'a trace that grows beyond it is dropped at once; 0 for no limit',
    unit: 'bytes',
  }),
  decision_cache: strictObject({
    sampled_cache_size: integer(undefined, { min: 0, max: 100_000_000 }).optional().meta({
      description: 'so many kept traces are remembered for their late spans; 0 for none',
      unit: 'traces',
      defaultText: '4 x `num_traces`',
    }),
    non_sampled_cache_size: integer(undefined, { min: 0, max: 100_000_000 })
      .optional()
      .meta({ description: 'likewise for dropped ones', unit: 'traces', defaultText: '4 x `num_traces`' }),
  }),
  sampling_strategy: oneOf(['trace-complete', 'span-ingest'], 'trace-complete').meta({
    description: 'when policies are asked, and of what',
    words: {
      'trace-complete': 'once, after `decision_wait`, of all spans of a trace',
      'span-ingest':
        'each time spans of a trace come, of those alone: the first yes keeps it at once; without one it is dropped after `decision_wait`',
    },
  }),
  num_shards: integer(1, { min: 1, max: 256 }).meta({
    description: 'a number of threads in otelcol',
    idle: { why: 'decisions are the same on one thread', quiet: [1] },
  }),
  tail_storage: text()
    .optional()
    .describe('refused: no extension here keeps traces, they wait in memory, with what `num_traces` allows'),
  policies: list(policySchema).meta({ description: 'a trace is kept if any of them says so', defaultText: 'required' }),
}).transform((raw) => ({
  decisionWaitMs: raw.decision_wait,
  decisionWaitAfterRootReceivedMs: raw.decision_wait_after_root_received,
  numTraces: raw.num_traces,
  expectedNewTracesPerSec: raw.expected_new_traces_per_sec,
  blockOnOverflow: raw.block_on_overflow,
  decidesOnIngest: raw.sampling_strategy === 'span-ingest',
  sampleOnFirstMatch: raw.sample_on_first_match,
  dropPendingTracesOnShutdown: raw.drop_pending_traces_on_shutdown,
  maximumTraceSizeBytes: raw.maximum_trace_size_bytes,
  sampledCacheSize: raw.decision_cache.sampled_cache_size ?? raw.num_traces * CACHE_FACTOR,
  nonSampledCacheSize: raw.decision_cache.non_sampled_cache_size ?? raw.num_traces * CACHE_FACTOR,
  policies: raw.policies,
  tailStorage: raw.tail_storage,
}));

/** The rules across fields. */
export function validateTailSampling(
  config: TailSamplingConfig,
): { path: readonly (string | number)[]; message: string }[] {
  const mistakes: { path: readonly (string | number)[]; message: string }[] = [];
  if (config.policies.length === 0) mistakes.push({ path: ['policies'], message: 'at least one policy is required' });
  if (config.tailStorage !== undefined) {
    const message = 'is not supported: traces wait in memory; leave it out (in otelcol it is behind a feature gate)';
    mistakes.push({ path: ['tail_storage'], message });
  }
  if (config.decidesOnIngest) {
    config.policies.forEach((policy, index) => {
      if (!dependsOnLaterSpans(policy)) return;
      const message = `with sampling_strategy "span-ingest" a yes must stay one, and that of policy "${policy.name}" may not: it has a limit or an upper bound`;
      mistakes.push({ path: ['policies', index], message });
    });
  }
  const names = config.policies.map((policy) => policy.name);
  names.forEach((name, index) => {
    if (names.indexOf(name) !== index) {
      mistakes.push({ path: ['policies', index, 'name'], message: `duplicate policy name "${name}"` });
    }
  });
  return mistakes;
}

/** Whether what came later, or what other traces take, can turn a yes into a no; otelcol calls such policies stateful. */
function dependsOnLaterSpans(policy: PolicyConfig): boolean {
  switch (policy.type) {
    case 'rate_limiting':
    case 'bytes_limiting':
      return true;
    case 'latency':
      return policy.upperThresholdMs > 0;
    case 'span_count':
      return policy.maxSpans > 0;
    case 'composite':
    case 'and':
    case 'drop':
    case 'not':
      return policy.policies.some(dependsOnLaterSpans);
    default:
      return false;
  }
}
