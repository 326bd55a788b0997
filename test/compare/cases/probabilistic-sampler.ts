import type { ReferenceObject } from '../../../src/wire/testing/otlp-reference.ts';
import type { CompareCase, CompareSuite } from '../lib/cases.ts';
import { Dice } from '../lib/random.ts';
import { atMs, d, i, id, pairs, s } from '../lib/samples.ts';

const TRACES = 2000;
const STATES = [
  '',
  '',
  'vendor=a',
  'ot=th:8',
  'ot=th:c;rv:fedcba98765432',
  'ot=rv:00000000000000,vendor=b',
  'ot=th:0',
  'ot=th:x',
];

function traceId(dice: Dice): Uint8Array {
  return Uint8Array.from({ length: 16 }, () => dice.below(256));
}

/** A span each of many traces. */
function traces(count: number): ReferenceObject {
  const dice = new Dice(7);
  return {
    resourceSpans: [
      {
        resource: { attributes: pairs({ 'service.name': s('shop') }) },
        scopeSpans: [
          {
            spans: Array.from({ length: count }, (_, n) => ({
              traceId: traceId(dice),
              spanId: id((n + 1).toString(16).padStart(16, '0')),
              traceState: dice.pick(...STATES),
              name: `span ${n}`,
              ...(dice.chance(0.2) && {
                attributes: pairs({ 'sampling.priority': dice.pick(i(0), i(1), s('1'), s('0'), s('x'), d(0.5)) }),
              }),
            })),
          },
        ],
      },
    ],
  };
}

/** Log records, most of them of a trace or with an attribute to decide by. */
function logs(count: number): ReferenceObject {
  const dice = new Dice(9);
  return {
    resourceLogs: [
      {
        scopeLogs: [
          {
            logRecords: Array.from({ length: count }, (_, n) => ({
              timeUnixNano: atMs(n),
              body: s(`record ${n}`),
              ...(dice.chance(0.7) && { traceId: traceId(dice) }),
              attributes: pairs({
                user: s(`u${dice.below(1000)}`),
                ...(dice.chance(0.3) && { priority: dice.pick(i(0), i(100), d(50), s('100'), i(7)) }),
                ...(dice.chance(0.3) && { 'sampling.threshold': s(dice.pick('8', 'c', 'x')) }),
                ...(dice.chance(0.3) && { 'sampling.randomness': s(dice.pick('fedcba98765432', '00000000000000')) }),
              }),
            })),
          },
        ],
      },
    ],
  };
}

const MANY = [traces(TRACES)];
const FEW = [traces(60)];
const LOGS = [logs(200)];

function one(name: string, config: object, more: Pick<CompareCase, 'signal' | 'input' | 'reads'>): CompareCase {
  return { name, kind: 'processor', type: 'probabilistic_sampler', config, ignoresEmpty: true, ...more };
}

const BLOCKS: readonly object[] = [
  ...[0, 0.1, 5, 33.3, 50, 99.9, 100, 150].map((sampling_percentage) => ({ sampling_percentage })),
  ...['hash_seed', 'proportional', 'equalizing'].flatMap((mode) =>
    [0.01, 12.5, 50, 75, 100].flatMap((sampling_percentage) => [
      { mode, sampling_percentage },
      { mode, sampling_percentage, fail_closed: false },
    ]),
  ),
  { sampling_percentage: 25, hash_seed: 22 },
  ...[1, 2, 14].map((sampling_precision) => ({ mode: 'proportional', sampling_percentage: 33.3, sampling_precision })),
  { mode: 'equalizing', sampling_percentage: 33.3, sampling_precision: 3 },
];
const OF_LOGS: readonly object[] = [
  { sampling_percentage: 30, attribute_source: 'record', from_attribute: 'user' },
  { sampling_percentage: 30, from_attribute: 'user' },
  { sampling_percentage: 30, sampling_priority: 'priority' },
  { sampling_percentage: 30, attribute_source: 'record', from_attribute: 'user', sampling_priority: 'priority' },
  { sampling_percentage: 30, attribute_source: 'record', from_attribute: 'absent' },
  { sampling_percentage: 30, attribute_source: 'record', from_attribute: 'absent', fail_closed: false },
];
const REFUSED: readonly object[] = [
  { sampling_percentage: -1 },
  { sampling_percentage: 1e-20 },
  { mode: 'random' },
  { sampling_precision: 0 },
  { sampling_precision: 15 },
  { attribute_source: 'span' },
  { nonsense: true },
];

/** Which spans and log records are kept, and what then stands in their trace states. */
export const probabilisticSamplerSuite: CompareSuite = {
  name: 'probabilistic_sampler',
  cases: [
    ...BLOCKS.flatMap((block) => [
      one(`many traces ${JSON.stringify(block)}`, block, { signal: 'traces', input: MANY, reads: 'traces' }),
      one(`spans ${JSON.stringify(block)}`, block, { signal: 'traces', input: FEW, reads: 'whole' }),
      one(`records ${JSON.stringify(block)}`, block, { signal: 'logs', input: LOGS, reads: 'whole' }),
    ]),
    ...OF_LOGS.map((block) =>
      one(`records ${JSON.stringify(block)}`, block, { signal: 'logs', input: LOGS, reads: 'whole' }),
    ),
    ...REFUSED.map((block) =>
      one(`the block ${JSON.stringify(block)}`, block, { signal: 'traces', input: FEW, reads: 'whole' }),
    ),
  ],
};
