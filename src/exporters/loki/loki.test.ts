import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import protobuf from 'protobufjs';
import { afterEach, describe, expect, test } from 'vitest';
import { goQuoted } from '#base';
import { type FakeSettings, fakeHost, fakeSettings } from '#component/testing.ts';
import type { MapNode } from '#config';
import { decompressSnappy } from '#net';
import { Batch } from '#pdata';
import { LogsBuilder } from '#wire';
import { lokiExporterSchema, modernizeLokiExporter, validateLokiExporter } from './config.ts';
import { lokiExporterFactory } from './index.ts';
import type { LokiExporter } from './loki.ts';

/** As grafana/loki's pkg/push/push.proto. */
const PushRequest = protobuf
  .parse(`syntax = "proto3";
    message Time { int64 seconds = 1; int32 nanos = 2; }
    message Entry { Time timestamp = 1; string line = 2; }
    message Stream { string labels = 1; repeated Entry entries = 2; }
    message PushRequest { repeated Stream streams = 1; }`)
  .root.lookupType('PushRequest');

interface Pushed {
  readonly headers: IncomingHttpHeaders;
  readonly streams: readonly {
    readonly labels: string;
    readonly entries: readonly { readonly timestamp: object; readonly line: string }[];
  }[];
}

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(
  block: object = {},
  status = 204,
): Promise<{ exporter: LokiExporter; pushed: Pushed[]; settings: FakeSettings }> {
  const pushed: Pushed[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = decompressSnappy(Buffer.concat(parts), 1e6);
      const { streams = [] } = PushRequest.toObject(PushRequest.decode(body), { longs: String }) as Pushed;
      pushed.push({ headers: request.headers, streams });
      response.writeHead(status).end(status === 204 ? undefined : 'entry out of order\nmore');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => server.close());
  const settings = fakeSettings({ id: 'loki' });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/loki/api/v1/push`;
  const config = lokiExporterSchema.parse({ endpoint, ...block });
  const exporter = lokiExporterFactory.create(settings, config, 'logs') as LokiExporter;
  await exporter.start(fakeHost());
  undo.push(() => exporter.shutdown(100));
  return { exporter, pushed, settings };
}

type Record = Parameters<ReturnType<LogsBuilder['group']>['add']>[0];
type Resource = NonNullable<NonNullable<Parameters<LogsBuilder['group']>[0]>['resource']>;

function batchOf(records: readonly Record[], resource: Resource = { 'service.name': 'shop' }, scope = {}): Batch {
  const logs = new LogsBuilder();
  const group = logs.group({ resource, scope });
  for (const record of records) group.add(record);
  return new Batch('logs', [logs.chunk()], { metadata: new Map([['x-tenant', ['acme']]]) });
}

async function linesOf(
  block: object,
  records: readonly Record[],
  resource?: Resource,
  scope?: object,
): Promise<[string, string][]> {
  const { exporter, pushed } = await start(block);
  await exporter.consume(batchOf(records, resource, scope));
  return pushed.flatMap(({ streams }) =>
    streams.flatMap(({ labels, entries }) => entries.map(({ line }): [string, string] => [labels, line])),
  );
}

const RECORD: Record = {
  timeNs: 1_700_000_000_000_000_005n,
  severityNumber: 9,
  severityText: 'info',
  body: 'Example log',
  attributes: { attr1: '1', attr2: '2' },
  traceId: new Uint8Array(16).fill(1),
  spanId: new Uint8Array(8).fill(2),
};
const IDS = { trace: '01'.repeat(16), span: '02'.repeat(8) };

test('protobuf, compressed, with the time and the type that Loki wants', async () => {
  const { exporter, pushed } = await start();
  await exporter.consume(batchOf([RECORD, { ...RECORD, timeNs: 0n, observedNs: 7n }]));
  expect(pushed[0]!.headers['content-type']).toBe('application/x-protobuf');
  expect(pushed[0]!.headers['x-scope-orgid']).toBeUndefined();
  expect(pushed[0]!.streams[0]!.entries.map(({ timestamp }) => timestamp)).toEqual([
    { seconds: '1700000000', nanos: 5 },
    { nanos: 7 },
  ]);
});

describe('the older block', () => {
  const article = { labels: { attributes: { 'service.name': 'service_name', severity: 'severity' } } };

  test('labels from the record, else the resource, else the severity', async () => {
    const own = { ...RECORD, attributes: { severity: 'own', 'service.name': 'other' } };
    expect((await linesOf(article, [RECORD, own])).map(([labels]) => labels)).toEqual([
      '{service_name="shop", severity="info"}',
      '{service_name="other", severity="own"}',
    ]);
  });

  test('lines have what is no label in front of the body, or are JSON', async () => {
    const [[, line]] = (await linesOf(article, [RECORD], { 'service.name': 'shop', host: 'a "b"' })) as [
      [string, string],
    ];
    expect(line).toBe(
      `severity=info severityN=9 traceID=${IDS.trace} spanID=${IDS.span} attr1="1" attr2="2" host="a \\"b\\"" Example log`,
    );
    const [[, json]] = (await linesOf({ ...article, format: 'json' }, [RECORD])) as [[string, string]];
    expect(JSON.parse(json)).toMatchObject({
      body: 'Example log',
      severity: 'info',
      resources: { 'service.name': 'shop' },
    });
  });

  test('labels of the resource and of fields of the record; a stream always has one', async () => {
    const labels = { resource: { 'host.name': '' }, record: { traceID: 'trace', severityN: 'level' } };
    expect((await linesOf({ labels }, [RECORD, {}], { 'host.name': 'h' })).map(([one]) => one)).toEqual([
      `{host_name="h", level="9", trace="${IDS.trace}"}`,
      '{host_name="h"}',
    ]);
    expect(await linesOf({ labels: { attributes: { none: 'none' } } }, [{ body: 'x' }], {})).toEqual([
      ['{exporter="OTLP"}', 'x'],
    ]);
  });

  test.each([
    [{ tenant_id: 'fixed' }, 'fixed'],
    [{ tenant: { source: 'static', value: 'fixed' } }, 'fixed'],
    [{ tenant: { source: 'context', value: 'X-Tenant' } }, 'acme'],
    [{ tenant: { source: 'attributes', value: 'attr2' } }, '2'],
  ])('%j', async (block, tenant) => {
    const { exporter, pushed } = await start({ ...article, ...block });
    await exporter.consume(batchOf([RECORD]));
    expect(pushed[0]!.headers['x-scope-orgid']).toBe(tenant);
  });
});

describe('hints and default labels', () => {
  test('JSON with what is no label', async () => {
    const resource = {
      'service.name': 'shop',
      'service.namespace': 'eu',
      'service.instance.id': 'i',
      'loki.resource.labels': 'host.name',
      'host.name': 'h',
      cpu: 2,
    };
    const record = {
      ...RECORD,
      attributes: {
        'loki.attribute.labels': 'http.method, a.b.c',
        'http.method': 'GET',
        a: { b: { c: 'deep' } },
        html: '<a>',
      },
    };
    const scope = { name: 'lib', version: 'v1', attributes: { foo: 'bar' } };
    expect(await linesOf({}, [record], resource, scope)).toEqual([
      [
        '{a_b_c="deep", exporter="OTLP", host_name="h", http_method="GET", instance="i", job="eu/shop", level="INFO"}',
        `{"body":"Example log","traceid":"${IDS.trace}","spanid":"${IDS.span}","severity":"info",` +
          '"attributes":{"a":{"b":{"c":"deep"}},"html":"\\u003ca\\u003e"},' +
          '"resources":{"cpu":2,"service.instance.id":"i","service.name":"shop","service.namespace":"eu"},' +
          '"instrumentation_scope":{"name":"lib","version":"v1","attributes":{"foo":"bar"}}}',
      ],
    ]);
  });

  test('labels that are turned off', async () => {
    const block = { default_labels_enabled: { exporter: false, level: false } };
    expect((await linesOf(block, [RECORD]))[0]![0]).toBe('{job="shop"}');
  });

  test.each([
    ['raw', 'Example log', 'Example log'],
    [
      'logfmt',
      'Example log',
      `Example= log= traceID=${IDS.trace} spanID=${IDS.span} severity=info attribute_attr1=1 resource_service.name=shop`,
    ],
    [
      'logfmt',
      'msg="hello world"',
      `msg="hello world" traceID=${IDS.trace} spanID=${IDS.span} severity=info attribute_attr1=1 resource_service.name=shop`,
    ],
    [
      'logfmt',
      'a="b',
      `msg="a=\\"b" traceID=${IDS.trace} spanID=${IDS.span} severity=info attribute_attr1=1 resource_service.name=shop`,
    ],
    [
      'logfmt',
      ['value', true, 123],
      `body_0=value body_1=true body_2=123 traceID=${IDS.trace} spanID=${IDS.span} severity=info attribute_attr1=1 resource_service.name=shop`,
    ],
  ])('format %s of %j', async (format, body, line) => {
    const record = { ...RECORD, body, attributes: { 'loki.format': format, attr1: '1' } };
    expect((await linesOf({}, [record]))[0]![1]).toBe(line);
  });

  test('a format that there is not is counted, the others are sent', async () => {
    const { exporter, pushed, settings } = await start();
    await exporter.consume(batchOf([{ ...RECORD, attributes: { 'loki.format': 'xml' } }, RECORD]));
    expect(pushed[0]!.streams[0]!.entries).toHaveLength(1);
    expect(settings.account.sum('lost', 'not_representable')).toBe(1);
  });

  test('a request for each tenant', async () => {
    const { exporter, pushed } = await start();
    const of = (team: string): Record => ({ ...RECORD, attributes: { 'loki.tenant': 'team', team } });
    await exporter.consume(batchOf([of('a'), of('b'), of('a'), RECORD]));
    expect(pushed.map(({ headers, streams }) => [headers['x-scope-orgid'], streams[0]!.entries.length])).toEqual([
      ['a', 2],
      ['b', 1],
      [undefined, 1],
    ]);
  });
});

