import { type Clock, unreachable } from '#base';
import type { OnFailure } from '#ottl';
import { STATUS_ERROR, STATUS_OK, STATUS_UNSET } from '#pdata';
import { OttlConditions } from './ottl-conditions.ts';
import type { BudgetConfig, CompositeConfig, LatencyConfig, PolicyConfig } from './policy-config.ts';
import { probabilisticSampler } from './probabilistic.ts';
import { hasBit, SpanConditions } from './span-conditions.ts';
import type { TraceTable } from './trace-table.ts';
import { booleanMatcher, numericMatcher, stringMatcher, traceStateMatcher } from './value-matchers.ts';

export const DECISION_NOT_SAMPLED = 0;
export const DECISION_SAMPLED = 1;
/** A drop policy matched. */
export const DECISION_DROPPED = 2;

/** What a decision may look at: the columns of one trace. `slot` moves it. */
export class TraceFacts {
  readonly #table: TraceTable;
  readonly #idBytes: Uint8Array = new Uint8Array(16);
  slot = 0;
  /** Which part of a composite policy kept the trace that was asked about last. */
  compositePolicy: string | undefined = undefined;

  constructor(table: TraceTable) {
    this.#table = table;
  }

  get spanCount(): number {
    return this.#table.spanCount[this.slot]!;
  }

  /** Of its spans as received. */
  get byteCount(): number {
    return this.#table.byteCount[this.slot]!;
  }

  get durationMs(): number {
    return this.#table.durationMs(this.slot);
  }

  /** The 16 bytes of the id; valid until the next call. */
  get traceId(): Uint8Array {
    const words = this.#table.map.ids;
    for (let i = 0; i < 16; i++) this.#idBytes[i] = words[this.slot * 4 + (i >> 2)]! >>> ((i & 3) * 8);
    return this.#idBytes;
  }

