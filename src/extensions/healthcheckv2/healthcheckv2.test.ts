import { Client, credentials } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { eventually } from '#base/testing.ts';
import type { ComponentStatus, Host, HostDescription } from '#component';
import { fakeHost, fakeSettings } from '#component/testing.ts';
import { healthCheckV2Schema, validateHealthCheckV2 } from './config.ts';
import { HealthCheckV2 } from './healthcheckv2.ts';
import { Watchers } from './watchers.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const ANY = { endpoint: '127.0.0.1:0' };
const pipeline = (id: string): HostDescription['pipelines'][number] => ({
  id,
  signal: 'traces',
  mutatesData: false,
  receivers: ['otlp'],
  processors: ['batch'],
  exporters: [`otlp_grpc/${id}`, 'forward'],
});

async function started(block: object = {}) {
  const settings = fakeSettings({ id: 'healthcheckv2' });
  const config = healthCheckV2Schema.parse({ use_v2: true, http: ANY, grpc: ANY, ...block });
  const extension = new HealthCheckV2(settings, config);
  const statuses = new Map<string, HostDescription['statuses'][number]>();
  /** `kind:id@pipeline`. */
  const set = (name: string, status: ComponentStatus, message = ''): void => {
    const [, kind, id, of = ''] = /^(\w+):([^@]+)@?(.*)$/.exec(name)!;
    statuses.set(name, {
      kind: kind as 'exporter',
      id: id!,
      pipeline: of,
      status,
      message,
      sinceMs: settings.clock.nowMs(),
    });
  };
  const base = fakeHost();
  const host: Host = {
    ...base,
    describe: () => ({
      ...base.describe(),
      pipelines: [pipeline('traces'), pipeline('traces/2')],
      statuses: [...statuses.values()],
    }),
  };
  for (const name of ['extension:healthcheckv2', 'receiver:otlp', 'connector:forward']) set(name, 'ok');
  for (const of of ['traces', 'traces/2']) {
    set(`processor:batch@${of}`, 'ok');
    set(`exporter:otlp_grpc/${of}`, 'ok');
  }
  await extension.start(host);
  undo.push(() => extension.shutdown(100));
  const get = async (query = '') => {
    const response = await fetch(`http://${extension.addresses.http}/status${query}`);
    const text = await response.text();
    return { code: response.status, answer: text === '' ? undefined : JSON.parse(text) };
  };
  return { extension, settings, set, get, check: (service: string) => check(extension.addresses.grpc, service) };
}

/** The status that gRPC's health service gives, or the error's code. */
function check(address: string, service: string): Promise<string> {
  const client = new Client(address, credentials.createInsecure());
  undo.push(() => client.close());
  const request = Buffer.concat([Buffer.of(0x0a, service.length), Buffer.from(service)]);
  return new Promise((resolve) => {
    const raw = (bytes: Buffer): Buffer => bytes;
    client.makeUnaryRequest('/grpc.health.v1.Health/Check', raw, raw, request, (error, answer) =>
      resolve(error === null ? answer!.toString('hex') : `error ${error.code}`),
    );
  });
}
const SERVING = '0801';
const NOT_SERVING = '0802';

test('all is well', async () => {
  const { get, check: ask } = await started();
  const { code, answer } = await get();
  expect([code, answer.healthy, answer.status]).toEqual([200, true, 'StatusOK']);
  expect(Object.keys(answer)).toEqual(['start_time', 'healthy', 'status', 'status_time', 'attributes']);
  expect(await ask('')).toBe(SERVING);
  expect(await ask('traces/2')).toBe(SERVING);
});

test('in full, by pipelines and components', async () => {
  const { get } = await started();
  const { answer } = await get('?verbose');
  expect(Object.keys(answer.components)).toEqual(['extensions', 'pipeline:traces', 'pipeline:traces/2']);
  expect(Object.keys(answer.components['pipeline:traces'].components)).toEqual([
    'receiver:otlp',
    'connector:forward',
    'processor:batch',
    'exporter:otlp_grpc/traces',
  ]);
  expect((await get('?pipeline=traces/2&verbose=false')).answer.components).toBeUndefined();
  expect((await get('?pipeline=nope')).code).toBe(404);
});

test('an error of a component is that of its pipelines, and no cause to be called unhealthy unless it is asked for', async () => {
  const { get, set, settings, check: ask } = await started();
  await settings.clock.advance(1000);
  set('exporter:otlp_grpc/traces/2', 'recoverable_error', 'refused');
  const sinceMs = settings.clock.nowMs();
  await settings.clock.advance(1000);
  set('processor:batch@traces', 'permanent_error', 'broken');
  const { code, answer } = await get('?verbose');
  expect([code, answer.healthy, answer.status, answer.error]).toEqual([200, true, 'StatusPermanentError', 'broken']);
  expect(answer.components['pipeline:traces/2']).toMatchObject({
    status: 'StatusRecoverableError',
    error: 'refused',
    status_time: new Date(sinceMs).toISOString(),
  });
  expect(await ask('')).toBe(SERVING);
});

