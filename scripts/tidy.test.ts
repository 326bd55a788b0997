import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/** House rules that no linter knows. Each names the file and line, and what to do instead. */

const root = fileURLToPath(new URL('../', import.meta.url));
const FILE_LINES_MAX = 600;
const LINE_LENGTH_MAX = 160;

function trackedFiles(): string[] {
  const listed = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n');
  return listed.filter((file) => file !== '' && existsSync(join(root, file)));
}
const isSource = (file: string): boolean => /\.(ts|tsx|mjs)$/.test(file) && !file.includes('/testdata/');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Places where `pattern` occurs in one of the files, as `file:line`. */
function placesOf(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim().slice(0, 100)}`] : [])),
  );
}

const inGit = existsSync(join(root, '.git'));

describe.runIf(inGit)('the tree is tidy', () => {
  const files = trackedFiles();
  const sources = files.filter((file) => isSource(file) && file !== 'scripts/tidy.test.ts');
  const product = sources.filter((file) => file.startsWith('src/') && !/\.test\.ts$|\/testing\//.test(file));

  test(`no source file is longer than ${FILE_LINES_MAX} lines: split it by idea`, () => {
    expect(sources.filter((file) => read(file).split('\n').length > FILE_LINES_MAX)).toEqual([]);
  });

  test(`no line of a source file is longer than ${LINE_LENGTH_MAX} characters`, () => {
    const long = product.flatMap((file) =>
      read(file)
        .split('\n')
        .flatMap((line, index) => (line.length > LINE_LENGTH_MAX ? [`${file}:${index + 1}`] : [])),
    );
    expect(long).toEqual([]);
  });

  test.each([
    { pattern: /\b(TODO|FIXME|XXX|HACK)\b/, instead: 'finish it, or file an issue' },
    { pattern: /\b(describe|test|it)\.only\b/, instead: 'run all tests' },
  ])('no $pattern: $instead', ({ pattern }) => {
    expect(placesOf(sources, pattern)).toEqual([]);
  });

  test.each([
    {
      pattern: /\bnew TextDecoder\(/,
      instead: 'textAt of #pdata on hot paths',
      allowed:
        /src\/(pdata\/keys|engine|net|api|query|lang|config|exporters\/debug|ottl\/(functions\/encodings|xml\/reader))/,
    },
    {
      pattern: /\bprocess\.exit\(/,
      instead: 'throw a StartError; only src/main ends the process',
      allowed: /src\/(main|engine\/engine-process)/,
    },
    {
      pattern: /(?<![.#\w])set(Timeout|Interval)\(/,
      instead: 'after, every and sleep of #base, or a Clock: a throw in a raw timer ends the process',
      allowed: /src\/base\/timers/,
    },
    { pattern: /\breadDoubleLE\b/, instead: 'readDouble of #pdata', allowed: /^$/ },
  ])('no $pattern in the product: use $instead', ({ pattern, allowed }) => {
    expect(
      placesOf(
        product.filter((file) => !allowed.test(file)),
        pattern,
      ),
    ).toEqual([]);
  });

  test('no test sleeps: eventually of #base/testing.ts waits for a condition, turns for what must not happen', () => {
    const tests = sources.filter((file) => /\.test\.tsx?$|\/testing\/|\/testing\.ts$|^test\/lib\//.test(file));
    const pattern = /\bsetTimeout\((resolve|done)\b|\bsleep\(|from 'node:timers\/promises'/;
    expect(placesOf(tests, pattern).filter((place) => !place.startsWith('src/base/testing/eventually.ts'))).toEqual([]);
  });

  test('constants of a module are named in CAPITALS', () => {
    const pattern = /^(export )?const [a-z]\w*(: [^=]+)? = (-?\d[\d_.e]*|'[^']*')( [*/+-] [\d_]+)*;/;
    const files = sources.filter((file) => /^(src|ui\/src|scripts|bench)\//.test(file));
    expect(placesOf(files, pattern)).toEqual([]);
  });

  test('no package registry and no path of some machine is named', () => {
    const texts = files.filter((file) => !/\.(png|ico|woff2?|gz|bin)$/.test(file) && !file.startsWith('scripts/tidy'));
    const pattern = new RegExp(['"resolved":\\s*"http', 'registry\\.', '/work/(main|shared)', '/root/'].join('|'));
    const named = texts.filter(
      (file) => pattern.test(read(file)) && !/registry\.(ts|register|test)|registry\.\w+\(/.test(read(file)),
    );
    expect(named).toEqual([]);
  });

  test('every dependency has its line in docs/dependencies.md', () => {
    const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
    const listed = read('docs/dependencies.md');
    const names = ['dependencies', 'optionalDependencies', 'devDependencies'].flatMap((group) =>
      Object.keys(manifest[group] ?? {}),
    );
    expect(names.filter((name) => !listed.includes(`\`${name}\``))).toEqual([]);
  });

  test('every component folder has a README', () => {
    const folders = new Set(
      product.flatMap(
        (file) =>
          /^src\/(?:receivers|processors|exporters|connectors|extensions)\/[^/]+\/(?=factory\.ts)/.exec(file) ?? [],
      ),
    );
    expect([...folders].filter((folder) => !existsSync(join(root, folder, 'README.md')))).toEqual([]);
  });
});
