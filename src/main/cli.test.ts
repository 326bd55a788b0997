import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

const CLI = join(import.meta.dirname, 'cli.ts');
const folder = mkdtempSync(join(tmpdir(), 'signalbox-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function signalbox(args: readonly string[], env: Readonly<Record<string, string>> = {}): Result {
  const result = spawnSync(process.execPath, [CLI, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...env },
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

const GOOD = `receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:0
        response_headers: {x-key: "sesame"}
exporters:
  signalbox:
service:
  pipelines:
    traces: {receivers: [otlp], exporters: [signalbox]}
`;

describe('signalbox', () => {
  test('help, version, and what is no command', () => {
    expect(signalbox([]).out).toContain('signalbox COMMAND [FLAGS]');
    expect(signalbox(['validate', '--help'])).toMatchObject({ code: 0 });
    expect(signalbox(['version']).out).toMatch(/^signalbox version \d+\.\d+\.\d+\n$/);
    expect(signalbox(['upp'])).toEqual({
      code: 2,
      out: '',
      err: 'signalbox: no such command: upp\n  signalbox help lists all commands\n',
    });
  });

  test('a wrong flag is named', () => {
    expect(signalbox(['validate', '--confg', 'x'])).toMatchObject({
      code: 1,
      err: expect.stringContaining("unknown option '--confg'"),
    });
    expect(signalbox(['up', '--http-address', 'here'])).toMatchObject({
      code: 1,
      err: 'signalbox: --http-address: expected HOST:PORT, got "here"\n  for example --http-address 127.0.0.1:4300\n',
    });
    expect(signalbox(['collector'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('at least one config flag must be provided'),
    });
  });

  test('validate accepts a good file without a word', () => {
    expect(signalbox(['validate', '--config', file('good.yaml', GOOD)])).toEqual({ code: 0, out: '', err: '' });
    expect(signalbox(['validate'], { SIGNALBOX_CONFIG: 'good.yaml' })).toMatchObject({ code: 0 });
    expect(signalbox(['validate'])).toMatchObject({ code: 0 });
  });

  test('validate reports every mistake with file, line and column, in order, without a stack', () => {
    const bad = file(
      'bad.yaml',
      GOOD.replace('endpoint:', 'endpiont:')
        .replace('exporters: [signalbox]', 'exporters: [signalbx]')
        .replace('  signalbox:', '  signalbox:\n  nope:'),
    );
    const { code, err } = signalbox(['validate', '--config', bad]);
    expect(code).toBe(1);
    expect(err.split('\n')).toEqual([
      expect.stringMatching(
        /^signalbox: bad.yaml:5:9: .*error reading configuration for "otlp".*has invalid keys: endpiont \(did you mean "endpoint"\?\)$/,
      ),
      expect.stringMatching(
        /^signalbox: bad.yaml:9:3: 'exporters' unknown type: "nope" for id: "nope" \(valid values: \[.*signalbox.*\]\)$/,
      ),
      'signalbox: bad.yaml:12:45: service::pipelines::traces: references exporter "signalbx" which is not configured (did you mean "signalbox"?)',
      '',
    ]);
    expect(signalbox(['validate', '--config', 'none.yaml'])).toMatchObject({
      code: 1,
      err: 'signalbox: unable to read the file none.yaml: no such file\n',
    });
  });

  test('print-config shows what is run, with secrets hidden unless asked for', () => {
    file('good.yaml', GOOD);
    const redacted = signalbox([
      'print-config',
      '--config',
      'good.yaml',
      '--set',
      'exporters.signalbox.endpoint=http://store:8123',
    ]);
    expect(redacted.code).toBe(0);
    expect(redacted.out).toContain('endpoint: http://store:8123');
    expect(redacted.out).toContain('x-key: "[REDACTED]"');
    expect(redacted.out).not.toContain('sesame');
    expect(signalbox(['print-config', '--config', 'good.yaml', '--mode', 'unredacted']).out).toContain('x-key: sesame');
  });

  test('components lists kinds, names and stability', () => {
    const { out } = signalbox(['components']);
    expect(out).toContain('receivers:\n  - name: otlp\n');
    expect(out).toContain('name: memory_limiter');
    expect(out).toContain('traces: ');
  });
});
