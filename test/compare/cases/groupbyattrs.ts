import type { Signal } from '#pdata';
import type { ReferenceObject } from '../../../src/wire/testing/otlp-reference.ts';
import type { CompareCase, CompareSuite } from '../lib/cases.ts';
import { metricStreams } from '../lib/metric-streams.ts';
import { Dice } from '../lib/random.ts';
import {
  atMs,
  b,
  bytes,
  d,
  i,
  id,
  list,
  logsSample,
  map,
  metricsSample,
  pairs,
  s,
  spansSample,
} from '../lib/samples.ts';

const SEEDS = 12;

function one(name: string, signal: Signal, config: object | null, input: readonly ReferenceObject[]): CompareCase {
  return { name, kind: 'processor', type: 'groupbyattrs', config, signal, input, reads: 'whole', ignoresEmpty: true };
}

const VALUES = [
  s('a'),
  s('b'),
  s(''),
  i(1),
  i('1'),
  d(1),
  b(true),
  bytes('01'),
  list(s('a'), i(1)),
  map({ x: s('1'), y: i(2) }),
  {},
];

function attributesOf(dice: Dice, keys: readonly string[], share: number): ReferenceObject[] {
  const chosen = keys.filter(() => dice.chance(share)).map((key) => [key, VALUES[dice.below(VALUES.length)]!] as const);
  const entries = pairs(Object.fromEntries(chosen));
  return dice.chance(0.3) ? entries.reverse() : entries;
}

const KEYS = ['host', 'pod', 'id'];

/** Resources and scopes of which several are the same, with items that have some of the keys. */
function generated(seed: number, signal: 'traces' | 'logs'): ReferenceObject {
  const dice = new Dice(seed);
  const [resources, scopes, items] =
    signal === 'traces'
      ? (['resourceSpans', 'scopeSpans', 'spans'] as const)
      : (['resourceLogs', 'scopeLogs', 'logRecords'] as const);
  let n = 0;
  const item = (): ReferenceObject => {
    n++;
    const attributes = attributesOf(dice, KEYS, 0.5);
    return signal === 'traces'
      ? {
          name: `span ${n}`,
          traceId: id('01'.repeat(16)),
          spanId: id('02'.repeat(8)),
          startTimeUnixNano: atMs(n),
          attributes,
        }
      : { body: s(`record ${n}`), timeUnixNano: atMs(n), attributes };
  };
  const several = <T>(make: () => T): T[] => Array.from({ length: 1 + dice.below(3) }, make);
  return {
    [resources]: several(() => ({
      resource: { attributes: attributesOf(dice, ['host', 'zone'], 0.5) },
      [scopes]: several(() => ({
        scope: { name: `lib.${dice.below(2)}`, ...(dice.chance(0.5) && { version: '1' }) },
        [items]: several(item),
      })),
    })),
  };
}

const BLOCKS: readonly (object | null)[] = [{ keys: ['host'] }, { keys: ['pod', 'host'] }, {}, { keys: KEYS }];

const GENERATED: readonly CompareCase[] = Array.from({ length: SEEDS }, (_, seed) =>
  BLOCKS.map((block, n) => ({ seed, block, n })),
)
  .flat()
  .flatMap(({ seed, block, n }) => [
    ...(['traces', 'logs'] as const).map((signal) =>
      one(`generated ${signal} ${seed} ${JSON.stringify(block)}`, signal, block, [generated(seed * 4 + n + 1, signal)]),
    ),
    one(
      `generated metrics ${seed} ${JSON.stringify(block)}`,
      'metrics',
      block,
      metricStreams(seed * 4 + n + 1, {
        temporality: n % 2 === 0 ? 'delta' : 'cumulative',
        startMs: 0,
        requests: 2,
        hasHazards: true,
      }),
    ),
  ]);

/** The samples have schema URLs and dropped attributes. */
const SAMPLES: readonly CompareCase[] = [
  one('the sample of traces', 'traces', { keys: ['http.method', 'db.system'] }, [spansSample()]),
  one('the sample of logs', 'logs', { keys: ['log.file'] }, [logsSample()]),
  one('the sample of metrics', 'metrics', { keys: ['method', 'state'] }, [metricsSample()]),
];

const gauge = (name: string, ...points: object[]): ReferenceObject => ({
  name,
  unit: name,
  gauge: { dataPoints: points },
});
const sum = (name: string, more: object): ReferenceObject => ({
  name,
  sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ asInt: '1' }], ...more },
});
const scopes = (...scopeMetrics: object[]): ReferenceObject => ({ resourceMetrics: [{ scopeMetrics }] });

const WRITTEN: readonly CompareCase[] = [
  one('metrics of one name and several types', 'metrics', { keys: ['a'] }, [
    scopes({ metrics: [gauge('m', { asInt: '1' }), sum('m', {}), gauge('m', { asInt: '2' })] }),
  ]),
  one('metrics of one name and several temporalities', 'metrics', {}, [
    scopes({ metrics: [sum('m', {}), sum('m', { aggregationTemporality: 1 }), sum('m', { isMonotonic: false })] }),
  ]),
  one('metrics of several scopes', 'metrics', {}, [
    scopes(
      { scope: { name: 'a' }, metrics: [gauge('m', { asInt: '1' })] },
      { scope: { name: 'a', attributes: pairs({ x: s('y') }) }, metrics: [gauge('m', { asInt: '2' })] },
      { scope: { name: 'a', version: '1' }, metrics: [gauge('m', { asInt: '3' })] },
    ),
  ]),
  one('no resource', 'logs', { keys: ['a'] }, [
    { resourceLogs: [{ scopeLogs: [{ logRecords: [{ attributes: pairs({ a: s('1') }) }, { body: s('x') }] }] }] },
  ]),
  one('the same key twice, and an empty one', 'logs', { keys: ['a', '', 'a'] }, [
    { resourceLogs: [{ scopeLogs: [{ logRecords: [{ attributes: pairs({ a: s('1'), '': s('2') }) }] }] }] },
  ]),
  one('no block', 'logs', null, [logsSample(), logsSample()]),
  one('the block {"key":"a"}', 'logs', { key: 'a' }, []),
];

/** Items of all signals that go to other resources, or just come together. */
export const groupByAttrsSuite: CompareSuite = {
  name: 'groupbyattrs',
  cases: [...GENERATED, ...SAMPLES, ...WRITTEN],
};
