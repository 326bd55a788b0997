import { globSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Scratch, scratchFolder } from '../lib/cli.ts';
import { gaugeRequest, JSON_TYPE, logsRequest, newTraceId, post, send, tracesRequest } from '../lib/otlp.ts';
import {
  type Addresses,
  eventually,
  isAlive,
  ROLES,
  type RunningSignalbox,
  type StartOptions,
  startSignalbox,
} from '../lib/signalbox.ts';
import { getJson, isStored } from './ask.ts';

let scratch: Scratch;
let dataDir: string;
const running: RunningSignalbox[] = [];
beforeEach(() => {
  scratch = scratchFolder();
  dataDir = `${scratch.path}/data`;
});
afterEach(async () => {
  for (const box of running.splice(0)) await box.kill();
  scratch.remove();
});

async function start(options: StartOptions = {}): Promise<RunningSignalbox> {
  const box = await startSignalbox({ dataDir, ...options });
  running.push(box);
  return box;
}

/** Sends requests of 50 items of each signal, several at a time; resolves when all are acknowledged. */
async function sendAll(box: RunningSignalbox, traceId: string): Promise<void> {
  const numbers = Array.from({ length: 50 }, (_, i) => i);
  await Promise.all(
    Array.from({ length: 6 }, async (_, i) => {
      const spans = numbers.map((n) => ({ traceId, spanId: (i * 50 + n + 1).toString(16).padStart(16, '0') }));
      await send(box.otlpUrl, 'traces', tracesRequest('restart', spans));
      const bodies = numbers.map((n) => `${traceId} ${i * 50 + n}`);
      await send(box.otlpUrl, 'logs', logsRequest('restart', bodies));
      const values = numbers.map((n) => i * 50 + n);
      await send(box.otlpUrl, 'metrics', gaugeRequest('restart', `restart.${traceId}`, values));
    }),
  );
}

/** Waits until the store has every item once, and makes sure that it has none twice. */
async function expectAll(box: RunningSignalbox, traceId: string): Promise<void> {
  const counts = (): Promise<string> =>
    box.query(
      `SELECT (SELECT (count(), uniqExact(span_id)) FROM signalbox.spans WHERE trace_id = unhex('${traceId}')),
        (SELECT (count(), uniqExact(body)) FROM signalbox.logs WHERE startsWith(body, '${traceId}')),
        (SELECT (count(), uniqExact(value)) FROM signalbox.metric_points WHERE name = 'restart.${traceId}') FORMAT TSV`,
    );
  const all = '(300,300)\t(300,300)\t(300,300)';
  await eventually('all items', async () => (await counts()).match(/\d+(?=\))/g)!.every((n) => n === '300'));
  // What waits in the spool after that could be a second copy. (The own metrics pass through it every five seconds.)
  await eventually('an empty spool', async () => waiting().length === 0);
  expect(await counts()).toBe(all);
}

/** Segments of the spool that wait to be stored. */
const waiting = (): string[] => globSync(`${dataDir}/**/spool/*.seg`);

/** Waits until it stores what comes: a stop does not wait for a store that has just been made. */
async function storesWhatComes(box: RunningSignalbox): Promise<void> {
  const traceId = newTraceId();
  await send(box.otlpUrl, 'traces', tracesRequest('restart', [{ traceId }]));
  await isStored(box, traceId);
}

/** An orderly end stores what is in the spool, as far as that gets done in the seconds that a stop may take. */
const STOP_LIMIT_MS = 5_000;
function expectDrained(tookMs: number): void {
  if (tookMs < STOP_LIMIT_MS) expect(waiting()).toEqual([]);
}

describe('data survives', () => {
  test('an orderly restart, which drains what was accepted just before', async () => {
    const traceId = newTraceId();
    const first = await start();
    const pids = ROLES.map((role) => first.pidOf(role)!);
    await storesWhatComes(first);
    await sendAll(first, traceId);
    const startMs = performance.now();
    await first.stop();
    const tookMs = performance.now() - startMs;
    expect(first.output()).not.toMatch(/is killed|cannot|error/i);
    expect(pids.filter(isAlive)).toEqual([]);
    expectDrained(tookMs);

    const second = await start();
    await expectAll(second, traceId);
    // A trace from before is found by its id as well as one from now.
    const trace = await getJson<{ data: { spans: object[] }[] }>(`${second.consoleUrl}/jaeger/api/traces/${traceId}`);
    expect(trace.data[0]!.spans).toHaveLength(300);
    await second.stop();
  });

  test('a Ctrl-C that comes twice, from the terminal and from npm, is one: the end is orderly', async () => {
    const box = await start();
    const traceId = newTraceId();
    await storesWhatComes(box);
    await sendAll(box, traceId);
    // While it is halted both wait, so that they arrive together however busy the machine is. Of two SIGINT only one would wait.
    const startMs = performance.now();
    for (const signal of ['SIGSTOP', 'SIGINT', 'SIGTERM', 'SIGCONT'] as const) process.kill(box.supervisorPid, signal);
    // A hard end has another code, and leaves what was accepted just before in the spool.
    expect(await box.exited).toBe(0);
    expectDrained(performance.now() - startMs);
    // What was left, where the machine was too slow for all of it, is there after the next start.
    const next = await start();
    await expectAll(next, traceId);
    await next.stop();
  });

  test('the death of all processes at once, right after the last OK', async () => {
    const ids = [newTraceId(), newTraceId(), newTraceId()];
    for (const traceId of ids) {
      const box = await start();
      await sendAll(box, traceId);
      await box.kill();
    }
    const last = await start();
    for (const traceId of ids) await expectAll(last, traceId);
    await last.stop();
  });

  test('the death of each process by itself, which the supervisor starts again', async () => {
    const box = await start();
    const before = newTraceId();
    await sendAll(box, before);
    for (const role of ROLES) {
      const pid = box.pidOf(role)!;
      process.kill(pid, 'SIGKILL');
      await eventually(`another ${role}`, async () => box.output().includes(`the ${role} is back`) || undefined);
      expect(box.pidOf(role)).not.toBe(pid);
    }
    const after = newTraceId();
    await sendAll(box, after);
    await expectAll(box, before);
    await expectAll(box, after);
    expect((await fetch(`${box.consoleUrl}/-/ready`)).status).toBe(200);
    await box.stop();
  });
});

