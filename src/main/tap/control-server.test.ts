import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type RunningServer, startServer } from '#api';
import { controlSocketIn, SocketError, socketLines } from '#base/local-socket.ts';
import { eventually } from '#base/testing.ts';
import { TapWorld } from '../testing/tap-world.ts';
import { type ControlServer, startControlServer } from './control-server.ts';
import { TapPrinter } from './print-tap.ts';

const YAML = `receivers: {otlp: {protocols: {http: {}}}}
processors:
  filter/health: {traces: {span: ['name == "health"']}}
  transform: {trace_statements: ['set(span.attributes["url"], "***") where span.attributes["url"] != nil']}
exporters: {debug: {}}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp], processors: [filter/health, transform], exporters: [debug]}
`;

function spans(...names: readonly string[]): unknown {
  const list = names.map((name, index) => ({
    traceId: '01'.repeat(16),
    spanId: `${index + 1}`.padStart(16, '0'),
    name,
    attributes: [{ key: 'url', value: { stringValue: `https://x/${name}?s3cret` } }],
  }));
  return { resourceSpans: [{ scopeSpans: [{ spans: list }] }] };
}

let folder: string;
let socket: string;
let world: TapWorld;
let control: ControlServer | undefined;
let server: RunningServer | undefined;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-tap-'));
  socket = controlSocketIn(folder)!;
  world = await new TapWorld().start(YAML);
  control = await startControlServer(socket, world.collector);
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await control?.close();
  const stopping = world.collector.shutdown();
  await world.pass(20_000);
  await stopping;
  rmSync(folder, { recursive: true, force: true });
});

async function refusalOf(lines: AsyncGenerator<string>): Promise<string> {
  try {
    return `${(await lines.next()).value}`;
  } catch (error) {
    return error instanceof SocketError ? `${error.status} ${error.message}` : String(error);
  }
}

test('a line of JSON for each event, on a socket of the user alone; who goes away ends the tap', async () => {
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  const abort = new AbortController();
  const lines = socketLines(socket, '/tap?at=traces/transform&raw=1', abort.signal);
  const printer = new TapPrinter();
  expect(printer.print(JSON.parse((await lines.next()).value))).toBe(
    'looking at traces at the processor transform of the pipeline traces, up to 500 items\n',
  );
  await world.send('traces', spans('cart'));
  const printed = printer.print(JSON.parse((await lines.next()).value));
  expect(printed.replace(/^\S+/, 'TIME')).toBe(
    'TIME ~ changed  name: "cart"  status.code: "unset"\n' +
      '               ~ attributes["url"]: "https://x/cart?s3cret" → "***"\n',
  );
  abort.abort();
  expect((await lines.next()).done).toBe(true);
  await eventually('the end of the tap', () => world.collector.watchers.current === undefined);
});

test('what is refused, and where nobody is', async () => {
  const { signal } = new AbortController();
  expect(await refusalOf(socketLines(socket, '/tap?at=traces/tranform', signal))).toBe(
    '404 no component traces/tranform; did you mean traces/transform?',
  );
  expect(await refusalOf(socketLines(socket, '/tap?at=traces/otlp&items=0', signal))).toBe(
    '400 items: must be above 0 and at most 10000, got 0',
  );
  expect(await refusalOf(socketLines(socket, '/other', signal))).toBe('404 nothing is here');
  expect(await refusalOf(socketLines(join(folder, 'none.sock'), '/tap', signal))).toBe('0 no collector answers');
});

test('a second collector over the same folder leaves the socket alone, and one that was left behind is replaced', async () => {
  expect(await startControlServer(socket, world.collector)).toBeUndefined();
  await control!.close();
  control = await startControlServer(socket, world.collector);
  expect(control).toBeDefined();
  expect(existsSync(socket)).toBe(true);
});

test('a folder with a long name is reached from the working directory, or not at all', () => {
  const name = 'd'.repeat(103 - '/collector/control.sock'.length);
  expect(controlSocketIn(join(process.cwd(), name))).toBe(`${name}/collector/control.sock`);
  expect(controlSocketIn(join('/x', 'd'.repeat(200)))).toBeUndefined();
});

test('the console’s API gives the same, masked, as it comes', async () => {
  server = await startServer({ port: 0, collectorSocket: socket, engineUrl: 'http://127.0.0.1:1' });
  const abort = new AbortController();
  const response = await fetch(`${server.url}/api/console/tap?at=traces/transform&raw=1`, { signal: abort.signal });
  expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
  expect(response.headers.get('content-encoding')).toBeNull();
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  expect(JSON.parse((await reader.read()).value!)).toMatchObject({ type: 'start', isRaw: false });
  await world.send('traces', spans('cart'));
  const { value: line } = await reader.read();
  expect(JSON.parse(line!)).toMatchObject({ type: 'item', outcome: 'changed', maskedCount: 1 });
  expect(line).not.toContain('s3cret');
  abort.abort();
  await eventually('the end of the tap', () => world.collector.watchers.current === undefined);
  const wrong = await fetch(`${server.url}/api/console/tap?at=traces/nothing`);
  expect([wrong.status, await wrong.json()]).toMatchObject([404, { error: { code: 'not_found' } }]);
  await control!.close();
  control = undefined;
  const gone = await fetch(`${server.url}/api/console/tap?at=traces/otlp`);
  expect([gone.status, await gone.json()]).toMatchObject([503, { error: { code: 'collector_unavailable' } }]);
});

test('of several tenants nobody looks at the items of all', async () => {
  const access = { authenticate: () => ({ name: '' }), tenantOf: () => 'acme' };
  server = await startServer({ port: 0, collectorSocket: socket, engineUrl: 'http://127.0.0.1:1', access });
  const response = await fetch(`${server.url}/api/console/tap?at=traces/otlp`);
  expect([response.status, await response.json()]).toMatchObject([403, { error: { code: 'forbidden' } }]);
});
