import type { ReferenceObject } from '../../../src/wire/testing/otlp-reference.ts';
import type { CompareCase, CompareSuite } from '../lib/cases.ts';
import { EXEMPLAR, metricStreams, oneMetric } from '../lib/metric-streams.ts';
import { atMs, metricsSample, pairs, s } from '../lib/samples.ts';

const SEEDS = 24;

function one(name: string, config: object, input: readonly ReferenceObject[]): CompareCase {
  return {
    name,
    kind: 'processor',
    type: 'interval',
    // What is held comes at the end of the collector.
    config: { interval: '10m', ...config },
    signal: 'metrics',
    input,
    reads: 'whole',
    ignoresEmpty: true,
  };
}

const PASSES: readonly object[] = [
  {},
  { pass_through: { gauge: true } },
  { pass_through: { summary: true } },
  { pass_through: { gauge: true, summary: true } },
];

const GENERATED: readonly CompareCase[] = Array.from({ length: SEEDS }, (_, seed) => {
  const temporality = seed % 4 === 3 ? 'delta' : 'cumulative';
  const input = metricStreams(seed + 1, { temporality, startMs: 0, requests: 4, hasHazards: seed % 2 === 1 });
  return one(`generated ${seed}`, PASSES[seed % PASSES.length]!, input);
});

const gauge = (...points: object[]): ReferenceObject =>
  oneMetric({
    name: 'm',
    gauge: { dataPoints: points.map((point) => ({ attributes: pairs({ a: s('b') }), ...point })) },
  });

const WRITTEN: readonly CompareCase[] = [
  one('the newest counts', {}, [
    gauge({ asInt: '1', timeUnixNano: atMs(1) }, { asInt: '2', timeUnixNano: atMs(3) }),
    gauge({ asInt: '3', timeUnixNano: atMs(2) }),
  ]),
  one('of two of a time the first', {}, [
    gauge({ asInt: '1', timeUnixNano: atMs(1) }, { asInt: '2', timeUnixNano: atMs(1) }),
  ]),
  one('no time', {}, [gauge({ asInt: '1' }, { asInt: '2' }), gauge({ asInt: '3', timeUnixNano: atMs(1) })]),
  one('exemplars and flags', {}, [gauge({ asInt: '1', exemplars: [EXEMPLAR], flags: 1 })]),
  one('another unit', {}, [
    oneMetric({ name: 'm', unit: 's', gauge: { dataPoints: [{ asInt: '1' }] } }),
    oneMetric({ name: 'm', unit: 'ms', gauge: { dataPoints: [{ asInt: '2' }] } }),
  ]),
  one('the sample', {}, [metricsSample()]),
  one('metadata', {}, [
    oneMetric({
      name: 'm',
      metadata: pairs({ 'prometheus.type': s('gauge') }),
      gauge: { dataPoints: [{ asInt: '1' }] },
    }),
  ]),
];

const BLOCKS: readonly object[] = [
  { interval: '0s' },
  { interval: '-1s' },
  { interval: 'often' },
  { pass_through: { sum: true } },
  { gauge_pass_through: true },
];

/** Points of all kinds, and what is left of them at the end. */
export const intervalSuite: CompareSuite = {
  name: 'interval',
  cases: [
    ...GENERATED,
    ...WRITTEN,
    ...BLOCKS.map((block) => one(`the block ${JSON.stringify(block)}`, block, [metricsSample()])),
  ],
};
