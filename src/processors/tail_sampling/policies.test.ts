import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fakeSettings, RecordingConsumer } from '#component/testing.ts';
import type { SpanChunk } from '#pdata';
import { STATUS_ERROR, STATUS_OK } from '#pdata';
import { type TestResource, traceIdOf, traces } from '../testing/spans.ts';
import { type TailSamplingConfig, tailSamplingSchema } from './config.ts';
import { probabilisticSampler, thresholdOf } from './probabilistic.ts';
import { TailSamplingProcessor } from './tail-sampling.ts';

/** The names of the traces (each span is named like its trace) that the policies keep of these resources, sorted. */
async function kept(policies: readonly object[], ...resources: TestResource[]): Promise<string[]> {
  const settings = fakeSettings({ id: 'tail_sampling' });
  const next = new RecordingConsumer();
  const named = policies.map((policy, i) => ({ name: `p${i}`, ...policy }));
  const config = tailSamplingSchema.parse({ decision_wait: '1s', policies: named }) as TailSamplingConfig;
  const sampler = new TailSamplingProcessor(settings, config, next);
  await sampler.start();
  for (const resource of resources) {
    const spans = resource.spans.map((span) => ({ name: span.trace, ...span }));
    await sampler.consume(traces([{ ...resource, spans }]));
  }
  await settings.clock.advance(3000);
  const names = new Set<string>();
  for (const chunk of next.batches.flatMap((batch) => batch.chunks)) {
    const view = (chunk as SpanChunk).view();
    for (let i = 0; i < chunk.count; i++) {
      view.row = chunk.rowAt(i);
      names.add(view.name);
    }
  }
  return [...names].sort();
}

describe('status_code', () => {
  const spans = [
    { trace: 'error' },
    { trace: 'error', status: STATUS_ERROR },
    { trace: 'ok', status: STATUS_OK },
    { trace: 'unset' },
  ];
  test.each([
    { codes: ['ERROR'], want: ['error'] },
    { codes: ['OK'], want: ['ok'] },
    { codes: ['UNSET'], want: ['error', 'unset'] },
    { codes: ['OK', 'ERROR'], want: ['error', 'ok'] },
  ])('$codes', async ({ codes, want }) => {
    expect(await kept([{ type: 'status_code', status_code: { status_codes: codes } }], { spans })).toEqual(want);
  });
});

describe('ottl_condition', () => {
  const spans = [
    { trace: 'slow', attributes: { 'db.system': 'redis', rows: 3 } },
    { trace: 'slow', attributes: { rows: 4000 } },
    { trace: 'text', attributes: { rows: 'many' } },
    { trace: 'other', attributes: { rows: 7 } },
  ];
  const resource = { attributes: { 'service.name': 'shop' }, spans };
  const policy = (ottl_condition: object): object => ({ type: 'ottl_condition', ottl_condition });

  test.each<[string, object, string[]]>([
    ['a span meets it', { span: ['attributes["rows"] > 1000'] }, ['slow']],
    [
      'one of several, with and without prefix',
      { span: ['name == "other"', 'span.name == "text"'] },
      ['other', 'text'],
    ],
    ['what a span belongs to', { span: ['resource.attributes["service.name"] == "shop"'] }, ['other', 'slow', 'text']],
    [
      'a condition that fails is passed over',
      { span: ['Log(attributes["rows"]) > 8', 'name == "text"'] },
      ['slow', 'text'],
    ],
    ['events: nobody has one', { spanevent: ['name != ""'] }, []],
  ])('%s', async (_, block, want) => {
    expect(await kept([policy(block)], resource)).toEqual(want);
  });

  test('with propagate the policy says nothing of a trace for which a condition failed, the others do', async () => {
    const block = { error_mode: 'propagate', span: ['Int(Log(attributes["rows"])) >= 0'] };
    expect(await kept([policy(block)], resource)).toEqual(['other', 'slow']);
    expect(await kept([policy(block), { type: 'always_sample' }], resource)).toEqual(['other', 'slow', 'text']);
    const not = { type: 'not', not: { not_sub_policy: { name: 'inner', ...policy(block) } } };
    expect(await kept([not], resource)).toEqual([]);
  });
});

