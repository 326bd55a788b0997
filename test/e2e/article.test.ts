import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { eventually, freePorts } from '#base/testing.ts';
import { decodeReference, encodeReference, type ReferenceObject } from '../../src/wire/testing/otlp-reference.ts';
import { type RunningCollector, runCli, type Scratch, scratchFolder, startCollector } from '../lib/cli.ts';
import { gaugeRequest, logsRequest, newTraceId, nowNs, type PlainSpan, send, tracesRequest } from '../lib/otlp.ts';
import { type Addresses, type RunningSignalbox, startSignalbox } from '../lib/signalbox.ts';
import { getJson, readRows } from './ask.ts';
import { randomFrom } from './hostile.ts';
import { fullLogs, fullMetrics, fullTraces } from './samples.ts';

/** The collector configuration of the article that Signalbox was made for: it lies beside the repository, and is not part of it. */
const ARTICLE = new URL('../../../shared/article/otel-collector-config.yaml', import.meta.url);
const isThere = existsSync(ARTICLE);
const text = isThere ? readFileSync(ARTICLE, 'utf8') : '';
if (!isThere) console.warn('skipped: the tests with the article’s configuration, which is not beside this repository');

/** Network and mounts of a process' own: for root on Linux, outside of most containers. */
const canUnshare = spawnSync('unshare', ['--net', '--mount', 'ip', 'link', 'set', 'lo', 'up']).status === 0;
if (!canUnshare) console.warn('skipped: the article’s file in a pod, where the system gives no namespaces of its own');

let scratch: Scratch;
const collectors: RunningCollector[] = [];
beforeEach(() => {
  scratch = scratchFolder();
});
afterEach(async () => {
  for (const collector of collectors.splice(0)) await collector.stop();
  scratch.remove();
});

/** The lines of `section::name` as they stand in the article, comments and all. */
function block(section: string, name: string): string {
  const lines = text.split('\n');
  const from = lines.indexOf(`  ${name}:`, lines.indexOf(`${section}:`));
  const length = lines.slice(from + 1).findIndex((line) => /^ {0,2}\S/.test(line));
  return lines.slice(from, from + 1 + length).join('\n');
}

/** A configuration of the article's own blocks around one pipeline for each signal. */
function articleConfig(processors: readonly string[]): string {
  const pipeline = (list: readonly string[]): string =>
    `{receivers: [otlp], processors: [${list.join(', ')}], exporters: [otlp/jaeger]}`;
  const plain = processors.filter((name) => name !== 'tail_sampling');
  return `receivers:
${block('receivers', 'otlp')}
processors:
${processors.map((name) => block('processors', name)).join('\n')}
exporters:
${block('exporters', 'otlp/jaeger')}
service:
  pipelines:
    traces: ${pipeline(processors)}
    metrics: ${pipeline(plain)}
    logs: ${pipeline(plain)}
`;
}

interface Started {
  readonly collector: RunningCollector;
  readonly otlpUrl: string;
  readonly grpcAddress: string;
  readonly metricsUrl: string;
}

/** Starts a collector with the article's blocks. Only its addresses are set from outside. */
async function startArticle(name: string, processors: readonly string[], target: string): Promise<Started> {
  const [http, grpc, metrics] = (await freePorts(3)).map((port) => `127.0.0.1:${port}`) as [string, string, string];
  const set = {
    'receivers::otlp::protocols::grpc::endpoint': grpc,
    'receivers::otlp::protocols::http::endpoint': http,
    'exporters::otlp/jaeger::endpoint': target,
  };
  const collector = await startCollector(scratch.file(`${name}.yaml`, articleConfig(processors)), [
    ...['--data', `${scratch.path}/${name}`, '--metrics-address', metrics],
    ...Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
  ]);
  collectors.push(collector);
  return { collector, otlpUrl: `http://${http}`, grpcAddress: grpc, metricsUrl: `http://${metrics}/metrics` };
}

/** The probabilistic policy's decision: FNV-1a-64 of its default salt and the id, at most 5 % of all numbers of 64 bits. */
function isInSample(traceId: string): boolean {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.concat([Buffer.from('default-hash-seed'), Buffer.from(traceId, 'hex')])) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return Number(hash) <= 0.05 * 2 ** 64;
}

interface TestTrace {
  readonly traceId: string;
  readonly service: string;
  readonly spans: readonly PlainSpan[];
  readonly isKept: boolean;
}