/** The built-in configuration as a file, with a retention and something to recognise it by. */
function configText({ http, grpc, health }: Addresses, retention: string, marker: string): string {
  return `receivers:
  otlp:
    protocols:
      grpc:
        endpoint: ${grpc}
      http:
        endpoint: ${http}
        response_headers:
          x-marker: ${marker}
exporters:
  signalbox:
extensions:
  health_check:
    endpoint: ${health}
signalbox:
  storage:
    retention: ${retention}
service:
  extensions: [health_check]
  pipelines:
    traces: {receivers: [otlp], exporters: [signalbox]}
    metrics: {receivers: [otlp], exporters: [signalbox]}
    logs: {receivers: [otlp], exporters: [signalbox]}
`;
}

/** Seconds after which rows of a table go, from its definition; 0 where they stay. */
/** The tables leave expiry to the sweeper of src/store/retention.ts: ClickHouse's own would believe any clock. */
async function tablesWithExpiry(box: RunningSignalbox): Promise<string> {
  return box.query(
    "SELECT count() FROM system.tables WHERE database = 'signalbox' AND create_table_query LIKE '% TTL %'",
  );
}

test('without a setting, traces and logs are kept for 14 days, metrics for 30', async () => {
  // The built-in configuration logs warnings alone.
  const box = await start({
    config: (addresses) => scratch.file('defaults.yaml', configText(addresses, '{}', 'defaults')),
  });
  const line = 'retention: traces 14 days, logs 14 days, metrics 30 days';
  await eventually('the retention in the log', async () => box.output().includes(line) || undefined);
  expect(await tablesWithExpiry(box)).toBe('0');
  await box.stop();
});

test('SIGHUP: a bad configuration leaves the old one running, a good one takes its place and its retention', async () => {
  let addresses: Addresses | undefined;
  const config = (marker: string, retention: string): string =>
    scratch.file('config.yaml', configText(addresses!, retention, marker));
  const box = await start({
    config: (own) => {
      addresses = own;
      return config('first', '{traces: 3d, metrics: 0, logs: 36h}');
    },
  });
  const collector = box.pidOf('collector');
  /** Sends a span; gives the header by which the configuration that answers is known. */
  const marker = async (): Promise<string | null> => {
    const response = await post(`${box.otlpUrl}/v1/traces`, '{"resourceSpans":[]}', JSON_TYPE);
    return response.headers.get('x-marker');
  };
  const hangUp = (): boolean => process.kill(box.supervisorPid, 'SIGHUP');

  expect(await marker()).toBe('first');
  const traceId = newTraceId();
  await sendAll(box, traceId);
  await expectAll(box, traceId);
  const first = 'retention: traces 3 days, logs 36 hours, metrics for ever';
  await eventually('the retention in the log', async () => box.output().includes(first) || undefined);

  const path = scratch.file(
    'config.yaml',
    configText(addresses!, '{traces: 1d}', 'second')
      .replace('response_headers:', 'response_haeders:')
      .replace('exporters: [signalbox]', 'exporters: [signalbix]'),
  );
  hangUp();
  await eventually('the refusal', async () => box.output().includes('signalbix') || undefined);
  const lines = readFileSync(path, 'utf8').split('\n');
  for (const mistake of ['response_haeders', 'signalbix']) {
    const line = lines.findIndex((text) => text.includes(mistake));
    const said = box
      .output()
      .split('\n')
      .find((text) => text.includes(mistake))!;
    // A mistaken key is reported at its block's or its own line.
    expect(said).toMatch(new RegExp(`${path}:(${line}|${line + 1}):\\d+`));
  }
  expect(await marker()).toBe('first');
  const between = newTraceId();
  await sendAll(box, between);

  config('third', '{traces: 5d, metrics: 2w, logs: 0}');
  hangUp();
  await eventually('the new configuration', async () => (await marker()) === 'third' || undefined);
  const after = newTraceId();
  await sendAll(box, after);
  for (const id of [traceId, between, after]) await expectAll(box, id);
  const third = 'retention: traces 5 days, logs for ever, metrics 14 days';
  await eventually('the new retention', async () => box.output().includes(third) || undefined);
  expect(box.pidOf('collector')).toBe(collector);
  expect((await fetch(box.healthUrl)).status).toBe(200);
  await box.stop();
});
