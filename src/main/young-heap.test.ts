import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Replaceable, withRoomyYoungHeap } from './young-heap.ts';

const REPLACED: string[][] = [];

function processWith(parts: Partial<Replaceable>): Replaceable {
  const execve = ((_: string, args: string[]) => void REPLACED.push(args)) as typeof process.execve;
  return { execPath: '/bin/node', execArgv: [], argv: ['/bin/node', 'cli.ts', 'collector'], env: {}, execve, ...parts };
}

function startedAnew(parts: Partial<Replaceable>): string[] | undefined {
  REPLACED.length = 0;
  withRoomyYoungHeap(processWith(parts));
  return REPLACED[0];
}

test('a collector without a flag of V8 for it starts anew with one, with all that it was given', () => {
  const args = startedAnew({ execArgv: ['--cpu-prof'], argv: ['node', 'cli.ts', 'collector', '--config', 'a.yaml'] });
  expect(args).toEqual([
    '/bin/node',
    '--cpu-prof',
    '--max-semi-space-size=32',
    'cli.ts',
    'collector',
    '--config',
    'a.yaml',
  ]);
});

test.each([
  { execArgv: ['--max-semi-space-size=32'] },
  { execArgv: ['--max_semi_space_size=8'] },
  { env: { NODE_OPTIONS: '--max-semi-space-size=64' } },
  { execve: undefined },
])('not where it was chosen already, or where the system can not: %j', (parts) => {
  expect(startedAnew(parts as Partial<Replaceable>)).toBeUndefined();
});

test('the process stays the same, and has the room', () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-young-heap-'));
  try {
    const file = join(folder, 'main.mjs');
    const module = JSON.stringify(join(import.meta.dirname, 'young-heap.ts'));
    writeFileSync(
      file,
      `process.stdout.write(process.pid + ' ' + process.execArgv.join(' ') + '\\n');\n` +
        `(await import(${module})).withRoomyYoungHeap(process);\nconsole.log('runs', process.argv[2]);\n`,
    );
    const { stdout, stderr } = spawnSync(process.execPath, [file, 'word'], { encoding: 'utf8' });
    const [first, second, third] = stdout.trim().split('\n');
    expect(second).toBe(`${first!.trim()} --max-semi-space-size=32`);
    expect(third).toBe('runs word');
    expect(stderr).toBe('');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
