import { RE2JS } from 're2js';
import { z } from 'zod';
import { messageOf, nearest } from '#base';
import { compiled, type Mistake } from '#component/ottl-config.ts';
import { boolean, describe, integer, list, number, oneOf, strictObject, text } from '#config';
import { type ErrorMode, parseCondition } from '#ottl';
import type { OttlConditionConfig } from './ottl-conditions.ts';

/** One policy as written, checked. Policies that hold others hold them in the same form. */
export type PolicyConfig = { readonly name: string } & (
  | { readonly type: 'always_sample' | 'trace_flags' }
  | ({ readonly type: 'latency' } & LatencyConfig)
  | { readonly type: 'status_code'; readonly statusCodes: readonly ('OK' | 'ERROR' | 'UNSET')[] }
  | { readonly type: 'probabilistic'; readonly samplingPercentage: number; readonly hashSalt: string }
  | ({ readonly type: 'string_attribute' } & StringAttributeConfig)
  | ({ readonly type: 'numeric_attribute' } & NumericAttributeConfig)
  | {
      readonly type: 'boolean_attribute';
      readonly key: string;
      readonly value: boolean;
      readonly invertMatch: boolean;
    }
  | ({ readonly type: 'ottl_condition' } & OttlConditionConfig)
  | { readonly type: 'span_count'; readonly minSpans: number; readonly maxSpans: number }
  | { readonly type: 'trace_state'; readonly key: string; readonly values: readonly string[] }
  | ({ readonly type: 'rate_limiting' | 'bytes_limiting' } & BudgetConfig)
  | ({ readonly type: 'composite' } & CompositeConfig)
  | { readonly type: 'and' | 'drop' | 'not'; readonly policies: readonly PolicyConfig[] }
);

export interface LatencyConfig {
  readonly thresholdMs: number;
  /** 0 for none. */
  readonly upperThresholdMs: number;
  /** Ours: sample from the threshold on, as otelcol-contrib before 0.157 did without an upper threshold. */
  readonly thresholdInclusive: boolean;
}

export interface StringAttributeConfig {
  readonly key: string;
  readonly values: readonly string[];
  readonly enabledRegexMatching: boolean;
  readonly cacheMaxSize: number;
  readonly invertMatch: boolean;
}

/** Spans or bytes. */
export interface BudgetConfig {
  readonly perSecond: number;
  /** What may pass at once; a trace that is larger never does. */
  readonly burst: number;
}

export interface CompositeConfig {
  readonly policies: readonly PolicyConfig[];
  readonly maxTotalSpansPerSecond: number;
  /** Of each policy: what it may keep of them. */
  readonly spansPerSecond: readonly number[];
}

export interface NumericAttributeConfig {
  readonly key: string;
  readonly minValue: number;
  readonly maxValue: number;
  readonly invertMatch: boolean;
}

type PolicyType = PolicyConfig['type'];

const DEFAULT_CACHE_SIZE = 128;
const ERROR_MODES: readonly ErrorMode[] = ['ignore', 'silent', 'propagate'];

const requiredKey = text().refine((key) => key !== '', { error: 'must not be empty' });
const attributeKey = requiredKey.describe('an attribute of a span or resource');
const invertMatch = boolean(false).describe('keeps the traces for which it is not so');

