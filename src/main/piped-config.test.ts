import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readFlags, withConfig } from './flags.ts';
import { keepPiped } from './piped-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-piped-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('what a pipe says is read once, and kept for the roles in a file of its owner', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const file = join(folder, 'other.yaml');
  writeFileSync(file, 'b: 2');
  const written = import('node:fs/promises').then(({ writeFile }) => writeFile(pipe, 'a: 1'));
  const flags = await keepPiped(
    readFlags(['--config', file, '--data', 'd', `--config=file:${pipe}`, '--set', 'c=3'], {}),
  );
  await written;
  const [first, second] = flags.config;
  expect(first).toBe(file);
  expect(execFileSync('cat', [second!], { encoding: 'utf8' })).toBe('a: 1');
  expect(statSync(second!).mode & 0o777).toBe(0o600);
  expect(flags.args).toEqual(['--data', 'd', '--set', 'c=3', `--config=${file}`, `--config=${second}`]);
  expect(readFlags(flags.args, {}).config).toEqual(flags.config);
});

test('flags without a pipe stay as they are', async () => {
  const flags = readFlags(['--config', 'yaml:{a: 1}', '--config', join(folder, 'none')], {});
  expect(await keepPiped(flags)).toBe(flags);
  expect(withConfig(flags, ['x']).args).toEqual(['--config=x']);
});

test('a configuration can come from another command', () => {
  const cli = join(import.meta.dirname, 'cli.ts');
  const script = `"$NODE" "$CLI" validate --config <(echo 'receivers: {otlp: {protocols: {http: {}}}}'; echo 'exporters: {debug: }';
    echo 'service: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}')`;
  const env = { ...process.env, NODE: process.execPath, CLI: cli };
  const { status, stderr } = spawnSync('bash', ['-c', script], { env, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});
