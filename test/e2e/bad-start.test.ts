import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually, freePorts } from '#base/testing.ts';
import { encodeReference } from '../../src/wire/testing/otlp-reference.ts';
import { runCli, type Scratch, scratchFolder } from '../lib/cli.ts';
import { exportByGrpc, logsRequest, newTraceId, post, send, tracesRequest } from '../lib/otlp.ts';
import { ROLES, type RunningSignalbox, startSignalbox } from '../lib/signalbox.ts';
import { isStored, spanCount } from './ask.ts';

/** What can be wrong around `signalbox up` when it starts, or while it runs: ports, folders, disks, versions, files. */

let scratch: Scratch;
const running: RunningSignalbox[] = [];
beforeEach(() => {
  scratch = scratchFolder();
});
afterEach(async () => {
  for (const box of running.splice(0)) await box.kill();
  scratch.remove();
});

async function start(dataDir: string, args: readonly string[] = []): Promise<RunningSignalbox> {
  const box = await startSignalbox({ dataDir, args });
  running.push(box);
  return box;
}

const FLAGS = ['otlp-http', 'otlp-grpc', 'http', 'engine', 'metrics', 'health', 'zpages'] as const;

/** Flags for ports that nobody else has, or the ones given. */
async function portFlags(taken: Readonly<Record<string, number>> = {}): Promise<string[]> {
  const ports = await freePorts(FLAGS.length);
  return FLAGS.flatMap((name, i) => [`--${name}-address`, `127.0.0.1:${taken[name] ?? ports[i]}`]);
}

async function failedUp(args: readonly string[]): Promise<string> {
  const { code, err } = await runCli(['up', ...args]);
  expect({ code, err }).toEqual({ code: 1, err: expect.not.stringMatching(/^\s+at |node:internal/m) });
  return err;
}

test.each(FLAGS.map((name) => ({ name })))(
  'a taken port: --$name-address is named as the way out',
  async ({ name }) => {
    const other = createServer((socket) => socket.destroy());
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      const { port } = other.address() as { port: number };
      const err = await failedUp(['--data', join(scratch.path, 'data'), ...(await portFlags({ [name]: port }))]);
      expect(err).toContain(`127.0.0.1:${port}`);
      expect(err).toMatch(new RegExp(`choose another.* --${name}-address`));
    } finally {
      other.close();
    }
  },
);

test.each(FLAGS.map((name) => ({ name })))(
  'a port taken by a program that never answers: up ends, and says who has it: $name',
  async ({ name }) => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    try {
      const { port } = mute.address() as { port: number };
      const err = await failedUp(['--data', join(scratch.path, 'data'), ...(await portFlags({ [name]: port }))]);
      // Who waits for its answer does not get to know the process.
      expect(err.match(/^signalbox: .*/gm)).toEqual([
        expect.stringMatching(new RegExp(`127.0.0.1:${port}.*: process ${process.pid} \\(`)),
      ]);
    } finally {
      for (const socket of sockets) socket.destroy();
      mute.close();
    }
  },
);

test('a file in place of the data folder', async () => {
  const path = scratch.file('data', 'mine');
  const err = await failedUp(['--data', path, ...(await portFlags())]);
  expect(err).toMatch(/data folder .*data: .* is a file.*\n {2}.*choose another one with --data/);
  expect(readFileSync(path, 'utf8')).toBe('mine');
  expect(await failedUp(['--data', join(path, 'below'), ...(await portFlags())])).toContain('data folder');
});

test('a data folder of a newer version is left alone', async () => {
  const dataDir = join(scratch.path, 'data');
  mkdirSync(join(dataDir, 'engine'), { recursive: true });
  writeFileSync(join(dataDir, 'engine/VERSION'), '999\n');
  const err = await failedUp(['--data', dataDir, ...(await portFlags())]);
  expect(err).toMatch(/data folder .*engine: its format is 999, this version of Signalbox reads up to \d+/);
  expect(err).toContain('start the newer version of Signalbox');
  expect(readFileSync(join(dataDir, 'engine/VERSION'), 'utf8')).toBe('999\n');
  expect(existsSync(join(dataDir, 'engine/clickhouse'))).toBe(false);
});

test('a schema of a newer version: it is said, data waits in the spool, and is stored when the versions fit', async () => {
  const dataDir = join(scratch.path, 'data');
  const traceId = newTraceId();
  const first = await start(dataDir);
  await send(first.otlpUrl, 'traces', tracesRequest('schema', [{ traceId }]));
  await isStored(first, traceId);
  await first.query(`INSERT INTO signalbox.schema_migrations (version, name) VALUES (999, 'from the future')`);
  await first.stop();

  const second = await start(dataDir);
  const waiting = newTraceId();
  await send(second.otlpUrl, 'traces', tracesRequest('schema', [{ traceId: waiting }]));
  await eventually('the reason', async () => second.output().includes('schema has version 999') || undefined);
  expect(await spanCount(second, waiting)).toBe(0);
  await second.query('ALTER TABLE signalbox.schema_migrations DELETE WHERE version = 999 SETTINGS mutations_sync = 1');
  await second.stop();

  const third = await start(dataDir);
  await isStored(third, waiting);
  await isStored(third, traceId);
  await third.stop();
});

test('two instances on one folder: the second says who has it, the first goes on', async () => {
  const dataDir = join(scratch.path, 'data');
  const box = await start(dataDir);
  const err = await failedUp(['--data', dataDir, ...(await portFlags())]);
  expect(err).toMatch(new RegExp(`in use by another .*process (${box.pidOf('engine')}|${box.pidOf('collector')})\\b`));
  expect(err).toContain('--data');
  const traceId = newTraceId();
  await send(box.otlpUrl, 'traces', tracesRequest('first', [{ traceId }]));
  await isStored(box, traceId);
  await box.stop();
});

