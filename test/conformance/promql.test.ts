import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_OF_PROMQL, formatPromql, parsePromql, printPromql, promType } from '#lang/promql';
import { startTestStore, type TestStore } from '../../src/query/testing/test-store.ts';
import { parserInputs } from './promql/parser-inputs.ts';
import { runScript } from './promql/script.ts';
import { StoredScript } from './promql/store-source.ts';

const SCRIPTS = fileURLToPath(new URL('../../../shared/conformance/promql/', import.meta.url));
const ANSWERS = new URL('promql/parser-answers.jsonl', import.meta.url);

/** What Prometheus 3.16 answers in another way than these scripts, which are older, say; its own scripts of that version say what we do. */
const CHANGED_SINCE: Readonly<Record<string, string>> = {
  'fill-modifier.test:185': 'with group_right the fill values were taken for those of the other side',
  'fill-modifier.test:191': 'the same',
  'start_timestamps.test:144': 'a start time behind its sample counted as a reset',
  'type_and_unit.test:265': 'types and units were matched on, too',
};

const FILES = existsSync(SCRIPTS) ? readdirSync(SCRIPTS).filter((name) => name.endsWith('.test')) : [];

/** Over a store one of so many instant queries is asked in a range, too; `npm run conformance` asks all. */
const IN_RANGE_OF = 3;

/** Runs a script; what it says otherwise than Prometheus must be known. */
async function passes(file: string, source?: StoredScript): Promise<void> {
  const inRangeOf = source === undefined ? 1 : IN_RANGE_OF;
  const outcomes = await runScript(readFileSync(join(SCRIPTS, file), 'utf8'), source, inRangeOf);
  const faults = outcomes
    .filter(({ error }) => error !== undefined)
    .map(({ line, error }) => ({ place: `${file}:${line}`, error }));
  expect(faults.filter(({ place }) => !(place in CHANGED_SINCE))).toEqual([]);
  const known = Object.keys(CHANGED_SINCE).filter((place) => place.startsWith(`${file}:`));
  expect(faults.map(({ place }) => place)).toEqual(known);
  expect(outcomes.length).toBeGreaterThan(10);
}

describe.skipIf(FILES.length === 0)("Prometheus' own scripts (skipped where ../shared/conformance is absent)", () => {
  it.each(FILES)('%s', { timeout: 60_000 }, (file) => passes(file));
});

/** What is read of a store as samples is evaluated as in memory: of that way a few scripts say enough, and `npm run conformance` runs all. */
const OF_SAMPLES: readonly string[] = ['selectors.test', 'staleness.test', 'operators.test', 'range_queries.test'];

/** Who finds windows and groups: see StorePlan. */
describe.skipIf(FILES.length === 0).each([
  ['samples', FILES.filter((file) => OF_SAMPLES.includes(file))],
  ['sql', FILES],
] as const)("Prometheus' own scripts over a store, by %s", (plan, files) => {
  let store: TestStore;
  beforeAll(async () => {
    store = await startTestStore();
  }, 60_000);
  afterAll(() => store?.close());

  it.each(files)('%s', { timeout: 300_000 }, async (file) => {
    const source = new StoredScript(store, plan);
    await passes(file, source);
    if (plan === 'samples') expect(source.pushed).toBe(0);
    else if (file === 'functions.test') expect(source.pushed).toBeGreaterThan(200);
  });
});

interface Answer {
  readonly input: string;
  readonly error?: string;
  readonly text?: string;
  readonly pretty?: string;
  readonly type?: string;
  /** The error where Prometheus' flags are off. */
  readonly withoutFlags?: string;
}

function answerOf(input: string): Answer {
  try {
    const expr = parsePromql(input, ALL_OF_PROMQL);
    const answer = { input, text: printPromql(expr), pretty: formatPromql(expr), type: promType(expr) };
    try {
      parsePromql(input);
      return answer;
    } catch (error) {
      return { ...answer, withoutFlags: (error as Error).message };
    }
  } catch (error) {
    return { input, error: (error as Error).message };
  }
}

it('reads, prints and refuses expressions as a real Prometheus 3.16 does, word by word', () => {
  const answers = readFileSync(ANSWERS, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Answer);
  expect(answers.map(({ input }) => input)).toEqual(parserInputs());
  expect(answers.filter(({ error }) => error === undefined).length).toBeGreaterThan(300);
  for (const answer of answers) expect(answerOf(answer.input)).toEqual(answer);
});

it('prints what it reads back as the same', () => {
  for (const input of parserInputs()) {
    const { text } = answerOf(input);
    if (text !== undefined) expect(answerOf(text).text, input).toBe(text);
  }
});
