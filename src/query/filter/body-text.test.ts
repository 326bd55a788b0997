import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Pattern } from '#lang/pattern';
import { logs } from '../source/index.ts';
import { sql } from '../sql/index.ts';
import { insertLogs } from '../testing/fixtures.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { literals } from './body-text.ts';
import { filterCondition } from './filter-sql.ts';

const BODIES = [
  'order ORD-12345678 of Müller accepted, 100%_done\\x',
  'Order ord-12345678 refused: Kontostand größer',
  'Straße',
  'ab',
  'GET /api/users answered 200 in 12 ms',
];
/** Enough other lines that bodies lie in several granules. */
const FILLER = 20_000;

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  const log = (body: string, i: number) => ({ timeNs: 1_000_000_000n + BigInt(i), service: 'shop', body });
  await insertLogs(store, BODIES.map(log));
  await store.run(`INSERT INTO ${store.database}.logs (time, record, body)
    SELECT toDateTime64(1, 9, 'UTC'), number, concat('filler ', toString(number * 7919), ' panic') FROM numbers(${FILLER})`);
  await store.run(`OPTIMIZE TABLE ${store.database}.logs FINAL`);
});
afterAll(() => store.close());

async function found(q: string): Promise<readonly number[]> {
  const condition = await filterCondition(q, 'logs');
  const table = await store.reader.read(sql`SELECT body ${logs.ever()} AND ${condition!}`);
  return table
    .strings('body')
    .map((body) => BODIES.indexOf(body))
    .sort();
}

test.each([
  { q: '"ord-12345678"', want: [0, 1] },
  { q: '"RD-1234567"', want: [0, 1] },
  { q: '"345678 ref"', want: [1] },
  { q: '"100%_done\\\\x"', want: [0] },
  { q: '"1__%"', want: [] },
  { q: '"müller"', want: [0] },
  { q: '"KONTOSTAND GRÖSSER"', want: [] },
  { q: '"kontostand größer"', want: [1] },
  { q: '"AB"', want: [3] },
  { q: 'body="Straße"', want: [2] },
  { q: 'body="straße"', want: [] },
  { q: 'body="ab"', want: [3] },
  { q: 'body~"ORD-1234"', want: [0] },
  { q: 'body~"ord-1234"', want: [1] },
  { q: 'body~"^Order .* refused"', want: [1] },
  { q: 'body~"answered (200|500) in"', want: [4] },
  { q: 'body~"(?i)ORD-12345678 (of|refused)"', want: [0, 1] },
  { q: 'body~"Müller.accepted"', want: [0] },
])('$q', async ({ q, want }) => {
  expect(await found(q)).toEqual(want);
});

test('a rare text is looked for in few granules, whatever its case', async () => {
  for (const q of ['"ord-12345678 refu"', '"ORD-12345678 REFU"', 'body~"ord-12345678 refu"']) {
    const condition = await filterCondition(q, 'logs');
    const table = await store.reader.read(sql`EXPLAIN indexes = 1 SELECT count() ${logs.ever()} AND ${condition!}`);
    const plan = table.strings('explain').join('\n');
    const [, read, all] = /Name: body_pieces.*?Granules: (\d+)\/(\d+)/s.exec(plan)!;
    expect(Number(all)).toBeGreaterThanOrEqual(5);
    expect(Number(read)).toBeLessThanOrEqual(1);
  }
});

test.each([
  { pattern: 'plain text', want: ['plain text'] },
  { pattern: '^order .* failed$', want: ['order ', ' failed'] },
  { pattern: 'a.b', want: ['a', 'b'] },
  { pattern: 'ab+c', want: ['ab', 'c'] },
  { pattern: 'ab*c?d', want: ['a', 'd'] },
  { pattern: 'status=(4|5)\\d\\d took', want: ['status=', ' took'] },
  { pattern: 'took=[1-9]\\d{3,}ms', want: ['took=', 'ms'] },
  { pattern: 'fa(il(ed)?)', want: [] },
  { pattern: 'a|b', want: [] },
  { pattern: '(?i)abc', want: [] },
  { pattern: 'a\\.b', want: ['a.b'] },
])('texts that a match of $pattern has', ({ pattern, want }) => {
  expect(literals(pattern)).toEqual(want);
});

test('what matches an expression has all of its texts', () => {
  const signs = [
    'a',
    'b',
    'ab',
    'é',
    '😀',
    '.',
    '*',
    '+',
    '?',
    '|',
    '(',
    ')',
    '(?:',
    '(?i)',
    '[ab]',
    '[^a]',
    '[[:alpha:]]',
    '[a[b]',
  ];
  const escapes = ['\\.', '\\d', '\\\\', '\\(', '\\x61', '\\Qa*\\E', '{2}', '{0,1}', '{', '^', '$'];
  const pattern = fc.array(fc.constantFrom(...signs, ...escapes), { maxLength: 8 }).map((parts) => parts.join(''));
  const body = fc.array(fc.constantFrom('a', 'b', 'A', 'é', '😀', '.', '5', '\\', '(', '{', '*'), { maxLength: 8 });
  let matches = 0;
  fc.assert(
    fc.property(pattern, fc.array(body, { minLength: 20, maxLength: 20 }), (source, bodies) => {
      const compiled = compiledOrNot(source);
      for (const text of bodies.map((parts) => parts.join('')))
        if (compiled?.test(text)) {
          matches++;
          for (const literal of literals(source)) expect(text, source).toContain(literal);
        }
    }),
    { numRuns: 5_000 },
  );
  expect(matches).toBeGreaterThan(1_000);
});

function compiledOrNot(source: string): Pattern | undefined {
  try {
    return new Pattern(source);
  } catch {
    return undefined;
  }
}
