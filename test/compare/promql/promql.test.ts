import { afterAll, beforeAll, expect, test } from 'vitest';
import { judge } from './answers.ts';
import { readKept } from './kept-answers.ts';
import { formatOurs, type Ours, type Plan, startOurs } from './ours.ts';
import { askApi } from './real.ts';

/** Our answers beside those that a real Prometheus 3.16 gave to the same questions about the same samples; `run.ts` keeps them. */

let ours: Ours;
beforeAll(async () => {
  ours = await startOurs();
}, 300_000);
afterAll(() => ours?.close());

/** Differences of every so many-th expression that was kept. */
async function differences(plan: Plan, every: number): Promise<string[]> {
  const found: string[] = [];
  const kept = readKept('expressions').filter((_, i) => i % every === 0);
  expect(kept.length).toBeGreaterThan(15);
  for (const { asked, answer } of kept) {
    const isOrdered = asked.stepMs !== undefined || asked.query.startsWith('sort');
    const { kind, why } = judge(answer, await ours.ask(asked, plan), isOrdered);
    if (kind === 'different') found.push(`${JSON.stringify(asked)}\n${why}`);
  }
  return found;
}

test('generated expressions have the answers of a Prometheus', async () => {
  expect(await differences('kept', 1)).toEqual([]);
});

test.each(['sql', 'samples'] as const)('and some of them by %s', async (plan) => {
  expect(await differences(plan, 20)).toEqual([]);
});

test('expressions with mistakes are refused as by a Prometheus, word by word', () => {
  const kept = readKept('broken');
  expect(kept.length).toBeGreaterThan(500);
  for (const { query, answer } of kept) expect(formatOurs(query), query).toBe(answer);
});

test('the API answers as that of a Prometheus, to good parameters and bad ones', async () => {
  const kept = readKept('requests').filter((_, i) => i % 2 === 0);
  expect(kept.length).toBeGreaterThan(300);
  for (const { asked, answer } of kept)
    expect(await askApi(`${ours.url}/prometheus`, asked), JSON.stringify(asked)).toEqual(answer);
});