describe('latency', () => {
  // From the earliest start to the latest end, whatever the order of arrival.
  const spans = [
    { trace: '999.9', startMs: 100, endMs: 1099.9 },
    { trace: '1000', startMs: 500, endMs: 1000 },
    { trace: '1000', startMs: 0, endMs: 400 },
    { trace: '1001', startMs: 0, endMs: 1001 },
    { trace: '5000', startMs: 0, endMs: 5000 },
    { trace: '5001', startMs: 0, endMs: 20 },
    { trace: '5001', startMs: 4000, endMs: 5001 },
    { trace: 'backwards', startMs: 6000, endMs: 1 },
  ];
  test.each([
    { name: 'since 0.157: beyond the threshold', latency: { threshold_ms: 1000 }, want: ['1001', '5000', '5001'] },
    {
      name: 'before: from the threshold on',
      latency: { threshold_ms: 1000, threshold_inclusive: true },
      want: ['1000', '1001', '5000', '5001'],
    },
    {
      name: 'up to the upper threshold',
      latency: { threshold_ms: 1000, upper_threshold_ms: 5000 },
      want: ['1001', '5000'],
    },
  ])('$name', async ({ latency, want }) => {
    expect(await kept([{ type: 'latency', latency }], { spans })).toEqual(want);
  });

  test('spans in separate requests count together', async () => {
    const early = { spans: [{ trace: 'a', startMs: 0, endMs: 1 }] };
    const late = { spans: [{ trace: 'a', startMs: 1500, endMs: 1501 }] };
    expect(await kept([{ type: 'latency', latency: { threshold_ms: 1000 } }], late, early)).toEqual(['a']);
  });
});

describe('string_attribute', () => {
  const policy = (block: object) => ({ type: 'string_attribute', string_attribute: block });
  const onResource = (service: string, trace: string): TestResource => ({
    attributes: { 'service.name': service },
    spans: [{ trace }],
  });

  test('the article: all traces that pass through one service', async () => {
    const result = await kept(
      [policy({ key: 'service.name', values: ['payment-service'] })],
      onResource('payment-service', 'paid'),
      onResource('order-service', 'paid'),
      onResource('order-service', 'other'),
      onResource('payment-service-2', 'prefix'),
    );
    expect(result).toEqual(['paid']);
  });

  test.each([
    { name: 'exact', block: { values: ['checkout', 'cart'] }, want: ['cart', 'checkout'] },
    { name: 'the empty value matches nothing', block: { values: [''] }, want: [] },
    {
      name: 'pattern, anywhere',
      block: { values: ['^ca', 'out$'], enabled_regex_matching: true },
      want: ['cart', 'checkout'],
    },
    {
      name: 'inverted: unless some span matches',
      block: { values: ['cart'], invert_match: true },
      want: ['checkout', 'empty', 'none', 'number', 'search'],
    },
    {
      name: 'a cache of one',
      block: { values: ['ch'], enabled_regex_matching: true, cache_max_size: 1 },
      want: ['checkout', 'search'],
    },
  ])('on spans: $name', async ({ block, want }) => {
    const spans = [
      { trace: 'checkout', attributes: { page: 'checkout' } },
      { trace: 'cart', attributes: { other: 'checkout', page: 'cart' } },
      { trace: 'search', attributes: { page: 'search' } },
      { trace: 'search', attributes: { page: 'search' } },
      { trace: 'number', attributes: { page: 7 } },
      { trace: 'empty', attributes: { page: '' } },
      { trace: 'none' },
    ];
    expect(await kept([policy({ key: 'page', ...block })], { spans })).toEqual(want);
  });

  test('long keys and values', async () => {
    const key = 'k'.repeat(300);
    const value = 'v'.repeat(40_000);
    const spans = [
      { trace: 'long', attributes: { [key]: value } },
      { trace: 'short', attributes: { [key]: 'v' } },
    ];
    expect(await kept([policy({ key, values: [value] })], { spans })).toEqual(['long']);
  });
});

describe('other attributes', () => {
  const spans = [
    { trace: 'a', attributes: { n: 5, flag: true } },
    { trace: 'b', attributes: { n: -3, flag: false } },
    { trace: 'c', attributes: { n: 5.5, flag: 'true' } },
    { trace: 'd' },
  ];
  test.each([
    { name: 'numeric: ends included', policy: { min_value: 5, max_value: 5 }, want: ['a'] },
    { name: 'numeric: open below', policy: { max_value: 0 }, want: ['b'] },
    { name: 'numeric: open above', policy: { min_value: -3 }, want: ['a', 'b'] },
    { name: 'numeric: inverted', policy: { min_value: 0, invert_match: true }, want: ['b', 'c', 'd'] },
  ])('$name', async ({ policy, want }) => {
    const result = await kept([{ type: 'numeric_attribute', numeric_attribute: { key: 'n', ...policy } }], { spans });
    expect(result).toEqual(want);
  });

  test.each([
    { name: 'true', block: { value: true }, want: ['a'] },
    { name: 'false', block: { value: false }, want: ['b'] },
    { name: 'inverted', block: { value: true, invert_match: true }, want: ['b', 'c', 'd'] },
  ])('boolean: $name', async ({ block, want }) => {
    const policy = { type: 'boolean_attribute', boolean_attribute: { key: 'flag', ...block } };
    expect(await kept([policy], { spans })).toEqual(want);
  });

  test('on a resource', async () => {
    const policy = { type: 'numeric_attribute', numeric_attribute: { key: 'n', min_value: 1, max_value: 9 } };
    const result = await kept(
      [policy],
      { attributes: { n: 5 }, spans: [{ trace: 'yes' }] },
      { attributes: { n: 50 }, spans: [{ trace: 'no' }] },
    );
    expect(result).toEqual(['yes']);
  });
});

