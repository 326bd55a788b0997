import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CompareCase, CompareSuite, Outcome } from './cases.ts';
import { shortened } from './outcome.ts';

/** What otelcol answered: one file per suite, one line per case, kept so that tests need no otelcol. */

const FOLDER = join(import.meta.dirname, '../fixtures');

export interface Fixture {
  readonly name: string;
  /** Of the case as it was sent: a case that was changed since has no answer. */
  readonly sent: string;
  readonly outcome: Outcome;
}

export interface Fixtures {
  /** The version that answered. */
  readonly version: string;
  readonly byName: ReadonlyMap<string, Fixture>;
}

/** A short hash of everything that an answer depends on. */
export function hashOf(one: CompareCase): string {
  const { name: _name, ignored, ...sent } = one;
  const text = JSON.stringify({ ...sent, ignored: ignored?.source }, (_key, value: unknown) =>
    value instanceof Uint8Array
      ? Buffer.from(value).toString('hex')
      : typeof value === 'bigint'
        ? String(value)
        : value,
  );
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

export function readFixtures(suite: string): Fixtures {
  const file = join(FOLDER, `${suite}.jsonl`);
  if (!existsSync(file)) return { version: '', byName: new Map() };
  const [head, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  const fixtures = lines.map((line) => JSON.parse(line) as Fixture);
  return {
    version: (JSON.parse(head!) as { otelcol: string }).otelcol,
    byName: new Map(fixtures.map((fixture) => [fixture.name, fixture])),
  };
}

export function writeFixtures(suite: CompareSuite, version: string, outcomes: ReadonlyMap<number, Outcome>): void {
  const lines = suite.cases.map((one, index) => {
    const fixture: Fixture = { name: one.name, sent: hashOf(one), outcome: shortened(outcomes.get(index)!) };
    return JSON.stringify(fixture);
  });
  writeFileSync(
    join(FOLDER, `${suite.name}.jsonl`),
    `${[JSON.stringify({ otelcol: version }), ...lines].join('\n')}\n`,
  );
}