  /** Whether some span or resource of the trace met the condition with this bit. */
  has(bit: number): boolean {
    return hasBit(this.#table.bits, this.slot * this.#table.bitWords, bit);
  }
}

/** Thrown by a policy that can't say anything, because a condition failed for a span. */
export const POLICY_FAILED: unique symbol = Symbol('a condition failed');

type Predicate = (trace: TraceFacts) => boolean;

export interface Policy {
  readonly name: string;
  /** What it says where `matches`: DECISION_SAMPLED, or DECISION_DROPPED for a drop policy. Otherwise it says not sampled. */
  readonly verdict: number;
  /** May throw POLICY_FAILED. */
  matches(trace: TraceFacts): boolean;
}

export interface PolicySet {
  readonly conditions: SpanConditions;
  /** In the order in which they are asked: drop policies first, because they win. */
  readonly policies: readonly Policy[];
}

/** What policies are made of. */
interface Parts {
  readonly conditions: SpanConditions;
  readonly clock: Clock;
  readonly onFailure: OnFailure;
}

/** Makes conditions over spans, collected as spans arrive, and predicates over traces, asked once at the decision. */
export function compilePolicies(
  configs: readonly PolicyConfig[],
  clock: Clock,
  onFailure: OnFailure = () => undefined,
): PolicySet {
  const conditions = new SpanConditions();
  const parts: Parts = { conditions, clock, onFailure };
  const policies = configs.map((config) => ({
    name: config.name,
    verdict: config.type === 'drop' ? DECISION_DROPPED : DECISION_SAMPLED,
    matches: compile(config, parts),
  }));
  conditions.freeze();
  return { conditions, policies: policies.sort((a, b) => b.verdict - a.verdict) };
}

function compile(config: PolicyConfig, parts: Parts): Predicate {
  const { conditions, clock } = parts;
  switch (config.type) {
    case 'always_sample':
      return () => true;
    case 'latency':
      return latency(config);
    case 'status_code':
      return anySpan(conditions.onStatus(config.statusCodes.map((code) => STATUS_CODES[code])));
    case 'trace_flags':
      return anySpan(conditions.onSampledFlag());
    case 'probabilistic': {
      const isSampled = probabilisticSampler(config.samplingPercentage, config.hashSalt);
      return (trace) => isSampled(trace.traceId);
    }
    case 'string_attribute':
      return anySpan(conditions.onAttribute(config.key, stringMatcher(config)), config.invertMatch);
    case 'numeric_attribute':
      return anySpan(conditions.onAttribute(config.key, numericMatcher(config)), config.invertMatch);
    case 'boolean_attribute':
      return anySpan(conditions.onAttribute(config.key, booleanMatcher(config.value)), config.invertMatch);
    case 'trace_state':
      return anySpan(conditions.onTraceState(traceStateMatcher(config.key, config.values)));
    case 'ottl_condition': {
      const { bit, failedBit } = conditions.onOttl(new OttlConditions(config, parts.onFailure));
      return (trace) => {
        if (trace.has(failedBit)) throw POLICY_FAILED;
        return trace.has(bit);
      };
    }
    case 'span_count': {
      const { minSpans, maxSpans } = config;
      return (trace) => trace.spanCount >= minSpans && (maxSpans === 0 || trace.spanCount <= maxSpans);
    }
    case 'rate_limiting':
      return budget(config, clock, (trace) => trace.spanCount);
    case 'bytes_limiting':
      return budget(config, clock, (trace) => trace.byteCount);
    case 'composite':
      return composite(config, parts);
    case 'and':
    case 'drop': {
      const all = config.policies.map((part) => compile(part, parts));
      return (trace) => all.every((part) => part(trace));
    }
    case 'not': {
      const part = compile(config.policies[0]!, parts);
      return (trace) => !part(trace);
    }
    default:
      return unreachable(config, 'policy type');
  }
}

const STATUS_CODES = { UNSET: STATUS_UNSET, OK: STATUS_OK, ERROR: STATUS_ERROR } as const;

/** `invert` negates it, as contrib does since 0.156: sampled unless something matches. */
function anySpan(bit: number, invert = false): Predicate {
  return invert ? (trace) => !trace.has(bit) : (trace) => trace.has(bit);
}

function latency({ thresholdMs, upperThresholdMs, thresholdInclusive }: LatencyConfig): Predicate {
  return (trace) => {
    const durationMs = trace.durationMs;
    const isOver = thresholdInclusive ? durationMs >= thresholdMs : durationMs > thresholdMs;
    return isOver && (upperThresholdMs === 0 || durationMs <= upperThresholdMs);
  };
}

/** A bucket that is full at first and fills at so much a second; a trace takes what it is, or is not kept. */
function budget({ perSecond, burst }: BudgetConfig, clock: Clock, sizeOf: (trace: TraceFacts) => number): Predicate {
  let left = burst;
  let lastMs = clock.monotonicMs();
  return (trace) => {
    const nowMs = clock.monotonicMs();
    left = Math.min(burst, left + ((nowMs - lastMs) / 1000) * perSecond);
    lastMs = nowMs;
    const size = sizeOf(trace);
    if (size > left) return false;
    left -= size;
    return true;
  };
}

/**
 * The first policy that keeps the trace decides: within its allocation of the current second, else the trace is not kept. As in otelcol
 * the total bounds each policy, not their sum.
 */
function composite(config: CompositeConfig, parts: Parts): Predicate {
  const policies = config.policies.map((policy) => compile(policy, parts));
  const limits = config.spansPerSecond.map((limit) => Math.min(limit, config.maxTotalSpansPerSecond));
  const kept = new Float64Array(policies.length);
  let second = Number.NaN;
  return (trace) => {
    const now = Math.floor(parts.clock.monotonicMs() / 1000);
    if (now !== second) kept.fill(0);
    second = now;
    const first = policies.findIndex((policy) => policy(trace));
    if (first < 0 || kept[first]! + trace.spanCount > limits[first]!) return false;
    kept[first]! += trace.spanCount;
    trace.compositePolicy = config.policies[first]!.name;
    return true;
  };
}