describe('the rest', () => {
  const spans = [
    { trace: 'one', traceState: 'a=1,vendor=x', flags: 0x100 },
    { trace: 'two', traceState: ' vendor=y , b=2', flags: 0x101 },
    { trace: 'two' },
    { trace: 'three', flags: 0 },
    { trace: 'three' },
    { trace: 'three' },
  ];
  const one = { type: 'span_count', span_count: { max_spans: 1 } };
  const flagged = { type: 'trace_flags' };
  const named = (policy: object, i: number) => ({ name: `sub${i}`, ...policy });
  test.each([
    { name: 'always_sample', policies: [{ type: 'always_sample' }], want: ['one', 'three', 'two'] },
    {
      name: 'span_count',
      policies: [{ type: 'span_count', span_count: { min_spans: 2, max_spans: 2 } }],
      want: ['two'],
    },
    {
      name: 'span_count without an end',
      policies: [{ type: 'span_count', span_count: { min_spans: 2 } }],
      want: ['three', 'two'],
    },
    {
      name: 'trace_state',
      policies: [{ type: 'trace_state', trace_state: { key: 'vendor', values: ['y', 'z'] } }],
      want: ['two'],
    },
    { name: 'trace_flags', policies: [flagged], want: ['two'] },
    { name: 'several: any of them', policies: [one, flagged], want: ['one', 'two'] },
    { name: 'and', policies: [{ type: 'and', and: { and_sub_policy: [one, flagged].map(named) } }], want: [] },
    { name: 'not', policies: [{ type: 'not', not: { not_sub_policy: named(one, 0) } }], want: ['three', 'two'] },
    {
      name: 'drop wins',
      policies: [{ type: 'always_sample' }, { type: 'drop', drop: { drop_sub_policy: [named(flagged, 0)] } }],
      want: ['one', 'three'],
    },
  ])('$name', async ({ policies, want }) => {
    expect(await kept(policies, { spans })).toEqual(want);
  });

  test('more conditions than fit into a word', async () => {
    const policies = Array.from({ length: 70 }, (_, i) => ({
      type: 'string_attribute',
      string_attribute: { key: 'n', values: [`value ${i}`] },
    }));
    const all = Array.from({ length: 72 }, (_, i) => ({ trace: `t${i}`, attributes: { n: `value ${i}` } }));
    expect(await kept(policies, { spans: all })).toHaveLength(70);
  });
});

describe('probabilistic', () => {
  /** FNV-1a-64 in big integers, the plain way. */
  function hashOf(bytes: Uint8Array): bigint {
    let hash = 0xcbf29ce484222325n;
    for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffff_ffff_ffff_ffffn;
    return hash;
  }

  test('compares the FNV-1a-64 of salt and trace id with the share of the range', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.string({ maxLength: 8 }),
        fc.double({ min: 0.001, max: 100, noNaN: true }),
        (id, salt, percentage) => {
          const salted = Buffer.concat([Buffer.from(salt === '' ? 'default-hash-seed' : salt), id]);
          // The threshold rounds in its 64th bit; a hash so close to it won't come up.
          const share = Number(hashOf(salted)) / 2 ** 64;
          expect(probabilisticSampler(percentage, salt)(id)).toBe(share <= percentage / 100);
        },
      ),
    );
  });

  test.each([
    { ratio: 0, want: 0n },
    { ratio: -1, want: 0n },
    { ratio: 0.5, want: 2n ** 63n - 1n },
    { ratio: 1, want: 2n ** 64n - 1n },
    { ratio: 2, want: 2n ** 64n - 1n },
    // 0.05 is 3602879701896397 * 2^-56.
    { ratio: 0.05, want: (3602879701896397n * (2n ** 64n - 1n)) >> 56n },
  ])('the threshold of $ratio is $want', ({ ratio, want }) => {
    expect(thresholdOf(ratio)).toBe(want);
  });

  test('keeps about its share of traces, each as a whole', async () => {
    const spans = Array.from({ length: 4000 }, (_, i) => ({ trace: `trace ${i >> 1}` }));
    const result = await kept([{ type: 'probabilistic', probabilistic: { sampling_percentage: 10 } }], { spans });
    expect(result.length).toBeGreaterThan(120);
    expect(result.length).toBeLessThan(280);
    const sampler = probabilisticSampler(10, '');
    expect(result.every((trace) => sampler(traceIdOf(trace)))).toBe(true);
  });
});