/** Traces of every kind that the article's policies tell apart. Ids come from a seed, so the same are kept each time. */
function testTraces(): TestTrace[] {
  const random = randomFrom(7);
  const newId = (): string => Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('');
  const startNs = nowNs();
  const make = (count: number, service: string, isPolicy: boolean, last: Omit<PlainSpan, 'traceId'>): TestTrace[] =>
    Array.from({ length: count }, () => {
      const traceId = newId();
      const spans = Array.from({ length: 9 }, () => ({ traceId, startNs, durationMs: 5 }));
      return {
        traceId,
        service,
        spans: [...spans, { startNs, ...last, traceId }],
        isKept: isPolicy || isInSample(traceId),
      };
    });
  return [
    ...make(20, 'orders', true, { statusCode: 2, durationMs: 5 }),
    ...make(20, 'orders', true, { durationMs: 1001 }),
    // Not longer than the threshold of 1 s: as fast as the others.
    ...make(20, 'orders', false, { durationMs: 1000 }),
    ...make(20, 'payment-service', true, { durationMs: 5 }),
    ...make(300, 'orders', false, { statusCode: 1, durationMs: 5 }),
  ];
}

const spanIdOf = (index: number): string => (index + 1).toString(16).padStart(16, '0');
const numbers = Array.from({ length: 500 }, (_, i) => i);

/** How many spans of each trace the store has. */
async function stored(box: RunningSignalbox): Promise<ReadonlyMap<string, number>> {
  const rows = await readRows<{ id: string; n: string }>(
    box,
    'SELECT lower(hex(trace_id)) AS id, count() AS n FROM signalbox.spans GROUP BY id',
  );
  return new Map(rows.map(({ id, n }) => [id, Number(n)]));
}

async function sumOf(url: string, pattern: RegExp): Promise<number> {
  const lines = (await (await fetch(url)).text()).split('\n').filter((line) => pattern.test(line));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

/** The expressions of the article's dashboard and of its rules, as its files have them. */
function panels(): string[] {
  const file = JSON.parse(readFileSync(new URL('grafana-dashboard.json', ARTICLE), 'utf8'));
  const { panels: list } = (file.dashboard ?? file) as {
    readonly panels: readonly { readonly targets: readonly { expr: string }[] }[];
  };
  return list.flatMap(({ targets }) => targets.map(({ expr }) => expr));
}

function alerts(): string[] {
  const { groups } = parseYaml(readFileSync(new URL('otel-rules.yaml', ARTICLE), 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly { expr: string }[] }[];
  };
  return groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));
}

/** A hundred requests a second for ten minutes, ten of them failing; each second, half of them take 2.5 to 5 s. In old or in today's words. */
function requestMetrics(service: string, words: 'old' | 'today', atMs: number): ReferenceObject {
  const isOld = words === 'old';
  const [name, unit, factor] = isOld
    ? ['http.server.duration', 'ms', 1000]
    : (['http.server.request.duration', 's', 1] as const);
  const status = isOld ? 'http.status_code' : 'http.response.status_code';
  const times = Array.from({ length: 41 }, (_, i) => i * 15);
  const ns = (seconds: number): bigint => BigInt(atMs - 600_000 + seconds * 1000) * 1_000_000n;
  const dataPoints = [
    [200, 90],
    [500, 10],
  ].flatMap(([code, perSecond]) =>
    times.map((seconds) => ({
      startTimeUnixNano: ns(0),
      timeUnixNano: ns(seconds),
      attributes: [{ key: status, value: { intValue: code } }],
      count: seconds * perSecond!,
      sum: seconds * perSecond! * 2 * Number(factor),
      explicitBounds: [0.1, 2.5, 5].map((bound) => bound * Number(factor)),
      bucketCounts: [0.3, 0.2, 0.5, 0].map((share) => Math.round(seconds * perSecond! * share)),
    })),
  );
  return {
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
        scopeMetrics: [{ metrics: [{ name, unit, histogram: { aggregationTemporality: 2, dataPoints } }] }],
      },
    ],
  };
}

