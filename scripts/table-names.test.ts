import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TABLES } from '../src/store/index.ts';

/**
 * Tables, and the conditions that every statement on one has, are known in src/query/source alone: so that the schema can change below the
 * queries, and no statement forgets whose rows it may read.
 */

const ROOT = join(import.meta.dirname, '..');
const FILES = globSync(['src/query/**/*.ts', 'src/api/**/*.ts'], { cwd: ROOT }).filter(
  (file) => !/\.test\.ts$|\/testing\/|^src\/query\/source\//.test(file),
);
/** A table, or a text that may be one, behind the word that asks for it; `numbers` is a function. */
const NAMED = /\b(?:FROM|JOIN|INTO)\s+(?!numbers\()(?:[a-z]\w*|\$\{raw\()/g;
const TABLE = new RegExp(`(?<![\\w.])(?:${TABLES.map(({ name }) => name).join('|')})(?!\\w)`, 'g');

/** The SQL in a file: the texts of its `sql` templates and of what it gives to `raw`, without what is put into them. */
function sqlOf(code: string): string[] {
  const texts: string[] = [];
  for (const { index } of code.matchAll(/\bsql`|\braw\(\s*['"`]/g)) {
    const open = code.slice(index).search(/['"`]/) + index;
    let text = '';
    let depth = 0;
    for (let i = open + 1; i < code.length && (depth > 0 || code[i] !== code[open]); i++) {
      if (depth === 0 && code.startsWith('${', i)) depth = 1;
      else if (depth > 0 && code[i] === '{' && code[i - 1] !== '$') depth++;
      else if (depth > 0 && code.startsWith('${', i)) depth++;
      else if (depth > 0 && code[i] === '}') depth--;
      else if (depth === 0) text += code[i];
    }
    texts.push(text);
  }
  return texts;
}

/** What names a table in `code`. */
function tablesIn(code: string): string[] {
  const statements = code.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  return [
    ...Array.from(statements.matchAll(NAMED), ([found]) => found),
    ...sqlOf(statements).flatMap((text) => Array.from(text.matchAll(TABLE), ([found]) => found)),
  ];
}

test.each([
  'sql`SELECT 1 FROM spans`',
  'sql`SELECT 1 FROM\n  system.parts`',
  'sql`SELECT 1 FROM ${raw(table)}`',
  'sql`SELECT ${columns({ a: 1 })} x, logs.time ${rows}`',
  'sql`SELECT a INNER JOIN (SELECT b FROM metric_series)`',
  "raw('SELECT name IN metric_series')",
])('finds the table in %j', (code) => {
  expect(tablesIn(code)).not.toEqual([]);
});

test.each([
  'sql`SELECT a FROM (${spans.in(range)}) GROUP BY spans_a`',
  'sql`SELECT number FROM numbers(5)`',
  '/** FROM spans */ const sort = "spans";',
])('finds none in %j', (code) => {
  expect(tablesIn(code)).toEqual([]);
});

test('src/query and src/api name tables in src/query/source alone: use its rows there', () => {
  const named = FILES.flatMap((file) =>
    tablesIn(readFileSync(join(ROOT, file), 'utf8')).map((found) => `${file}: ${found}`),
  );
  expect(named).toEqual([]);
});