describe('limits', () => {
  const trace = (name: string, spanCount: number): TestResource => ({
    spans: Array.from({ length: spanCount }, () => ({ trace: name })),
  });

  test('rate_limiting keeps what fits into the burst, and a smaller trace after one that does not', async () => {
    const policies = [{ type: 'rate_limiting', rate_limiting: { spans_per_second: 1, burst_capacity: 5 } }];
    expect(await kept(policies, trace('a', 3), trace('b', 3), trace('c', 2))).toEqual(['a', 'c']);
  });

  test('by default twice of a second may pass at once, and a larger trace never', async () => {
    const policies = [{ type: 'rate_limiting', rate_limiting: { spans_per_second: 2 } }];
    expect(await kept(policies, trace('large', 5), trace('fits', 4), trace('late', 1))).toEqual(['fits']);
    expect(await kept([{ type: 'rate_limiting', rate_limiting: {} }], trace('a', 1))).toEqual([]);
  });

  test('bytes_limiting counts bytes', async () => {
    const limit = (bytes: number) => [
      { type: 'bytes_limiting', bytes_limiting: { bytes_per_second: bytes, burst_capacity: bytes } },
    ];
    expect(await kept(limit(1), trace('a', 1))).toEqual([]);
    expect(await kept(limit(100_000), trace('a', 1), trace('b', 100))).toEqual(['a', 'b']);
  });

  test('and of a condition and a limit uses the limit up only where the condition holds', async () => {
    const policies = [
      {
        type: 'and',
        and: {
          and_sub_policy: [
            { name: 'many', type: 'span_count', span_count: { min_spans: 2 } },
            { name: 'limit', type: 'rate_limiting', rate_limiting: { spans_per_second: 1, burst_capacity: 2 } },
          ],
        },
      },
    ];
    expect(await kept(policies, trace('one', 1), trace('two', 2), trace('also two', 2))).toEqual(['two']);
  });

  const composite = (over: object) => [
    {
      type: 'composite',
      composite: {
        max_total_spans_per_second: 10,
        composite_sub_policy: [
          { name: 'large', type: 'span_count', span_count: { min_spans: 3 } },
          { name: 'rest', type: 'always_sample' },
        ],
        ...over,
      },
    },
  ];
  const all = [trace('l1', 4), trace('l2', 4), trace('r1', 2), trace('r2', 2), trace('r3', 2)];

  test('composite gives its policies equal shares of a second', async () => {
    expect(await kept(composite({}), ...all)).toEqual(['l1', 'r1', 'r2']);
  });

  test('or those of rate_allocation, and what the first policy keeps is not asked of the next', async () => {
    const rate_allocation = [
      { policy: 'large', percent: 80 },
      { policy: 'rest', percent: 20 },
    ];
    expect(await kept(composite({ rate_allocation }), ...all)).toEqual(['l1', 'l2', 'r1']);
    expect(await kept(composite({ rate_allocation }), trace('l1', 9))).toEqual([]);
  });

  test('an allocation of a policy that is not there is a mistake', () => {
    const [policy] = composite({ rate_allocation: [{ policy: 'other', percent: 5 }] });
    const { error } = tailSamplingSchema.safeParse({ policies: [{ name: 'c', ...policy }] });
    expect(error?.issues[0]?.message).toContain('no policy of composite_sub_policy is called "other"');
  });
});

test('a budget fills up again with the time', async () => {
  const settings = fakeSettings({ id: 'tail_sampling' });
  const next = new RecordingConsumer();
  const policy = { name: 'p', type: 'rate_limiting', rate_limiting: { spans_per_second: 1, burst_capacity: 2 } };
  const config = tailSamplingSchema.parse({ decision_wait: '1s', policies: [policy] }) as TailSamplingConfig;
  const sampler = new TailSamplingProcessor(settings, config, next);
  await sampler.start();
  const counts: number[] = [];
  for (const name of ['a', 'b', 'c']) {
    await sampler.consume(
      traces([
        {
          spans: [
            { trace: name, name },
            { trace: name, name },
          ],
        },
      ]),
    );
    await settings.clock.advance(name === 'b' ? 4000 : 1100);
    counts.push(next.itemCount);
  }
  await settings.clock.advance(3000);
  await sampler.shutdown(1000);
  expect(next.itemCount).toBe(4);
  expect(counts[1]).toBeLessThanOrEqual(2);
});
