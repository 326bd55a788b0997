import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCases } from './cases.ts';

/** The cases that `npm run conformance -- logql test/conformance/logql` runs. */
const FOLDER = join(import.meta.dirname, 'logql');

test.each(readdirSync(FOLDER).filter((name) => name.endsWith('.json')))(
  '%s',
  async (name) => {
    const outcomes = await runCases(join(FOLDER, name));
    expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(4);
  },
  900_000,
);
