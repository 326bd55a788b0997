import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
/** The scripts that are ours; the others run tools with a help of their own. */
const TASKS = Object.values(scripts).flatMap((line) => /^node scripts\/bootstrap\.mjs (\w+)$/.exec(line)?.[1] ?? []);

function run(script: string, ...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, script), ...args], { encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

test.each(TASKS)('npm run %s -- --help says what it does, and does nothing else', (task) => {
  const { code, out, err } = run('scripts/bootstrap.mjs', task, '--help');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(new RegExp(`^npm (run )?${task}( |\\n)`));
  expect(run('scripts/bootstrap.mjs', task, '-h').out).toBe(out);
});

test('an unknown task is named, with those that there are', () => {
  expect(run('scripts/bootstrap.mjs', 'nope')).toEqual({
    code: 2,
    out: '',
    err: `signalbox: unknown task "nope", use one of ${TASKS.join(', ')}\n`,
  });
});

test.each([
  { args: ['stor'], err: 'bench: unknown case: stor (did you mean store?)\n' },
  { args: ['--quick'], err: 'bench: unknown flag: --quick\n' },
])('the benchmarks know their cases: $args', ({ args, err }) => {
  expect(run('bench/run.ts', ...args)).toEqual({
    code: 2,
    out: '',
    err: `${err}  npm run bench -- --help lists all cases\n`,
  });
});

test('the signalbox program passes arguments and exit codes on', () => {
  expect(run('bin/signalbox.mjs', '--version').out).toMatch(/^signalbox version /);
  expect(run('bin/signalbox.mjs', 'upp').code).toBe(2);
});

test('the demo shop says what it takes', () => {
  const { code, out } = run('examples/demo/main.ts', '--help');
  expect(code).toBe(0);
  expect(out).toContain('--rate N');
  expect(run('examples/demo/main.ts', '--rte', '3')).toMatchObject({ code: 2, out: '' });
});

test('without its packages signalbox says how to install them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-bin-'));
  try {
    cpSync(join(ROOT, 'bin'), join(folder, 'bin'), { recursive: true });
    cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'bin/signalbox.mjs'), 'up'], {
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe(
      `signalbox: the packages that it needs are not installed yet\n  in ${folder}: npm start, which installs, builds and starts, or npm ci\n`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
