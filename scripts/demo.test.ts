import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStoreAccess } from '#base/store-access.ts';
import { eventually, freePorts } from '#base/testing.ts';
import { type Scratch, scratchFolder } from '../test/lib/cli.ts';
import { isAlive } from '../test/lib/signalbox.ts';
import { splitArguments } from './demo.ts';

describe('arguments', () => {
  test.each([
    { name: 'none', args: [], env: {}, up: [], shop: ['--endpoint', 'http://127.0.0.1:4318'] },
    {
      name: 'both kinds',
      args: ['--rate', '3', '--data', 'd', '--seed=7', '--listen=0.0.0.0'],
      env: {},
      up: ['--data', 'd', '--listen=0.0.0.0'],
      shop: ['--rate', '3', '--seed=7', '--endpoint', 'http://127.0.0.1:4318'],
    },
    {
      name: 'another address',
      args: ['--listen', '10.0.0.5', '--otlp-http-address', ':99'],
      env: {},
      up: ['--listen', '10.0.0.5', '--otlp-http-address', ':99'],
      shop: ['--endpoint', 'http://10.0.0.5:99'],
    },
    {
      name: 'another port alone, by the environment',
      args: [],
      env: { SIGNALBOX_OTLP_HTTP_ADDRESS: '5318' },
      up: [],
      shop: ['--endpoint', 'http://127.0.0.1:5318'],
    },
    {
      name: 'an endpoint of its own',
      args: ['--endpoint', 'http://other:4318'],
      env: {},
      up: [],
      shop: ['--endpoint', 'http://other:4318'],
    },
    { name: 'an endpoint from the environment', args: [], env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'x' }, up: [], shop: [] },
  ])('$name', ({ args, env, up, shop }) => {
    expect(splitArguments(args, env)).toEqual({ up, shop });
  });
});

describe('the end of the demo', () => {
  let scratch: Scratch;
  beforeEach(() => {
    scratch = scratchFolder();
  });
  afterEach(() => scratch.remove());

  const FLAGS = ['otlp-http', 'otlp-grpc', 'http', 'engine', 'metrics', 'health', 'zpages'];

  test('a Ctrl-C stops the shop, then Signalbox, quietly and cleanly', async () => {
    const ports = await freePorts(FLAGS.length);
    const addresses = FLAGS.flatMap((name, i) => [`--${name}-address`, `127.0.0.1:${ports[i]}`]);
    const args = ['--rate', '20', '--data', join(scratch.path, 'data'), ...addresses];
    // As a shell starts it: a group of processes of its own, to which the terminal sends a Ctrl-C.
    const demo = spawn(process.execPath, [join(import.meta.dirname, 'demo.ts'), ...args], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    demo.stdout.on('data', (data: Buffer) => (out += data.toString()));
    demo.stderr.on('data', (data: Buffer) => (out += data.toString()));
    try {
      await eventually('data that arrives', async () => out.includes('takes data'), 60_000);
      const { username, password } = openStoreAccess(join(scratch.path, 'data', 'engine')).reader;
      const headers = { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password };
      const query = (sql: string): Promise<string> =>
        fetch(`http://127.0.0.1:${ports[3]}`, { method: 'POST', body: sql, headers }).then((answer) => answer.text());
      await eventually('data in the store', async () => Number(await query('SELECT count() FROM signalbox.spans')) > 0);
      const closed = once(demo, 'close') as Promise<[number | null]>;
      process.kill(-demo.pid!, 'SIGINT');
      // From the terminal once, and from npm once more.
      process.kill(demo.pid!, 'SIGINT');
      const [code] = await closed;
      const lines = out.trim().split('\n');
      expect({ code, last: lines.at(-1) }).toEqual({ code: 0, last: 'Shop: closing' });
      expect(lines.filter((line) => /does not take|error|warn|killed|starting it again|ECONN/i.test(line))).toEqual([]);
      await expect(query('SELECT 1')).rejects.toThrow();
    } finally {
      if (isAlive(demo.pid!)) process.kill(demo.pid!, 'SIGTERM');
    }
  });

  test('a start that fails ends the demo with its reason', async () => {
    const demo = spawn(process.execPath, [join(import.meta.dirname, 'demo.ts'), '--data'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let err = '';
    demo.stderr.on('data', (data: Buffer) => (err += data.toString()));
    const [code] = (await once(demo, 'close')) as [number | null];
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('--data needs a value') });
  });
});