/** The block of each type: what stands under the key that is named like the type. */
const BLOCKS: Readonly<Record<PolicyType, z.ZodType<object>>> = {
  always_sample: strictObject({}),
  trace_flags: strictObject({}),
  latency: strictObject({
    threshold_ms: integer(0, { min: 0 }).meta({ description: 'the trace lasted longer than this', unit: 'ms' }),
    upper_threshold_ms: integer(0, { min: 0 }).meta({
      description: 'and not longer than this; 0 for no limit',
      unit: 'ms',
    }),
    threshold_inclusive: boolean(false).describe(
      'ours: the threshold itself counts too, as it did in contrib before 0.157',
    ),
  }).transform((raw) => ({
    thresholdMs: raw.threshold_ms,
    upperThresholdMs: raw.upper_threshold_ms,
    thresholdInclusive: raw.threshold_inclusive,
  })),
  status_code: strictObject({
    status_codes: list(oneOf(['OK', 'ERROR', 'UNSET'])).meta({
      description: 'a span has one of them',
      defaultText: 'required',
    }),
  })
    .refine((raw) => raw.status_codes.length > 0, {
      error: 'expected at least one status code to filter on',
      path: ['status_codes'],
    })
    .transform((raw) => ({ statusCodes: raw.status_codes })),
  probabilistic: strictObject({
    sampling_percentage: number(0).meta({ description: 'the share of traces to keep', unit: '%' }),
    hash_salt: text('').describe('goes into the hash of the trace id: collectors that must agree have the same'),
  }).transform((raw) => ({
    samplingPercentage: raw.sampling_percentage,
    hashSalt: raw.hash_salt,
  })),
  string_attribute: strictObject({
    key: attributeKey,
    values: list(text()).describe('one of the values that it has'),
    enabled_regex_matching: boolean(false).describe("they are regular expressions in Go's syntax that match anywhere"),
    cache_max_size: integer(DEFAULT_CACHE_SIZE).meta({
      description: 'results of expressions that are remembered',
      unit: 'values',
    }),
    invert_match: invertMatch,
  })
    .superRefine((raw, context) => {
      if (raw.enabled_regex_matching)
        for (const [i, value] of raw.values.entries()) checkRegex(value, ['values', i], context);
    })
    .transform((raw) => ({
      key: raw.key,
      values: raw.values,
      enabledRegexMatching: raw.enabled_regex_matching,
      cacheMaxSize: raw.cache_max_size > 0 ? raw.cache_max_size : DEFAULT_CACHE_SIZE,
      invertMatch: raw.invert_match,
    })),
  numeric_attribute: strictObject({
    key: attributeKey,
    min_value: integer().optional().meta({ description: 'the least that the int may be', defaultText: 'no limit' }),
    max_value: integer().optional().meta({ description: 'the most that the int may be', defaultText: 'no limit' }),
    invert_match: invertMatch,
  })
    .refine((raw) => raw.min_value !== undefined || raw.max_value !== undefined, {
      error: 'at least one of min_value and max_value must be set',
    })
    .refine((raw) => (raw.min_value ?? -Infinity) <= (raw.max_value ?? Infinity), {
      error: 'min_value must not be greater than max_value',
    })
    .transform((raw) => ({
      key: raw.key,
      minValue: raw.min_value ?? -Infinity,
      maxValue: raw.max_value ?? Infinity,
      invertMatch: raw.invert_match,
    })),
  boolean_attribute: strictObject({
    key: attributeKey,
    value: boolean(false).describe('the value that it must have'),
    invert_match: invertMatch,
  }).transform((raw) => ({ key: raw.key, value: raw.value, invertMatch: raw.invert_match })),
  ottl_condition: strictObject({
    error_mode: oneOf(ERROR_MODES, 'silent').meta({
      description: 'what happens where a condition fails for a span',
      words: {
        ignore: 'log the error, go on with the next condition',
        silent: 'go on with the next condition',
        propagate: 'the policy says nothing of the trace',
      },
    }),
    span: list(text()).describe('conditions on spans, of which one must hold'),
    spanevent: list(text()).describe('conditions on their events, likewise'),
  })
    .superRefine((raw, context) => {
      for (const key of ['span', 'spanevent'] as const) {
        for (const [i, condition] of raw[key].entries()) checkCondition(key, condition, [key, i], context);
      }
      if (raw.span.length + raw.spanevent.length > 0) return;
      context.addIssue({ code: 'custom', message: 'expected at least one OTTL condition to filter on' });
    })
    .transform(
      (raw): OttlConditionConfig => ({
        errorMode: raw.error_mode,
        spanConditions: raw.span,
        spanEventConditions: raw.spanevent,
      }),
    ),
  span_count: strictObject({
    min_spans: integer(0, { min: 0 }).meta({ description: 'the trace has so many at least', unit: 'spans' }),
    max_spans: integer(0, { min: 0 }).meta({ description: 'and so many at most; 0 for no limit', unit: 'spans' }),
  }).transform((raw) => ({ minSpans: raw.min_spans, maxSpans: raw.max_spans })),
  trace_state: strictObject({
    key: requiredKey.describe('an entry of the tracestate'),
    values: list(text()).describe('one of the values that it has'),
  }),
  rate_limiting: budget('spans'),
  bytes_limiting: budget('bytes'),
  composite: strictObject({
    max_total_spans_per_second: integer(0, { min: 0 }).meta({
      description: 'kept in a second at most',
      unit: 'spans',
    }),
    policy_order: list(text()).meta({
      description: 'names of its policies',
      idle: {
        why: 'policies are asked in the order of composite_sub_policy, as otelcol does whatever this says',
        quiet: [],
      },
    }),
    composite_sub_policy: list(z.lazy(() => policySchema)).describe(
      'policies as above; the first that keeps a trace counts',
    ),
    rate_allocation: list(
      strictObject({
        policy: text().describe('the name of one of them'),
        percent: integer(0, { min: 0, max: 100 }).meta({
          description: 'its share of `max_total_spans_per_second`',
          unit: '%',
        }),
      }),
    ).describe('without a share a policy may keep what they all would with equal ones'),
  })
    .superRefine((raw, context) => {
      const names = raw.composite_sub_policy.map(({ name }) => name);
      if (names.length === 0) {
        context.addIssue({ code: 'custom', path: ['composite_sub_policy'], message: 'needs at least one policy' });
      }
      for (const [i, { policy }] of raw.rate_allocation.entries()) {
        if (names.includes(policy)) continue;
        const message = `no policy of composite_sub_policy is called "${policy}" (valid names: ${names.join(', ')})`;
        context.addIssue({ code: 'custom', path: ['rate_allocation', i, 'policy'], message });
      }
    })
    .transform((raw) => {
      const total = raw.max_total_spans_per_second;
      const shares = new Map(raw.rate_allocation.map(({ policy, percent }) => [policy, percent]));
      const equal = total / raw.composite_sub_policy.length;
      return {
        policies: raw.composite_sub_policy,
        maxTotalSpansPerSecond: total,
        spansPerSecond: raw.composite_sub_policy.map(({ name }) =>
          Math.floor((shares.get(name) ?? 0) > 0 ? (shares.get(name)! / 100) * total : equal),
        ),
      };
    }),
  and: subPolicies('and_sub_policy'),
  drop: subPolicies('drop_sub_policy'),
  not: strictObject({ not_sub_policy: z.lazy(() => policySchema).describe('a policy as above') }).transform((raw) => ({
    policies: [raw.not_sub_policy],
  })),
};

