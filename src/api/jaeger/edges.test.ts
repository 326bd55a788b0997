/** What Jaeger answers at its edges: tags without a value, limits of 0, clocks that differ, spans without a service, uploads. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FixtureSpan, insertSpans } from '../../query/testing/fixtures.ts';
import { SHOP_FROM_MS, SHOP_TO_MS, shopSpans } from '../../query/testing/shop.ts';
import { startTestStore, type TestStore } from '../../query/testing/test-store.ts';
import { type RunningServer, startServer } from '../index.ts';

const startNs = BigInt(SHOP_FROM_MS - 86_400_000) * 1_000_000n;
const id32 = (hex: string) => hex.padStart(32, '0');

/** Three machines: the second's clock is behind, the third's span lasts longer than its parent. And spans whose resource names no service. */
const skewed: readonly FixtureSpan[] = [
  {
    traceId: 'ee',
    spanId: '1',
    timeNs: startNs,
    durationNs: 10_000_000,
    service: 'skew',
    name: 'root',
    resource: { 'host.name': 'a' },
  },
  {
    traceId: 'ee',
    spanId: '2',
    parentSpanId: '1',
    timeNs: startNs - 2_000_345_000n,
    durationNs: 4_000_000,
    service: 'skew',
    name: 'early',
    resource: { 'host.name': 'b' },
    attributes: { empty: '' },
  },
  // On the same machine as its parent: what holds for that holds for it.
  {
    traceId: 'ee',
    spanId: '3',
    parentSpanId: '2',
    timeNs: startNs - 2_000_000_000n,
    durationNs: 5,
    service: 'skew',
    name: 'child',
    resource: { 'host.name': 'b' },
  },
  {
    traceId: 'ee',
    spanId: '4',
    parentSpanId: '1',
    timeNs: startNs - 1_500_000n,
    durationNs: 20_000_000,
    service: 'skew',
    name: 'longer',
    resource: { 'host.id': 'c' },
  },
  {
    traceId: 'ee',
    spanId: '5',
    parentSpanId: '1',
    timeNs: startNs + 10n,
    durationNs: 5,
    service: 'skew',
    name: 'fits',
    resource: { 'host.id': 'd' },
  },
];
const unnamed: readonly FixtureSpan[] = [
  {
    traceId: 'dd',
    spanId: '1',
    timeNs: startNs,
    durationNs: 10,
    service: '',
    name: 'anonymous',
    resource: { 'service.name': '' },
    kind: 2,
  },
];

let store: TestStore;
let server: RunningServer;
beforeAll(async () => {
  store = await startTestStore();
  for (const spans of [shopSpans(), skewed, unnamed]) await insertSpans(store, spans);
  server = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin });
});
afterAll(async () => {
  await server.close();
  await store.close();
});

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into as a client without types would
type Json = any;

async function get(path: string): Promise<{ status: number; body: Json }> {
  const response = await fetch(server.url + path);
  return { status: response.status, body: (await response.json()) as Json };
}
const query = (parameters: { readonly [name: string]: string | number }) =>
  new URLSearchParams(Object.entries(parameters).map(([name, value]) => [name, String(value)])).toString();

