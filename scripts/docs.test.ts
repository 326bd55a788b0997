import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withKeys } from './docs/markdown.ts';
import { madeDocuments } from './docs/pages.ts';

const ROOT = join(import.meta.dirname, '..');
const made = await madeDocuments();
const read = (file: string): string => (existsSync(join(ROOT, file)) ? readFileSync(join(ROOT, file), 'utf8') : '');

test('what is made from factories and schemas is fresh: npm run docs', () => {
  expect([...made].filter(([file, text]) => read(file) !== text).map(([file]) => file)).toEqual([]);
  expect(globSync('docs/components/**/*.md', { cwd: ROOT }).filter((file) => !made.has(file))).toEqual([]);
});

test('no table of keys in the README of a component is written by hand', () => {
  for (const file of made.keys()) {
    if (!file.startsWith('src/')) continue;
    const byHand = withKeys(read(file), '', file)
      .split('\n')
      .filter((line) => /^\|\s*key\s*\|/.test(line));
    expect({ file, byHand }).toEqual({ file, byHand: [] });
  }
});

test('a README without a place for the table is named', () => {
  expect(() => withKeys('# none', '', 'src/a/README.md')).toThrow(
    'src/a/README.md: has no place for the table of keys',
  );
});
