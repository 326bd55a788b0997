// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what is tested
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openStoreAccess } from '#base/store-access.ts';
import { spawnEngine } from '#engine';
import { COMMAND_NAMES, COMMAND_TEXTS } from './command-list.ts';

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
    const overview = signalbox([]);
    expect(overview).toMatchObject({ code: 0, err: '' });
    expect(overview.out).toContain('signalbox COMMAND [FLAGS]');
    for (const args of [['--help'], ['-h'], ['help']]) expect(signalbox(args)).toEqual(overview);
    for (const args of [['version'], ['--version'], ['-v']]) {
      expect(signalbox(args)).toEqual({
        code: 0,
        out: expect.stringMatching(/^signalbox version \d+\.\d+\.\d+\n$/),
        err: '',
      });
    }
  });

  test.each(COMMAND_NAMES)('%s --help says what it does and which flags it takes', (command) => {
    const { code, out, err } = signalbox([command, '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n')[0]).toMatch(new RegExp(`^signalbox ${command}( \\[|$)`));
    const named = [...out.matchAll(/^ {2}--([a-z-]+)/gm)].map((match) => match[1]);
    expect(named).toEqual([...COMMAND_TEXTS[command].flags, 'help']);
    expect(signalbox(['help', command]).out).toBe(out);
  });

  test('a reader that stops reading is no failure', () => {
    const shell = spawnSync(
      'sh',
      ['-c', '{ sleep 1; "$0" "$1" help; echo "code $?" >&2; } | true', process.execPath, CLI],
      {
        encoding: 'utf8',
      },
    );
    expect(shell.stderr).toBe('code 0\n');
  });

  test.each([
    { args: ['upp'], err: 'no such command: upp (did you mean up?)\n  signalbox help lists all commands' },
    { args: ['help', 'vlidate'], err: 'no such command: vlidate (did you mean validate?)' },
    { args: ['start'], err: 'no such command: start\n  signalbox help lists all commands' },
    { args: ['--config', 'x'], err: 'the command comes before the flags, got --config\n' },
    {
      args: ['validate', '--confg', 'x'],
      err: 'unknown flag: --confg (did you mean --config?)\n  signalbox validate --help lists its flags',
    },
    { args: ['up', '-c', 'x'], err: 'unknown flag: -c\n' },
    {
      args: ['up', 'x.yaml'],
      err: 'signalbox up takes no argument of its own, got x.yaml\n  signalbox up --config x.yaml',
    },
    { args: ['up', 'now'], err: 'signalbox up takes no argument of its own, got now\n  signalbox up --help' },
    { args: ['engine', '--listen', 'x'], err: '--listen means nothing to signalbox engine\n' },
    { args: ['version', '--data', 'x'], err: '--data means nothing to signalbox version\n' },
    { args: ['up', '--data'], err: '--data needs a value\n  --data DIR: folder for everything' },
    { args: ['up', '--data='], err: '--data needs a value\n' },
    { args: ['up', '--data', '--listen'], err: '--data needs a value, and --listen looks like the next flag\n' },
    { args: ['up', '--help=yes'], err: '--help takes no value, got yes\n' },
    {
      args: ['up', '--http-address', 'here'],
      err: '--http-address: expected HOST:PORT, got "here"\n  for example --http-address 127.0.0.1:4300\n',
    },
    {
      args: ['up', '--allowed-hosts', 'a.example,http://x'],
      err: '--allowed-hosts: expected names without scheme and port, got http://x\n  for example --allowed-hosts box',
    },
    ...['notaurl', 'clickhouse:8123', 'ftp://a'].flatMap((url) =>
      ['up', 'server'].map((command) => ({
        args: [command, '--store-url', url],
        err: `--store-url (SIGNALBOX_STORE_URL): expected http://HOST:PORT, got ${url}\n  for example --store-url http://`,
      })),
    ),
    { args: ['print-config', '--mode', 'redcted'], err: '--mode: must be redacted or unredacted, got "redcted"' },
    { args: ['collector'], err: 'at least one config flag must be provided\n' },
  ])('a wrong command line is named, with the way out: $args', ({ args, err }) => {
    const result = signalbox(args);
    expect({ ...result, err: result.err.slice(0, `signalbox: ${err}`.length) }).toEqual({
      code: 2,
      out: '',
      err: `signalbox: ${err}`,
    });
  });

  test('ottl prints what telemetry becomes, and shows mistakes under their characters', () => {
    const record = { body: { stringValue: 'x' } };
    const input = file('logs.json', JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] }));
    const run = (statement: string): ReturnType<typeof signalbox> => signalbox(['ottl', statement, '--input', input]);
    const { code, out, err } = run('set(body, Concat([body, "y"], "-"))');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out).resourceLogs[0].scopeLogs[0].logRecords[0].body).toEqual({ stringValue: 'x-y' });
    expect(run('set(bdy, 1)')).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(/^signalbox: 1:5: .*did you mean body.*\n {2}set\(bdy, 1\)\n {6}\^\^\^\n$/),
    });
    const failing = run('set(attributes["a"], 1 / 0)');
    expect(failing).toMatchObject({ code: 1, err: 'signalbox: failed for 1 of 1: attempted to divide by 0\n' });
    expect(signalbox(['ottl'])).toMatchObject({ code: 2, err: expect.stringContaining('needs a statement') });
    expect(signalbox(['ottl', 'set(body, 1)', '--input', file('no.json', '{}')]).err).toContain('is not OTLP/JSON');
    expect(signalbox(['ottl', 'set(body, 1)', '--input', input, '--context', 'span']).err).toContain(
      'no context of logs',
    );
  });

  test('promql looks at an expression, and query refuses a wrong one before it asks', () => {
    expect(signalbox(['promql', 'check', 'rate(up[5m])'])).toEqual({ code: 0, out: 'ok\n', err: '' });
    expect(signalbox(['promql', 'format', 'sum by(a)(up)']).out).toBe('sum by (a) (up)\n');
    expect(signalbox(['promql', 'check', 'sum(up'])).toEqual({
      code: 1,
      out: '',
      err: '1:7: parse error: unclosed left parenthesis\n  sum(up\n        ^\n',
    });
    expect(signalbox(['promql', 'chek', 'up'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean check'),
    });
    expect(signalbox(['query', 'sum(up'])).toMatchObject({ code: 2, err: expect.stringContaining('1:7: parse error') });
    const nobody = signalbox(['query', 'up', '--server', '127.0.0.1:1']);
    expect(nobody).toMatchObject({ code: 1, err: expect.stringContaining('no server answers at http://127.0.0.1:1') });
    expect(signalbox(['query', 'up', '--step', '5s']).err).toContain('--step needs a range');
    expect(signalbox(['query', '--range', '1h', 'up', 'down']).err).toContain('query: no language is called "up"');
    expect(signalbox(['query', 'promql', 'up', 'down']).err).toContain('query: down is one argument too many');
    expect(signalbox(['query', 'up', '--time', 'noon']).err).toContain('--time: expected a date with its time');
    expect(signalbox(['query', '-h']).out).toContain("Query [logql|traceql|sql] 'EXPR'");
    expect(signalbox(['promql', 'check', '--help']).out).toContain("Promql check|format|explain 'EXPR'");
    expect(signalbox(['promql', 'format', '--', '--up']).out).toBe('--up\n');
    expect(signalbox(['promql', '--time', '10m', 'explain', '--server=127.0.0.1:1', '-up']).err).toContain('no server');
    expect(signalbox(['promql', 'check'])).toMatchObject({ code: 2, err: expect.stringContaining('is missing') });
    expect(signalbox(['promql', 'check', 'mad_over_time(up[5m])']).out).toMatch(
      /^ok, but a server refuses it unless that is switched on:\n1:1: parse error: .*\n {2}mad_over_time\(up\[5m\]\)\n {2}\^/,
    );
  });

  test('rules are checked, and their unit tests are run', () => {
    const good = file('rules.yml', "groups: [{name: a, rules: [{record: x, expr: '1'}, {record: x, expr: '2'}]}]");
    expect(signalbox(['rules', 'check', good, '--lint', 'none'])).toMatchObject({ code: 0, err: '' });
    const found = signalbox(['rules', 'check', good, '--lint-fatal']);
    expect(found).toMatchObject({ code: 3, err: expect.stringContaining('1 duplicate rule(s) found.\nMetric: x\n') });
    expect(signalbox(['rules', 'check', '--lint-fatal', good])).toEqual(found);
    expect(signalbox(['rules', '--lint=none', 'check', '--lint-fatal', good])).toMatchObject({ code: 0, err: '' });
    const bad = file('bad-rules.yml', 'groups: [{name: a, rules: [{record: x, expr: sum(}]}]');
    expect(signalbox(['rules', 'check', bad])).toMatchObject({ code: 1, err: expect.stringContaining('rule 1, "x"') });
    const tests = file('rule-tests.yml', 'tests: [{promql_expr_test: [{expr: 1 + 1, exp_samples: [{value: 2}]}]}]');
    expect(signalbox(['rules', 'test', tests])).toMatchObject({ code: 0, out: expect.stringContaining('  SUCCESS') });
    expect(signalbox(['rules', 'chek'])).toMatchObject({ code: 2, err: expect.stringContaining('did you mean check') });
  });

  test('what a command takes stands before its flags or behind them', () => {
    const notified = file('notify.yml', 'route: {receiver: a}\nreceivers: [{name: a, sns_configs: [{}]}]');
    const checked = signalbox(['alertmanager', 'check', '--allow-unsupported-receivers', notified]);
    expect(checked).toMatchObject({ code: 0, out: expect.stringContaining('SUCCESS') });
    expect(signalbox(['alertmanager', 'check', notified, '--allow-unsupported-receivers'])).toEqual(checked);
    file('flagged.yaml', GOOD);
    const linted = signalbox(['lint', 'flagged.yaml', '--format', 'json']);
    expect(signalbox(['lint', '--format', 'json', 'flagged.yaml'])).toEqual(linted);
    expect(JSON.parse(linted.out)).toBeInstanceOf(Array);
    expect(signalbox(['store', 'grant'])).toMatchObject({ code: 2, err: expect.stringContaining('expected grants') });
    expect(signalbox(['query', '--sever', 'x', 'up']).err).toContain('unknown flag: --sever (did you mean --server?)');
  });

  test('validate accepts a good file without a word', () => {
    expect(signalbox(['validate', '--config', file('good.yaml', GOOD)])).toEqual({ code: 0, out: '', err: '' });
    expect(signalbox(['validate'], { SIGNALBOX_CONFIG: 'good.yaml' })).toMatchObject({ code: 0 });
    expect(signalbox(['validate'])).toMatchObject({ code: 0 });
    const rules = file('wrong-rules.yml', 'groups: [{name: a, rules: [{record: x, expr: sum(}]}]');
    expect(signalbox(['validate', '--rules', rules])).toMatchObject({
      code: 1,
      err: expect.stringContaining('group "a", rule 1, "x": could not parse expression'),
    });
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

  test('validate prints a hundred mistakes, and says how many more there are', () => {
    const keys = Array.from({ length: 250 }, (_, i) => `key${i}: 1\n`).join('');
    const { code, err } = signalbox(['validate', '--config', file('many.yaml', GOOD + keys)]);
    const lines = err.trimEnd().split('\n');
    expect({ code, lines: lines.length, last: lines.at(-1) }).toEqual({
      code: 1,
      lines: 101,
      last: 'signalbox: … and 150 more',
    });
    expect(lines[0]).toContain('many.yaml:12:1: ');
  });

  test('all of the output comes out of a pipe that is read late', () => {
    const long = 'x'.repeat(900);
    const keys = Array.from({ length: 90 }, (_, i) => `${long}${i}: "${long}"\n`).join('');
    file('long.yaml', GOOD + keys);
    // Headers are free in their names and values, so that they make a good file long.
    const headers = Array.from({ length: 90 }, (_, i) => `x-${i}: "${long}"`).join(', ');
    file('long-good.yaml', GOOD.replace('x-key: "sesame"', headers));
    const late = (command: string): string =>
      spawnSync('sh', ['-c', `"$0" "$1" ${command} 2>&1 | { sleep 1; cat; }`, process.execPath, CLI], {
        cwd: folder,
        encoding: 'utf8',
        env: { PATH: process.env.PATH },
      }).stdout;
    expect(late('validate --config long.yaml').split('\n')).toHaveLength(91);
    const printed = late('print-config --mode unredacted --config long-good.yaml');
    expect(printed.split(long)).toHaveLength(91);
    expect(printed).toContain('traces:');
  });

  test('print-config shows what is run, with secrets hidden unless asked for', () => {
    file('good.yaml', GOOD);
    const redacted = signalbox([
      'print-config',
      '--config',
      'good.yaml',
      '--set',
      'exporters.signalbox.endpoint=http://me:sesame@store:8123',
    ]);
    expect(redacted.code).toBe(0);
    expect(redacted.out).toMatch(/endpoint: "?http:\/\/me:\[REDACTED\]@store:8123/);
    expect(redacted.out).toContain('x-key: "[REDACTED]"');
    expect(redacted.out).not.toContain('sesame');
    expect(signalbox(['print-config', '--config', 'good.yaml', '--mode', 'unredacted']).out).toContain('x-key: sesame');
  });

  test('print-config keeps the types of values, and texts that came from the environment', () => {
    const values = ['x-a: "0755"', 'x-b: ${env:CODE}', 'x-c: "1e3"', 'x-d: $${env:CODE}'];
    const block = `response_headers:${values.map((value) => `\n          ${value}`).join('')}`;
    const path = file(
      'typed.yaml',
      GOOD.replace('response_headers: {x-key: "sesame"}', () => block),
    );
    const environment = { CODE: '0123' };
    const { code, out } = signalbox(['print-config', '--config', path, '--mode', 'unredacted'], environment);
    expect(code).toBe(0);
    expect(out).toContain('x-a: "0755"\n');
    expect(out).toContain('x-b: "0123"\n');
    expect(out).toContain('x-c: "1e3"\n');
    expect(out).toContain('x-d: $${env:CODE}\n');
    const again = signalbox(['print-config', '--config', file('again.yaml', out), '--mode', 'unredacted']);
    expect(again.out).toBe(out);
  });

  test('components lists kinds, names and stability', () => {
    const { out } = signalbox(['components']);
    expect(out).toMatch(/^receivers:\n(?: {2}.*\n)* {2}- name: otlp\n/m);
    expect(out).toContain('name: memory_limiter');
    expect(out).toContain('traces: ');
  });
});

describe('signalbox engine-access', () => {
  test('prints the credentials that the data folder gives, and makes none', () => {
    const none = signalbox(['engine-access', '--data', 'fresh']);
    expect(none).toMatchObject({ code: 1, out: '' });
    expect(none.err).toContain('no store was ever started in');
    const { reader, signalbox: writer } = openStoreAccess(join(folder, 'used', 'engine'));
    const url = 'CLICKHOUSE_URL=http://127.0.0.1:4399';
    expect(signalbox(['engine-access', '--data', 'used', '--engine-address', '127.0.0.1:4399'])).toEqual({
      code: 0,
      out: `${url}\nCLICKHOUSE_USER=reader\nCLICKHOUSE_PASSWORD=${reader.password}\n`,
      err: '',
    });
    const write = signalbox(['engine-access', '--data', 'used', '--engine-address', '127.0.0.1:4399', '--write']);
    expect(write.out).toBe(`${url}\nCLICKHOUSE_USER=signalbox\nCLICKHOUSE_PASSWORD=${writer.password}\n`);
  });

  test('gives the address of the store that runs on the folder, wherever it listens', async () => {
    const engine = await spawnEngine({ dataDir: join(folder, 'elsewhere', 'engine') });
    try {
      expect(signalbox(['engine-access', '--data', 'elsewhere']).out).toContain(`CLICKHOUSE_URL=${engine.address}\n`);
    } finally {
      await engine.stop();
    }
    expect(signalbox(['engine-access', '--data', 'elsewhere']).out).toContain('CLICKHOUSE_URL=http://127.0.0.1:4380\n');
  });

  test('store grants takes the passwords from the environment, and prints those that it makes', () => {
    const made = signalbox(['store', 'grants']);
    expect(made.out).toMatch(/^-- SIGNALBOX_STORE_READER_PASSWORD=\S{32}$/m);
    expect(made.out).toContain('CREATE USER OR REPLACE reader IDENTIFIED WITH sha256_hash BY');
    const given = signalbox(['store', 'grants'], {
      SIGNALBOX_STORE_PASSWORD: 'one',
      SIGNALBOX_STORE_READER_PASSWORD: 'two',
    });
    expect(given.out).not.toContain('--');
    expect(signalbox(['store']).err).toContain('signalbox store grants');
  });
});

describe('lint', () => {
  const late = GOOD.replace('  signalbox:', '  logging:').replace('[signalbox]', '[logging]');

  test('prints a line for each finding with its place, and fails for mistakes and, with --strict, for warnings', () => {
    const name = file('late.yaml', late);
    const { code, out, err } = signalbox(['lint', name]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.trimEnd().split('\n')).toEqual([
      'late.yaml:8:3: warning: exporters::logging: "logging" alias is deprecated; use "debug" instead [configuration]',
      expect.stringMatching(/^late\.yaml:9:1: warning: service::extensions: .* \[no-health-check\]$/),
      '0 errors, 2 warnings',
    ]);
    expect(signalbox(['lint', name, '--strict'])).toEqual({ code: 1, out, err: '' });
    const bad = signalbox(['lint', file('wrong.yaml', late.replace('logging:', 'loging:'))]);
    expect(bad).toMatchObject({ code: 1, err: '' });
    expect(bad.out).toMatch(/^wrong\.yaml:8:3: error: .*unknown type: "loging"/);
  });

  test('as JSON for programs, also of a file that is no YAML', () => {
    const { out } = signalbox(['lint', file('late.yaml', late), '--format', 'json']);
    expect(JSON.parse(out)).toMatchObject([
      { level: 'warning', rule: 'configuration', file: 'late.yaml', line: 8, column: 3 },
      { level: 'warning', rule: 'no-health-check', line: 9 },
    ]);
    const broken = signalbox(['lint', file('broken.yaml', 'a: [1'), '--format=json']);
    expect(broken.code).toBe(1);
    expect(JSON.parse(broken.out)).toMatchObject([{ level: 'error', file: 'broken.yaml', line: 1 }]);
  });

  test('--fix prints the file that was meant, --diff how it differs, --in-place writes it and says so', () => {
    const name = file('late.yaml', late);
    const fixed = signalbox(['lint', name, '--fix', '--names-only']);
    expect(fixed).toEqual({
      code: 0,
      out: late.replace('  logging:', '  debug:\n    verbosity: normal').replace('[logging]', '[debug]'),
      err: `late.yaml:8:3: name: exporters::logging: verbosity: normal was its default
late.yaml:8:3: name: exporters::logging is debug today
2 by name, 0 by advice (read them before you use the file), 0 left
`,
    });
    const { out: diff } = signalbox(['lint', name, '--diff', '--names-only']);
    expect(diff).toContain('-  logging:\n+  debug:\n+    verbosity: normal\n');
    expect(readFileSync(join(folder, name), 'utf8')).toBe(late);
    expect(signalbox(['lint', name, '--in-place', '--names-only'])).toMatchObject({ out: 'late.yaml: written\n' });
    expect(readFileSync(join(folder, name), 'utf8')).toBe(fixed.out);
    expect(signalbox(['lint', name, '--in-place', '--names-only']).out).toBe('late.yaml: nothing to change\n');
    expect(signalbox(['lint', name, '--names-only'])).toMatchObject({ code: 2 });
    expect(signalbox(['lint', 'yaml:a: 1', '--fix'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('one file'),
    });
  });

  test('without a file, and with a format that it does not have', () => {
    expect(signalbox(['lint'])).toMatchObject({ code: 2, err: expect.stringContaining('signalbox lint FILE') });
    const { code, err } = signalbox(['lint', 'x.yaml', '--format', 'jsn']);
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('did you mean') });
  });
});

describe('test and tap', () => {
  test('test runs cases, writes a report, and tells a failed case from a file that can not be used', () => {
    file('tested.yaml', GOOD);
    const given = 'given: {traces: {spans: [{name: a}]}}';
    const head = 'config: tested.yaml\ncases:\n';
    const good = file('good.test.yaml', `${head}  - {name: passes, ${given}, expect: {signalbox: [{name: a}]}}\n`);
    const bad = file('bad.test.yaml', `${head}  - {name: fails, ${given}, expect: {signalbox: []}}\n`);
    const broken = file('broken.test.yaml', `${head}  - {nam: broken}\n`);
    expect(signalbox(['test', good])).toEqual({ code: 0, err: '', out: 'ok    passes\n1 passed, 0 failed\n' });
    const failed = signalbox(['test', good, bad, '--junit', 'report.xml']);
    expect(failed).toMatchObject({ code: 1, err: '' });
    expect(failed.out).toContain(
      'bad.test.yaml:3:67: exporter signalbox: expected 0 items, got 1\n        unexpected: span "a"',
    );
    expect(readFileSync(join(folder, 'report.xml'), 'utf8')).toContain(
      '<testsuites name="signalbox test" tests="2" failures="1"',
    );
    expect(signalbox(['test', broken, good])).toEqual({
      code: 2,
      err: 'signalbox: broken.test.yaml:3:6: has invalid keys: nam (did you mean "name"?)\n',
      out: 'broken.test.yaml\ngood.test.yaml\nok    passes\n1 passed, 0 failed, 1 file not usable\n',
    });
    expect(signalbox(['test'])).toMatchObject({ code: 2, err: expect.stringContaining('no file of cases to run') });
  });

  test('tap says where no collector answers', () => {
    expect(signalbox(['tap', 'traces/otlp', '--data', 'nothing-here'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/no collector answers in .*nothing-here\n {2}start one there/),
    });
    expect(signalbox(['tap'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('signalbox tap PIPELINE/COMPONENT'),
    });
  });
});
