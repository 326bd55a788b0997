import { beforeAll, describe, expect, test } from 'vitest';
import { DEVIATIONS } from './deviations.ts';
import type { CompareSuite, Outcome } from './lib/cases.ts';
import { hashOf, readFixtures } from './lib/fixtures.ts';
import { judge, printDifference, type Verdict } from './lib/judge.ts';
import { runOurs } from './lib/ours.ts';
import { SUITES } from './suites.ts';

/** Ten thousand traces for each of fifty policies are 15 s on a machine at rest. */
const LIMIT_MS = 300_000;

/** So many cases of each suite, evenly spread, for a check that must be quick; `Infinity` for all. */
const GIVEN = process.env.COMPARE_SAMPLE;
const SAMPLE = Number(GIVEN ?? Number.POSITIVE_INFINITY);
/** Where nothing else is said, one of three: each case is ten thousand traces. */
const HEAVY: ReadonlySet<string> = new Set(['tail_sampling']);

function sampled(suite: CompareSuite): CompareSuite {
  const { name, cases, casesAtOnce = SAMPLE } = suite;
  if (GIVEN === undefined && HEAVY.has(name)) return { ...suite, cases: cases.filter((_, i) => i % 3 === 0) };
  // Where few run at once each of them is much work.
  const count = Math.min(SAMPLE, Math.ceil(casesAtOnce / 5));
  if (SAMPLE >= cases.length) return suite;
  const step = cases.length / count;
  return { ...suite, cases: Array.from({ length: count }, (_, i) => cases[Math.floor(i * step)]!) };
}

/** Our answers beside those that otelcol gave to the same input, which are kept as fixtures. `npm run compare` asks a real one. */

test('every deviation belongs to a suite', () => {
  const names = SUITES.map(({ name }) => name);
  expect(DEVIATIONS.filter(({ suite }) => !names.includes(suite))).toEqual([]);
});

describe.each(SUITES.map(sampled))('$name', (suite) => {
  const isWhole = SUITES.includes(suite);
  const { byName } = readFixtures(suite.name);
  let verdict: Verdict;

  test('each case has an answer of otelcol, and each answer a case', () => {
    const unanswered = suite.cases.filter((one) => byName.get(one.name)?.sent !== hashOf(one));
    expect(unanswered.map(({ name }) => `${name}: npm run compare -- --update ${suite.name}`)).toEqual([]);
    if (isWhole) expect(byName.size).toBe(suite.cases.length);
  });

  beforeAll(async () => {
    const end = await suite.around?.();
    const ours = await runOurs(suite.cases).finally(end);
    const theirs = (index: number): Outcome => byName.get(suite.cases[index]!.name)?.outcome ?? { text: 'no answer' };
    verdict = judge(suite, DEVIATIONS, (index) => ours.get(index)!, theirs);
  }, LIMIT_MS);

  test('what we answer differs only where the table of deviations says why', () => {
    const unexplained = verdict.differences.filter(({ deviation }) => deviation === undefined);
    expect(unexplained.map(printDifference).join('\n')).toBe('');
  });

  test.runIf(isWhole)('every deviation is still one', () => {
    expect(verdict.stale).toEqual([]);
  });
});