describe.skipIf(!isThere)("the article's configuration", () => {
  test('tail sampling behind an agent: what should be kept arrives complete, and nothing else', async () => {
    const box = await startSignalbox();
    try {
      const gateway = await startArticle('gateway', ['memory_limiter', 'tail_sampling', 'batch'], box.grpcAddress);
      const agent = await startArticle('agent', ['memory_limiter', 'batch'], gateway.grpcAddress);
      const traces = testTraces();
      const kept = traces.filter(({ isKept }) => isKept);
      expect(kept.length).toBeGreaterThan(60 + 5);
      expect(kept.length).toBeLessThan(60 + 40);
      // The spans of a trace come in three requests, between those of all the others.
      for (const [from, to] of [
        [0, 4],
        [4, 7],
        [7, 10],
      ] as const) {
        for (const service of ['orders', 'payment-service']) {
          const spans = traces
            .filter((trace) => trace.service === service)
            .flatMap((trace) =>
              trace.spans.slice(from, to).map((span, i) => ({ ...span, spanId: spanIdOf(from + i) })),
            );
          await send(agent.otlpUrl, 'traces', tracesRequest(service, spans));
        }
      }
      const bodies = numbers.map((i) => `line ${i}`);
      await send(agent.otlpUrl, 'logs', logsRequest('orders', bodies));
      await send(agent.otlpUrl, 'metrics', gaugeRequest('orders', 'article.gauge', numbers));
      // An orderly end hands on what waits in batches: 10 s of it.
      await agent.collector.stop();

      const wanted = new Map(kept.map(({ traceId }) => [traceId, 10]));
      await eventually(
        'the traces that are kept',
        async () => ((await stored(box)).size >= wanted.size ? true : undefined),
        60_000,
      );
      await eventually('all decisions', async () => {
        const decided = await sumOf(
          gateway.metricsUrl,
          /^otelcol_processor_tail_sampling_global_count_traces_sampled\{/,
        );
        return decided === traces.length || undefined;
      });
      expect(await sumOf(gateway.metricsUrl, /_global_count_traces_sampled\{.*sampled="true"/)).toBe(kept.length);

      // Spans that come after the decision follow it.
      const dropped = traces.find(({ isKept }) => !isKept)!;
      const late = [kept[0]!, dropped].map(({ traceId }) => ({ traceId, spanId: '00000000000000ff' }));
      await send(gateway.otlpUrl, 'traces', tracesRequest('orders', late));
      await gateway.collector.stop();
      wanted.set(kept[0]!.traceId, 11);
      await eventually('the late span', async () =>
        (await stored(box)).get(kept[0]!.traceId) === 11 ? true : undefined,
      );
      expect(await stored(box)).toEqual(wanted);

      const counts = `SELECT (SELECT (count(), uniqExact(body)) FROM signalbox.logs), (SELECT (count(), uniqExact(value))
        FROM signalbox.metric_points WHERE name = 'article.gauge') FORMAT TSV`;
      await eventually(
        'logs and metrics',
        async () => (await box.query(counts)) === '(500,500)\t(500,500)' || undefined,
      );
      for (const { output } of [agent.collector, gateway.collector]) expect(output()).not.toMatch(/\terror\t/);
    } finally {
      await box.stop();
    }
  }, 120_000);

  test.skipIf(!canUnshare)('the whole file runs in a pod, unchanged, and knows the pods of its node', async () => {
    const run = [
      process.execPath,
      join(import.meta.dirname, 'article-pod.ts'),
      ARTICLE.pathname,
      `${scratch.path}/pod`,
    ];
    const { stdout } = await promisify(execFile)('unshare', ['--net', '--mount', ...run]);
    const { isRunning, code, asked, output } = JSON.parse(stdout) as Record<string, unknown>;
    expect({ isRunning, code }, String(output)).toEqual({ isRunning: true, code: 0 });
    // A list, and the watch.
    expect(asked).toEqual(Array(2).fill(['Bearer of-the-pod', '/api/v1/pods', 'spec.nodeName=node-1']));
    expect(output).not.toMatch(/\terror\t/);
  });

  test('its panels and alerts answer for services of then and of today, from behind its own file', async () => {
    const [jaeger, prometheus] = await freePorts(2);
    const set = (addresses: Addresses): string[] => [
      `receivers::otlp::protocols::grpc::endpoint=${addresses.grpc}`,
      `receivers::otlp::protocols::http::endpoint=${addresses.http}`,
      `exporters::otlp/jaeger::endpoint=127.0.0.1:${jaeger}`,
      `exporters::prometheus::endpoint=127.0.0.1:${prometheus}`,
      // There is no cluster here, and metrics don't come past it.
      'service::pipelines::traces::processors=[memory_limiter, tail_sampling, batch]',
    ];
    const ports = await freePorts(7);
    const [http, grpc, server, engine, metrics, health, zpages] = ports.map((port) => `127.0.0.1:${port}`);
    const addresses = { http, grpc, server, engine, metrics, health, zpages } as Addresses;
    const box = await startSignalbox({
      ports,
      config: () => scratch.file('whole.yaml', text),
      args: ['--store', ...set(addresses).flatMap((one) => ['--set', one])],
    });
    try {
      const atMs = Date.now();
      await send(box.otlpUrl, 'metrics', requestMetrics('python-orders', 'old', atMs));
      await send(box.otlpUrl, 'metrics', requestMetrics('today-payment', 'today', atMs));
      const ask = async (expression: string): Promise<Record<string, number>> => {
        const query = new URLSearchParams({ query: expression, time: String(atMs / 1000) });
        const { data } = await getJson<{
          readonly data: { readonly result: readonly { metric: Record<string, string>; value: [number, string] }[] };
        }>(`${box.consoleUrl}/prometheus/api/v1/query?${query}`);
        return Object.fromEntries(
          data.result.map(({ metric, value }) => [metric.service_name ?? '', Number(Number(value[1]).toFixed(9))]),
        );
      };
      const [rate, p99, errors] = panels();
      // A batch waits for 10 s.
      await eventually('both services', async () => Object.keys(await ask(rate!)).length === 2 || undefined, 60_000);
      const both = (value: number): object => ({ 'python-orders': value, 'today-payment': value });
      expect(await ask(rate!)).toEqual(both(100));
      expect(await ask(p99!)).toEqual(both(4.95));
      expect(await ask(errors!)).toEqual(both(0.1));
      const [errorAlert, latencyAlert, droppedAlert] = alerts();
      expect(await ask(errorAlert!)).toEqual(both(0.1));
      expect(await ask(latencyAlert!)).toEqual(both(4.95));
      expect(await ask(droppedAlert!)).toEqual({});
    } finally {
      await box.stop();
    }
  }, 120_000);

  test('validate finds nothing wrong in the whole file', async () => {
    const path = scratch.file('otel-collector-config.yaml', text);
    const { code, out } = await runCli(['validate', '--config', path]);
    expect({ code, out }).toEqual({ code: 0, out: '' });
  });
});

describe('a pipeline that changes nothing', () => {
  test('hands on every byte, fields that it does not know included, over gRPC and HTTP', async () => {
    const received: { path: string; body: Uint8Array }[] = [];
    const target = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        received.push({ path: request.url!, body: new Uint8Array(Buffer.concat(parts)) });
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      });
    });
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = target.address() as { port: number };
      const [first, second, metrics, more] = (await freePorts(4)).map((free) => `127.0.0.1:${free}`);
      const config = (receiver: string, exporter: string): string =>
        `receivers:
  otlp: {protocols: ${receiver}}
processors:
  memory_limiter: {check_interval: 1s, limit_percentage: 75, spike_limit_percentage: 30}
exporters:
  ${exporter}
service:
  pipelines:
    ${['traces', 'metrics', 'logs'].map((signal) => `${signal}: {receivers: [otlp], processors: [memory_limiter], exporters: [to]}`).join('\n    ')}
`.replaceAll('[to]', `[${exporter.split(':')[0]}]`);
      const front = config(`{http: {endpoint: '${first}'}}`, `otlp: {endpoint: '${second}', tls: {insecure: true}}`);
      const back = config(
        `{grpc: {endpoint: '${second}'}}`,
        `otlphttp: {endpoint: 'http://127.0.0.1:${port}', compression: none}`,
      );
      const start = async (name: string, yaml: string, address: string): Promise<void> => {
        const args = ['--data', `${scratch.path}/${name}`, '--metrics-address', address];
        collectors.push(await startCollector(scratch.file(`${name}.yaml`, yaml), args));
      };
      await start('back', back, metrics!);
      await start('front', front, more!);
      const traceId = newTraceId();
      const sent: readonly (readonly ['traces' | 'logs' | 'metrics', ReferenceObject])[] = [
        ['traces', fullTraces(traceId)],
        ['logs', fullLogs(traceId)],
        ['metrics', fullMetrics('pass', traceId)],
      ];
      for (const [signal, request] of sent) await send(`http://${first}`, signal, request);
      await eventually('all three', async () => received.length === 3 || undefined);
      for (const [signal, request] of sent) {
        const { body } = received.find(({ path }) => path === `/v1/${signal}`)!;
        const bytes = encodeReference(signal, request);
        expect(decodeReference(signal, body)).toEqual(decodeReference(signal, bytes));
        expect(Buffer.from(body).equals(Buffer.from(bytes))).toBe(true);
      }
      expect(decodeReference('traces', received.find(({ path }) => path === '/v1/traces')!.body)).toMatchObject({
        resourceSpans: [{ scopeSpans: [{ spans: [{ futureField: 'from a later version of OTLP' }, {}] }] }],
      });
    } finally {
      target.closeAllConnections();
      target.close();
    }
  });
});