test('errors that count do so at once, or once they have lasted', async () => {
  const component_health = { include_recoverable_errors: true, recovery_duration: '1m' };
  const { get, set, settings, check: ask } = await started({ component_health });
  set('processor:batch@traces', 'permanent_error', 'broken');
  set('exporter:otlp_grpc/traces', 'recoverable_error', 'refused');
  expect((await get()).answer).toMatchObject({ healthy: true, status: 'StatusRecoverableError' });
  await settings.clock.advance(60_000);
  expect(await get()).toMatchObject({ code: 500, answer: { healthy: false } });
  expect([await ask(''), await ask('traces'), await ask('traces/2')]).toEqual([NOT_SERVING, NOT_SERVING, SERVING]);
  const strict = await started({ component_health: { include_permanent_errors: true } });
  strict.set('processor:batch@traces', 'permanent_error', 'broken');
  expect((await strict.get()).code).toBe(500);
});

test.each([
  ['starting', 503],
  ['stopping', 503],
  ['stopped', 503],
  ['fatal_error', 500],
] as const)('a component is %s', async (status, code) => {
  const { get, set, check: ask } = await started();
  set('receiver:otlp', status);
  expect((await get()).code).toBe(code);
  expect(await ask('')).toBe(NOT_SERVING);
});

test('gRPC: what is not there, and what is no request', async () => {
  const { check: ask, extension } = await started();
  expect(await ask('nope')).toBe('error 5');
  expect(await ask('x'.repeat(200))).toBe('error 3');
  expect(extension.addresses.grpc).toMatch(/^127\.0\.0\.1:\d+$/);
});

test('gRPC: who watches is told of changes, and of the end', async () => {
  const { extension, set, settings } = await started();
  const seen: string[] = [];
  const watch = (service: string): void => {
    const client = new Client(extension.addresses.grpc, credentials.createInsecure());
    undo.push(() => client.close());
    const raw = (bytes: Buffer): Buffer => bytes;
    const request = Buffer.concat([Buffer.of(0x0a, service.length), Buffer.from(service)]);
    const call = client.makeServerStreamRequest('/grpc.health.v1.Health/Watch', raw, raw, request);
    call.on('data', (answer: Buffer) => seen.push(`${service} ${answer.toString('hex')}`));
    call.on('error', (error: Error & { code?: number }) => seen.push(`${service} error ${error.code}`));
  };
  const sees = async (...all: string[]): Promise<void> => {
    await eventually(`clients are told ${all.join(', ')}`, async () => {
      await settings.clock.advance(1000);
      return seen.length >= all.length;
    });
    expect(seen.splice(0).sort()).toEqual(all);
  };
  watch('traces');
  watch('nope');
  await sees('nope 0803', `traces ${SERVING}`);
  set('receiver:otlp', 'stopping');
  await sees(`traces ${NOT_SERVING}`);
  set('receiver:otlp', 'ok');
  await sees(`traces ${SERVING}`);
  await extension.shutdown(1000);
  await sees('nope error 1', 'traces error 1');
});

test('gRPC: some may watch, and no more', async () => {
  const { settings } = await started();
  const watchers = new Watchers(settings.clock, () => 1);
  const abort = new AbortController();
  const all = Array.from({ length: 64 }, () => watchers.watch('', abort.signal));
  const first = await Promise.all(all.map((one) => one.next()));
  expect([first[0]!.value, watchers.isFull]).toEqual([Uint8Array.of(8, 1), true]);
  const ends = all.map((one) => one.next());
  abort.abort();
  expect((await ends[63]!).value).toMatchObject({ code: 1, message: 'Stream has ended.' });
  expect([watchers.isFull, settings.clock.timerCount]).toEqual([false, 0]);
});

test('the configuration is not shown', () => {
  const block = { use_v2: true, http: { config: { enabled: true } } };
  const [issue] = healthCheckV2Schema.safeParse(block).error!.issues;
  expect([issue!.path, issue!.message]).toEqual([['http', 'config', 'enabled'], expect.stringContaining('secrets')]);
});

test.each([
  [{}, 'use_v2'],
  [{ use_v2: true }, 'at least one protocol'],
  [{ use_v2: true, http: { status: { path: 'x' } } }, 'path must start with /'],
])('mistake: %j', (block, message) => {
  const mistakes = validateHealthCheckV2(healthCheckV2Schema.parse(block));
  expect(mistakes.map((one) => `${one.path.join('::')} ${one.message}`).join()).toContain(message);
});