describe.each(['/jaeger', ''])('as Jaeger below %s/api', (base) => {
  const dayMicros = { start: (SHOP_FROM_MS - 90_000_000) * 1000, end: (SHOP_TO_MS + 1) * 1000 };
  const found = async (parameters: { readonly [name: string]: string | number }) =>
    (await get(`${base}/api/traces?${query({ ...dayMicros, ...parameters })}`)).body.data.map(
      (trace: Json) => trace.traceID,
    ) as string[];

  test('an empty tag matches an empty value and nothing else', async () => {
    expect(await found({ service: 'skew', tags: '{"empty":""}' })).toEqual([id32('ee')]);
    expect(await found({ service: 'skew', tags: '{"absent":""}' })).toEqual([]);
    expect(await found({ service: 'skew', tags: '{"empty":"x"}' })).toEqual([]);
  });

  test('a limit of 0 is the default', async () => {
    expect(await found({ service: 'orders', limit: 0 })).toHaveLength(100);
    const window = `query.startTimeMin=${new Date(SHOP_FROM_MS).toISOString()}&query.startTimeMax=${new Date(SHOP_TO_MS).toISOString()}`;
    const { body } = await get(`${base}/api/v3/trace-summaries?query.serviceName=orders&query.searchDepth=0&${window}`);
    expect(body.summaries).toHaveLength(100);
  });

  test('spans that do not fit their parents carry the shift that was not made', async () => {
    const { body } = await get(`${base}/api/traces/ee`);
    const warnings = Object.fromEntries(body.data[0].spans.map((span: Json) => [span.operationName, span.warnings]));
    const delta = (text: string) => [`clock skew adjustment disabled; not applying calculated delta of ${text}`];
    expect(warnings).toEqual({
      root: null,
      early: delta('2.003345s'),
      child: delta('2.003345s'),
      longer: delta('1.5ms'),
      fits: null,
    });
    expect(
      (await get(`${base}/api/traces/ee?raw=true`)).body.data[0].spans.every((span: Json) => span.warnings === null),
    ).toBe(true);
  });

  test("spans whose resource names no service have Jaeger's name for that, and are found by it", async () => {
    const name = 'OTLPResourceNoServiceName';
    expect(await found({ service: name })).toEqual([id32('dd')]);
    expect((await get(`${base}/api/services/${name}/operations`)).body.data).toEqual(['anonymous']);
    expect((await get(`${base}/api/v3/services`)).body.services).toContain(name);
    expect((await get(`${base}/api/v3/operations?service=${name}`)).body.operations).toEqual([
      { name: 'anonymous', spanKind: 'server' },
    ]);
    const window = `query.startTimeMin=${new Date(SHOP_FROM_MS - 90_000_000).toISOString()}&query.startTimeMax=${new Date(SHOP_TO_MS).toISOString()}`;
    const { body } = await get(`${base}/api/v3/trace-summaries?query.serviceName=${name}&${window}`);
    expect(body.summaries[0]).toMatchObject({ rootServiceName: name, services: [{ name }] });
  });

  test('a file of OTLP that is uploaded comes back as traces', async () => {
    const file = {
      resourceSpans: [
        {
          resource: {
            attributes: [
              { key: 'service.name', value: { stringValue: 'saved' } },
              { key: 'host.name', value: { stringValue: 'h' } },
            ],
          },
          scopeSpans: [
            {
              scope: { name: 'lib', version: '1' },
              spans: [
                {
                  traceId: '0102030405060708090a0b0c0d0e0f10',
                  spanId: '0102030405060708',
                  name: 'GET',
                  kind: 'SPAN_KIND_SERVER',
                  startTimeUnixNano: '1700000000000001000',
                  endTimeUnixNano: '1700000000000003000',
                  attributes: [
                    { key: 'big', value: { intValue: '9007199254740993' } },
                    { key: 'list', value: { arrayValue: { values: [{ intValue: 1 }] } } },
                  ],
                  status: { code: 2 },
                  unknownField: 1,
                },
              ],
            },
          ],
        },
      ],
    };
    const post = (path: string, body?: string) =>
      fetch(`${server.url}${base}${path}`, { method: 'POST', ...(body !== undefined && { body }) });
    const answer = await post('/api/transform', JSON.stringify(file));
    expect(answer.status).toBe(200);
    const { data, errors } = (await answer.json()) as Json;
    expect(errors).toBeNull();
    expect(data).toHaveLength(1);
    expect(data[0].processes.p1).toEqual({
      serviceName: 'saved',
      tags: [{ key: 'host.name', type: 'string', value: 'h' }],
    });
    expect(data[0].spans[0]).toMatchObject({
      operationName: 'GET',
      startTime: 1700000000000001,
      duration: 2,
      references: [],
    });
    expect(data[0].spans[0].tags).toContainEqual({ key: 'big', type: 'int64', value: '9007199254740993' });
    expect(data[0].spans[0].tags).toContainEqual({ key: 'error', type: 'bool', value: true });
    for (const wrong of [
      '',
      'nonsense',
      '[]',
      '{"resourceSpans":1}',
      '{"resourceSpans":[{"scopeSpans":[{"spans":[{"spanId":"xyz"}]}]}]}',
    ]) {
      const refused = await post('/api/transform', wrong);
      expect([wrong, refused.status]).toEqual([wrong, 400]);
      expect(((await refused.json()) as Json).errors[0].msg).toContain('cannot unmarshal OTLP');
    }
    const archived = await post('/api/archive/ee');
    expect(archived.status).toBe(500);
    expect(((await archived.json()) as Json).errors).toEqual([
      { code: 500, msg: 'archive span storage was not configured' },
    ]);
    expect((await post('/api/archive/none')).status).toBe(400);
  });
});