test.each([
  [400, true],
  [429, false],
  [500, false],
])('%d: permanent %s', async (status, permanent) => {
  const { exporter } = await start({}, status);
  const error = exporter.consume(batchOf([RECORD]));
  await expect(error).rejects.toMatchObject({
    permanent,
    reason: `http_${status}`,
    message: expect.stringMatching(/: entry out of order$/),
  });
});

test('labels are quoted as Go does', () => {
  expect(goQuoted('a "b" \\ \n\u0000\u00a0é\u{1f600}')).toBe('"a \\"b\\" \\\\ \\n\\x00\\u00a0é\u{1f600}"');
});

test('says that the exporter and its older block are gone, and what to write today', () => {
  const place = { file: 'a.yaml', line: 1, column: 1 };
  const node = (value: unknown): unknown => ({ keyPlace: place, node: { kind: 'scalar', place, value } });
  const block = {
    kind: 'map',
    place,
    entries: new Map([
      ['endpoint', node('http://loki:3100/loki/api/v1/push')],
      ['labels', node(null)],
    ]),
  } as unknown as MapNode;
  const { warnings } = modernizeLokiExporter(block);
  expect(warnings.map(({ key }) => key)).toEqual(['endpoint', 'labels']);
  expect(warnings[0]!.message).toContain('otlp_http with "endpoint: http://loki:3100/otlp"');
});

test.each([
  [{ endpoint: 'loki:3100' }, ['endpoint']],
  [{ labels: { attributes: { a: 'b-c' } } }, ['labels', 'attributes', 'a']],
  [{ labels: { record: { name: 'n' } } }, ['labels', 'record', 'name']],
  [{ labels: {} }, ['labels']],
])('a mistake: %j', (block, path) => {
  const config = lokiExporterSchema.parse({ endpoint: 'http://loki:3100', ...block });
  expect(validateLokiExporter(config).map((mistake) => mistake.path)).toEqual([path]);
});
