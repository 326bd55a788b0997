import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCases } from './cases.ts';

/** Of these a sixth is asked here; `npm run conformance` asks all. */
const LONG: ReadonlySet<string> = new Set([
  'endpoints.json',
  'language.json',
  'metrics.json',
  'selection.json',
  'spans.json',
  'stages.json',
  'templates.json',
  'values.json',
]);

/** The cases that `npm run conformance` runs of these folders, and where their paths begin. */
describe.each([
  ['logql', ''],
  ['traceql', '/tempo'],
])('%s', (language, base) => {
  const folder = join(import.meta.dirname, language);

  test.each(readdirSync(folder).filter((name) => name.endsWith('.json')))(
    '%s',
    async (name) => {
      const outcomes = await runCases(join(folder, name), base, { every: LONG.has(name) ? 6 : 1 });
      expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([]);
      expect(outcomes.length).toBeGreaterThan(4);
    },
    900_000,
  );
});