test('a bad configuration file: all mistakes at once, each with file, line and column', async () => {
  const path = scratch.file(
    'bad.yaml',
    `receivers:
  otlp:
    protocols:
      http:
        endpoint: nowhere
        max_request_body_siz: 5
processors:
  batch:
    timeout: soon
exporters:
  signalbox:
    retention: {traces: 3 moons}
  nope:
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [bach]
      exporters: [signalbox]
    spans:
      receivers: [otlp]
      exporters: [signalbox]
`,
  );
  const args = (await portFlags()).filter((_, i, all) => !/otlp|health|zpages/.test(all[i - (i % 2)]!));
  const err = await failedUp(['--config', path, '--data', join(scratch.path, 'data'), ...args]);
  const places = err.split('\n').filter((line) => line.includes(path));
  const at = (line: number): string =>
    places.find((one) => one.includes(`${path}:${line}:`)) ?? `nothing at line ${line} in\n${err}`;
  expect(at(5)).toContain('expected host:port, got "nowhere"');
  expect(at(6)).toMatch(/:6:9: .*max_request_body_siz \(did you mean "max_request_body_size"\?\)/);
  expect(at(9)).toContain('soon');
  expect(at(12)).toContain('3 moons');
  expect(at(13)).toContain('unknown type: "nope"');
  expect(at(18)).toContain('bach');
  expect(at(20)).toContain('spans');
});

/** Whether file systems can be mounted here: it takes root, and a container that allows it. */
function canMount(): boolean {
  const probe = scratchFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe.path], { stdio: 'ignore' });
    execFileSync('umount', [probe.path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    probe.remove();
  }
}

// Root may write everywhere, so that a folder's permissions prove nothing: only file systems of the test's own do.
const mayMount = canMount();
if (!mayMount) console.warn('skipped: full and read-only disks, because file systems can not be mounted here');

describe.skipIf(!mayMount)('disks', () => {
  const mounts: string[] = [];
  function mounted(name: string, options: string): string {
    const path = join(scratch.path, name);
    mkdirSync(path);
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]);
    mounts.push(path);
    return path;
  }
  afterEach(async () => {
    for (const box of running.splice(0)) await box.kill();
    for (const path of mounts.splice(0)) execFileSync('umount', ['-l', path]);
  });

  test('a read-only data folder', async () => {
    const path = mounted('data', 'ro,size=1m');
    const err = await failedUp(['--data', path, ...(await portFlags())]);
    expect(err).toMatch(/data folder .*(read-only|EROFS)/);
    expect(err).toContain('--data');
  });

  test('no room for a single file', async () => {
    const path = mounted('data', 'size=1m,nr_inodes=2');
    const err = await failedUp(['--data', path, ...(await portFlags())]);
    expect(err).toMatch(/data folder .*(is full|ENOSPC)/i);
    expect(err).toContain('--data');
  });

  test('a disk that becomes full: senders are told to try again, and what was stored stays; with space it goes on', async () => {
    const path = mounted('data', 'size=300m');
    const dataDir = join(path, 'signalbox');
    const box = await start(dataDir);
    const before = newTraceId();
    await send(box.otlpUrl, 'traces', tracesRequest('disk', [{ traceId: before }]));
    await isStored(box, before);
    const pids = ROLES.map((role) => box.pidOf(role));

    const filler = join(path, 'filler');
    const fill = (): void => {
      const { bavail, bsize } = statfsSync(path);
      // To the last byte: also what is freed in the meantime.
      try {
        writeFileSync(filler, Buffer.alloc(bavail * bsize), { flag: 'a' });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    };
    const refused = newTraceId();
    const spans = Array.from({ length: 2000 }, () => ({ traceId: refused }));
    const body = encodeReference('traces', tracesRequest('disk', spans));
    let taken = 0;
    const refusal = await eventually('a refusal', async () => {
      fill();
      const response = await post(`${box.otlpUrl}/v1/traces`, body);
      if (response.status === 200) taken++;
      else return response;
      return undefined;
    });
    expect(refusal.status).toBe(503);
    expect(refusal.headers.get('retry-after')).toBe('1');
    expect(await refusal.text()).toMatch(/spool folder .*(ENOSPC|no space|in reserve)/i);
    const logs = encodeReference('logs', logsRequest('disk', Array(2000).fill('x'.repeat(100))));
    await eventually('the same over gRPC', async () => {
      fill();
      const error = await exportByGrpc(box.grpcAddress, 'logs', logs).catch((thrown: { code: number }) => thrown);
      return ('code' in error && error.code === 14) || undefined;
    });
    // What is there can be read on a full disk.
    await isStored(box, before);
    expect((await fetch(`${box.consoleUrl}/jaeger/api/traces/${before}`)).status).toBe(200);

    rmSync(filler);
    const after = newTraceId();
    await eventually('an OK', async () => {
      await send(box.otlpUrl, 'traces', tracesRequest('disk', [{ traceId: after }]));
      return true;
    });
    await isStored(box, after);
    // Of what was refused nothing was kept, of what was taken nothing is missing.
    await eventually('what was taken', async () => (await spanCount(box, refused)) === taken * 2000 || undefined);
    await isStored(box, before);
    expect(ROLES.map((role) => box.pidOf(role))).toEqual(pids);
    await box.stop();
    expect(box.output()).not.toContain('is killed');
  });
});

afterAll(() => {
  expect(running).toEqual([]);
});
