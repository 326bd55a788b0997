import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ManualClock } from '#base';
import { openLogOutput } from './log-output.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-log-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('lines go to every output, behind what is there', () => {
  const paths = [join(folder, 'one.log'), `file://${join(folder, 'two.log')}`];
  for (const line of ['a', 'b']) {
    const output = openLogOutput({ outputPaths: paths, errorOutputPaths: [] }, new ManualClock());
    output.write(line);
    output.close();
    output.write('after the end');
  }
  expect(readFileSync(join(folder, 'one.log'), 'utf8')).toBe('a\nb\n');
  expect(readFileSync(join(folder, 'two.log'), 'utf8')).toBe('a\nb\n');
});

test.each(['outputPaths', 'errorOutputPaths'] as const)('a file that cannot be opened is named: %s', (key) => {
  const paths = { outputPaths: [], errorOutputPaths: [], [key]: [join(folder, 'none/x.log')] };
  const name = key === 'outputPaths' ? 'output_paths' : 'error_output_paths';
  expect(() => openLogOutput(paths, new ManualClock())).toThrow(
    `service::telemetry::logs::${name}: cannot write ${folder}/none/x.log: ENOENT`,
  );
});

test.skipIf(!existsSync('/dev/full'))(
  'a full disk fails nobody who logs, and is said on the error outputs',
  async () => {
    const clock = new ManualClock(0);
    const errors = join(folder, 'errors.log');
    const good = join(folder, 'good.log');
    const output = openLogOutput({ outputPaths: ['/dev/full', good], errorOutputPaths: [errors] }, clock);
    for (let i = 0; i < 100; i++) output.write(`line ${i}`);
    expect(readFileSync(good, 'utf8').split('\n')).toHaveLength(101);
    expect(readFileSync(errors, 'utf8')).toMatch(/^1970-01-01T00:00:00.000Z write error: ENOSPC.*\n$/);
    await clock.advance(10_000);
    output.write('again');
    expect(readFileSync(errors, 'utf8').trim().split('\n')).toHaveLength(2);
    output.close();
  },
);