/** When a policy of each type keeps a trace. */
const KEEPS: Readonly<Record<PolicyType, string>> = {
  always_sample: 'keeps every trace',
  trace_flags: 'keeps a trace when a span has the sampled flag',
  latency: 'keeps a trace that lasted so long',
  status_code: 'keeps a trace when a span has such a status',
  probabilistic: 'keeps a trace when the hash of its id falls into the share',
  string_attribute: 'keeps a trace when a resource or span has such a text',
  numeric_attribute: 'keeps a trace when a resource or span has an int in the range',
  boolean_attribute: 'keeps a trace when a resource or span has the value',
  span_count: 'keeps a trace of so many spans',
  ottl_condition: 'keeps a trace when a span, or an event of one, meets a condition in OTTL',
  trace_state: 'keeps a trace when the tracestate of a span has such an entry',
  rate_limiting: 'keeps traces up to a number of spans a second',
  bytes_limiting: 'keeps traces up to a number of bytes a second',
  composite: 'keeps what the first of its policies keeps that says so, up to a number of spans a second for each',
  and: 'keeps a trace that all of its policies keep',
  drop: 'drops a trace that all of its policies match, whatever the others say',
  not: 'keeps a trace that its policy does not keep',
};

const OPTIONAL_BLOCKS: readonly string[] = ['always_sample', 'trace_flags'];
const TYPES = Object.keys(BLOCKS);

