import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** `npm run new` in a copy of the tree: what it makes must pass what every component must pass. */

const ROOT = join(import.meta.dirname, '..');
const KINDS = ['receiver', 'processor', 'exporter', 'connector', 'extension'] as const;
const COPIED = [
  'src',
  'scripts',
  'docs',
  'package.json',
  'tsconfig.json',
  'biome.json',
  'vitest.config.ts',
  '.gitignore',
];
const LIMIT_MS = 600_000;

let copy: string;
let before: string;
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'signalbox-new-'));
  for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  before = readFileSync(join(copy, 'src/main/components.ts'), 'utf8');
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

function run(...args: string[]): { code: number | null; printed: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: copy,
    encoding: 'utf8',
    timeout: LIMIT_MS,
  });
  return { code: status, printed: stdout + stderr };
}
const bin = (name: string): string => join(copy, 'node_modules/.bin', name);
const runBin = (name: string, ...args: string[]): { code: number | null; printed: string } => {
  const { status, stdout, stderr } = spawnSync(bin(name), args, { cwd: copy, encoding: 'utf8', timeout: LIMIT_MS });
  return { code: status, printed: stdout + stderr };
};

test.each([
  [['procesor', 'a'], 'new: expected one of receiver, processor, exporter, connector, extension, got "procesor"'],
  [
    ['processor', 'My-Filter'],
    'new: expected a name of small letters, digits and _ that begins with a letter, got "My-Filter"',
  ],
  [['processor', 'batch'], 'new: src/processors/batch is there already; choose another name'],
  [['processor', 'a', 'b'], 'new: expected a kind and a name, got also "b"'],
])('a command line that is wrong changes nothing: %s', (args, message) => {
  const { code, printed } = run('scripts/new.ts', ...args);
  expect({ code, line: printed.split('\n')[0] }).toEqual({ code: 2, line: message });
  expect(readFileSync(join(copy, 'src/main/components.ts'), 'utf8')).toBe(before);
});

describe('a new component of each kind', () => {
  beforeAll(() => {
    for (const kind of KINDS) {
      const { code, printed } = run('scripts/new.ts', kind, `my_new_${kind}`);
      expect(printed).toContain(`made src/${kind}s/my_new_${kind}`);
      expect(code).toBe(0);
    }
  }, LIMIT_MS);

  test('is a folder, a page and one line in components.ts', () => {
    const added = readFileSync(join(copy, 'src/main/components.ts'), 'utf8')
      .split('\n')
      .filter((line) => !before.split('\n').includes(line));
    expect(added).toEqual(
      KINDS.map(
        (kind) => `  source('${kind}', 'my_new_${kind}', () => import('../${kind}s/my_new_${kind}/index.ts')),`,
      ),
    );
    for (const kind of KINDS) {
      expect(existsSync(join(copy, `src/${kind}s/my_new_${kind}/my-new-${kind}.ts`))).toBe(true);
      expect(existsSync(join(copy, `docs/components/${kind}s/my_new_${kind}.md`))).toBe(true);
    }
  });

  test('passes the checks of layers, lint and types', { timeout: LIMIT_MS }, () => {
    expect(run('scripts/check-layers.ts').printed).toContain(' 0 breaks');
    const folders = KINDS.map((kind) => `src/${kind}s/my_new_${kind}`);
    const lint = runBin('biome', 'check', '--error-on-warnings', ...folders, 'src/main/components.ts');
    expect(lint).toEqual({ code: 0, printed: expect.not.stringContaining('Found') });
    const own = { extends: './tsconfig.json', include: [...folders, 'src/main/components.ts', 'src/**/*.d.ts'] };
    writeFileSync(join(copy, 'tsconfig.new.json'), JSON.stringify(own));
    expect(runBin('tsc', '-p', 'tsconfig.new.json', '--incremental', 'false')).toEqual({ code: 0, printed: '' });
  });

  test('passes the suite, its own tests, and those over all components', { timeout: LIMIT_MS }, () => {
    const folders = KINDS.map((kind) => `src/${kind}s/my_new_${kind}`);
    const others = ['src/main/components.test.ts', 'src/main/config-keys.test.ts', 'scripts/docs.test.ts'];
    const { code, printed } = run(
      join(ROOT, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--silent=true',
      ...folders,
      ...others,
    );
    expect({ code, printed: code === 0 ? '' : printed }).toEqual({ code: 0, printed: '' });
  });
});
