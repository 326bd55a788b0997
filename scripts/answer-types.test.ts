import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/**
 * The types of answers have one source: src/query/answers. The console's API says them again by name (`#api/types.ts`), which the browser's
 * build follows, so that neither may hold code or lead to any.
 */

const ROOT = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const ANSWERS = globSync('src/query/answers/*.ts', { cwd: ROOT });
const CONTRACT = 'src/api/console/types.ts';

const declared = (code: string): string[] =>
  Array.from(code.matchAll(/^(?:export )?(?:interface|type|class) (\w+)\b(?! \})/gm), ([, name]) => name!);
const imports = (code: string): string[] => Array.from(code.matchAll(/\bfrom '([^']+)'/g), ([, from]) => from!);

test('no type of an answer is declared a second time in src/query or src/api', () => {
  const names = new Set(ANSWERS.flatMap((file) => declared(read(file))));
  expect(names.size).toBeGreaterThan(20);
  const others = globSync(['src/query/**/*.ts', 'src/api/**/*.ts'], { cwd: ROOT }).filter(
    (file) => !ANSWERS.includes(file) && !file.endsWith('.test.ts'),
  );
  const twice = others.flatMap((file) =>
    declared(read(file)).flatMap((name) => (names.has(name) ? [`${file}: ${name}`] : [])),
  );
  expect(twice).toEqual([]);
});

test('they are types alone, and lead to nothing else', () => {
  for (const file of [...ANSWERS, CONTRACT]) {
    const code = read(file);
    expect(code, file).not.toMatch(
      /^\s*(?:export )?(?:const|let|function|class|enum|async)\b|^(?:im|ex)port (?!type|interface)/m,
    );
    expect(imports(code).filter((from) => !from.startsWith('./') && from !== '#query/answers.ts')).toEqual([]);
  }
});
