import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type TailSamplingConfig, tailSamplingSchema, validateTailSampling } from './config.ts';

/** The messages of all mistakes, each with its path. */
function mistakes(config: unknown): string[] {
  const parsed = tailSamplingSchema.safeParse(config);
  if (!parsed.success) return parsed.error.issues.map((issue) => `${issue.path.join('::')}: ${issue.message}`);
  return validateTailSampling(parsed.data).map((mistake) => `${mistake.path.join('::')}: ${mistake.message}`);
}

const policies = [{ name: 'all', type: 'always_sample' }];

describe('tail_sampling configuration', () => {
  test('has the defaults of otelcol-contrib, and caches', () => {
    expect(tailSamplingSchema.parse({ policies })).toEqual({
      decisionWaitMs: 30_000,
      decisionWaitAfterRootReceivedMs: 0,
      numTraces: 50_000,
      expectedNewTracesPerSec: 0,
      blockOnOverflow: false,
      decidesOnIngest: false,
      sampleOnFirstMatch: false,
      dropPendingTracesOnShutdown: false,
      maximumTraceSizeBytes: 0,
      sampledCacheSize: 200_000,
      nonSampledCacheSize: 200_000,
      policies: [{ name: 'all', type: 'always_sample' }],
    });
  });

  test('a cache size of 0 is kept', () => {
    const config = tailSamplingSchema.parse({ policies, decision_cache: { sampled_cache_size: 0 } });
    expect(config).toMatchObject({ sampledCacheSize: 0, nonSampledCacheSize: 200_000 });
  });

  test("takes the article's block", () => {
    const config = tailSamplingSchema.parse(
      parse(`
decision_wait: 10s
num_traces: 50000
policies:
  - name: errors-policy
    type: status_code
    status_code:
      status_codes: [ERROR]
  - name: slow-traces
    type: latency
    latency:
      threshold_ms: 1000
  - name: probabilistic-sample
    type: probabilistic
    probabilistic:
      sampling_percentage: 5
  - name: always-sample-payment
    type: string_attribute
    string_attribute:
      key: "service.name"
      values: ["payment-service"]
`),
    ) as TailSamplingConfig;
    expect(validateTailSampling(config)).toEqual([]);
    expect(config.policies).toEqual([
      { name: 'errors-policy', type: 'status_code', statusCodes: ['ERROR'] },
      { name: 'slow-traces', type: 'latency', thresholdMs: 1000, upperThresholdMs: 0, thresholdInclusive: false },
      { name: 'probabilistic-sample', type: 'probabilistic', samplingPercentage: 5, hashSalt: '' },
      {
        name: 'always-sample-payment',
        type: 'string_attribute',
        key: 'service.name',
        values: ['payment-service'],
        enabledRegexMatching: false,
        cacheMaxSize: 128,
        invertMatch: false,
      },
    ]);
  });

  test.each([
    { name: 'no policies', yaml: {}, want: ['policies: at least one policy is required'] },
    {
      name: 'a name twice',
      yaml: { policies: [...policies, ...policies] },
      want: ['policies::1::name: duplicate policy name "all"'],
    },
    {
      name: 'no name',
      yaml: { policies: [{ type: 'always_sample' }] },
      want: ['policies::0::name: policy name cannot be empty'],
    },
    {
      name: 'an unknown type',
      yaml: { policies: [{ name: 'x', type: 'latencey' }] },
      want: ['policies::0::type: unknown sampling policy type "latencey" (did you mean "latency"?)'],
    },
    {
      name: 'no condition',
      yaml: { policies: [{ name: 'x', type: 'ottl_condition', ottl_condition: { span: [] } }] },
      want: [/^policies::0::ottl_condition: expected at least one OTTL condition/],
    },
    {
      name: 'a condition with a mistake',
      yaml: { policies: [{ name: 'x', type: 'ottl_condition', ottl_condition: { spanevent: ['nam == "x"'] } }] },
      want: [/^policies::0::ottl_condition::spanevent::0: .*nam/],
    },
    {
      name: "another type's block",
      yaml: { policies: [{ name: 'x', type: 'always_sample', latency: { threshold_ms: 1 } }] },
      want: [
        'policies::0::latency: policy "x" has type "always_sample", so its settings belong under "always_sample", not "latency"',
      ],
    },
    {
      name: 'no block',
      yaml: { policies: [{ name: 'x', type: 'latency' }] },
      want: ['policies::0: policy "x" has type "latency", so it needs its settings under "latency"'],
    },
    {
      name: 'an unknown key in a block',
      yaml: { policies: [{ name: 'x', type: 'latency', latency: { threshold: 1 } }] },
      want: ['policies::0::latency: has invalid keys: threshold (did you mean "threshold_ms"?)'],
    },
    {
      name: 'a bad pattern',
      yaml: {
        policies: [
          {
            name: 'x',
            type: 'string_attribute',
            string_attribute: { key: 'k', values: ['('], enabled_regex_matching: true },
          },
        ],
      },
      want: [/^policies::0::string_attribute::values::0: not a regular expression: /],
    },
    {
      name: 'no status code',
      yaml: { policies: [{ name: 'x', type: 'status_code', status_code: {} }] },
      want: ['policies::0::status_code::status_codes: expected at least one status code to filter on'],
    },
    {
      name: 'a mistake in a policy of a policy',
      yaml: { policies: [{ name: 'x', type: 'and', and: { and_sub_policy: [{ name: 'y', type: 'nope' }] } }] },
      want: [/^policies::0::and::and_sub_policy::0::type: unknown sampling policy type "nope"/],
    },
    {
      name: 'a range that is upside down',
      yaml: {
        policies: [
          { name: 'x', type: 'numeric_attribute', numeric_attribute: { key: 'k', min_value: 2, max_value: 1 } },
        ],
      },
      want: ['policies::0::numeric_attribute: min_value must not be greater than max_value'],
    },
    {
      name: 'a limit with span-ingest',
      yaml: {
        policies: [
          { name: 'x', type: 'span_count', span_count: { min_spans: 2 } },
          {
            name: 'y',
            type: 'not',
            not: { not_sub_policy: { name: 'z', type: 'span_count', span_count: { max_spans: 2 } } },
          },
        ],
        sampling_strategy: 'span-ingest',
      },
      want: [/^policies::1: with sampling_strategy "span-ingest" .* policy "y" may not/],
    },
    {
      name: 'an extension that stores traces',
      yaml: { policies, tail_storage: 'file_storage' },
      want: [/^tail_storage: is not supported: traces wait in memory/],
    },
    { name: 'no wait', yaml: { policies, decision_wait: '0s' }, want: ['decision_wait: must be greater than zero'] },
  ])('refuses $name', ({ yaml, want }) => {
    const found = mistakes(yaml);
    expect(found).toHaveLength(want.length);
    want.forEach((text, i) => {
      if (typeof text === 'string') expect(found[i]).toBe(text);
      else expect(found[i]).toMatch(text);
    });
  });
});