/** A policy: its name, its type, and the block that is named like the type. */
export const policySchema: z.ZodType<PolicyConfig> = z
  .lazy(() => envelope)
  .transform((raw, context): PolicyConfig => {
    const { name, type, ...blocks } = raw as { name: string; type: string } & Record<string, unknown>;
    const refuse = (path: readonly (string | number)[], message: string): void => {
      context.addIssue({ code: 'custom', path: [...path], message });
    };
    if (name === '') refuse(['name'], 'policy name cannot be empty');
    if (!TYPES.includes(type)) {
      refuse(['type'], typeMessage(type));
      return z.NEVER;
    }
    for (const other of Object.keys(blocks)) {
      if (other !== type) {
        refuse([other], `policy "${name}" has type "${type}", so its settings belong under "${type}", not "${other}"`);
      }
    }
    if (blocks[type] === undefined && !OPTIONAL_BLOCKS.includes(type)) {
      refuse([], `policy "${name}" has type "${type}", so it needs its settings under "${type}"`);
      return z.NEVER;
    }
    const parsed = BLOCKS[type as PolicyType].safeParse(blocks[type]);
    if (!parsed.success) {
      for (const issue of parsed.error.issues) refuse([type, ...(issue.path as (string | number)[])], issue.message);
      return z.NEVER;
    }
    return { name, type, ...parsed.data } as PolicyConfig;
  });

const envelope: z.ZodType<object> = strictObject({
  name: text('').meta({ description: 'each has one of its own', defaultText: 'required' }),
  type: text().describe('the key of these that has its settings'),
  ...Object.fromEntries(
    Object.entries(BLOCKS).map(([type, block]) => [
      type,
      z
        .unknown()
        .optional()
        .meta({ description: KEEPS[type as PolicyType], readsAs: () => block }),
    ]),
  ),
});

/** golang.org/x/time/rate, as otelcol uses it: by default twice of what comes in a second may pass at once. */
function budget(unit: 'spans' | 'bytes'): z.ZodType<object> {
  return strictObject({
    [`${unit}_per_second`]: integer(0, { min: 0 }).meta({ description: 'kept on average', unit }),
    burst_capacity: integer(0, { min: 0 }).meta({
      description: 'kept at once; a trace that is larger is never kept',
      unit,
      defaultText: `2 x \`${unit}_per_second\``,
    }),
  }).transform((raw): BudgetConfig => {
    const perSecond = raw[`${unit}_per_second`] as number;
    return { perSecond, burst: (raw.burst_capacity as number) || perSecond * 2 };
  });
}

function subPolicies(key: string): z.ZodType<object> {
  return strictObject({ [key]: list(z.lazy(() => policySchema)).describe('policies as above') })
    .refine((raw) => (raw[key] as readonly unknown[]).length > 0, { error: 'needs at least one policy', path: [key] })
    .transform((raw) => ({ policies: raw[key] }));
}

function typeMessage(type: string): string {
  const near = nearest(type, TYPES);
  const hint = near === undefined ? `valid types: ${TYPES.join(', ')}` : `did you mean "${near}"?`;
  return `unknown sampling policy type ${describe(type)} (${hint})`;
}

function checkCondition(
  context: 'span' | 'spanevent',
  condition: string,
  path: (string | number)[],
  refinement: z.core.$RefinementCtx,
): void {
  const mistakes: Mistake[] = [];
  compiled(path, condition, () => parseCondition(context, condition), mistakes);
  for (const { message } of mistakes) refinement.addIssue({ code: 'custom', path, message });
}

function checkRegex(pattern: string, path: (string | number)[], context: z.core.$RefinementCtx): void {
  try {
    RE2JS.compile(pattern);
  } catch (error) {
    context.addIssue({ code: 'custom', path, message: `not a regular expression: ${messageOf(error)}` });
  }
}
