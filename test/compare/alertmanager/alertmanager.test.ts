import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ApiAnswer } from './api.ts';
import type { Observed } from './observed.ts';
import { askOurs, runOurs } from './ours.ts';
import { SCENARIOS } from './scenarios.ts';

/** What Alertmanager 0.35 sent and answered; `run.ts` keeps it. */
const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8'));
const kept = read('scenarios') as { readonly [name: string]: readonly Observed[] };

test.each(SCENARIOS)('as Alertmanager: $name', async (scenario) => {
  expect(await runOurs(scenario)).toEqual(kept[scenario.name]);
});

test('the API answers as Alertmanager does', async () => {
  expect(await askOurs()).toEqual(read('api') as readonly ApiAnswer[]);
});
