import { expect, test } from 'vitest';
import { fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { Batch, SIGNALS, type Signal } from '#pdata';
import { decodeOtlp, encodeOtlp, LogsBuilder, MetricsBuilder, TracesBuilder } from '#wire';
import { batchOfJson, jsonOfBatch } from '../testing/ottl.ts';
import { groupByAttrsFactory } from './index.ts';

const settings = fakeSettings();

async function grouped(batch: Batch, keys: readonly string[]): Promise<Batch> {
  const next = new RecordingConsumer();
  const config = groupByAttrsFactory.schema.parse({ keys });
  await groupByAttrsFactory.create(settings, config, batch.signal, next).consume(batch);
  return next.batches[0]!;
}

interface Json {
  readonly [key: string]: Json[] & Json & string;
}
const text = (value: unknown): string => JSON.stringify(value);
const attributes = (list: readonly Json[] = []): string =>
  list.map(({ key, value }) => `${key}=${Object.values(value!)[0]}`).join(' ');

/** Resources with their scopes and the names of their items, a line each. */
function lines(batch: Batch): string[] {
  const json = jsonOfBatch(batch) as Json;
  const list = (json.resourceLogs ?? json.resourceSpans ?? json.resourceMetrics)!;
  return list.flatMap(({ resource, scopeLogs, scopeSpans, scopeMetrics }) =>
    (scopeLogs ?? scopeSpans ?? scopeMetrics)!.map(({ scope, logRecords, spans, metrics }) => {
      const items = logRecords ?? spans;
      const own = items?.map((item) => `${item.name ?? text(item.body)}(${attributes(item.attributes)})`);
      const points = metrics?.map((metric) => {
        const [type, data] = Object.entries(metric).find(([, value]) => (value as Json).dataPoints !== undefined)!;
        return `${metric.name} ${type}: ${(data as Json).dataPoints!.map((point) => `(${attributes(point.attributes)})`).join(' ')}`;
      });
      return `${attributes(resource?.attributes)} | ${scope?.name ?? ''} | ${(own ?? points)!.join(', ')}`;
    }),
  );
}

function logs(): Batch {
  const builder = new LogsBuilder();
  const first = builder.group({ resource: { source: 'x', host: 'own' }, scope: { name: 'a' } });
  first.add({ body: '1', attributes: { host: 'A', id: '1' } });
  first.add({ body: '2', attributes: { host: 'B' } });
  first.add({ body: '3', attributes: { id: '3' } });
  const second = builder.group({ resource: { host: 'A', source: 'x' }, scope: { name: 'a' } });
  second.add({ body: '4' });
  second.add({ body: '5', attributes: { host: 'A' } });
  return new Batch('logs', [builder.chunk()]);
}

test('items go to a resource with their attributes, and to one that has them already', async () => {
  expect(lines(await grouped(logs(), ['host']))).toEqual([
    'source=x host=A | a | {"stringValue":"1"}(id=1), {"stringValue":"4"}(), {"stringValue":"5"}()',
    'source=x host=B | a | {"stringValue":"2"}()',
    'source=x host=own | a | {"stringValue":"3"}(id=3)',
  ]);
});

test('several keys; a value of another type is another one', async () => {
  const builder = new LogsBuilder();
  const group = builder.group();
  for (const [n, of] of [{ a: 1, b: 'x' }, { b: 'x', a: 1 }, { a: '1', b: 'x' }, { b: 'x' }].entries()) {
    group.add({ body: String(n), attributes: of });
  }
  const batch = await grouped(new Batch('logs', [builder.chunk()]), ['a', 'b', 'a', '']);
  expect(lines(batch).map((line) => line.replace(/ \|.*\| /, ': '))).toEqual([
    'a=1 b=x: {"stringValue":"0"}(), {"stringValue":"1"}()',
    'a=1 b=x: {"stringValue":"2"}()',
    'b=x: {"stringValue":"3"}()',
  ]);
});

test('without keys what has the same resource and scope is put together', async () => {
  const builder = new TracesBuilder();
  const span = (name: string) => ({ traceId: '01'.repeat(16), spanId: '02'.repeat(8), name });
  for (const [name, host, scope] of [
    ['1', 'a', 'x'],
    ['2', 'a', 'y'],
    ['3', 'b', 'x'],
    ['4', 'a', 'x'],
  ] as const) {
    builder.group({ resource: { host }, scope: { name: scope } }).add(span(name));
  }
  const batch = await grouped(new Batch('traces', [builder.chunk()]), []);
  expect(lines(batch)).toEqual(['host=a | x | 1(), 4()', 'host=a | y | 2()', 'host=b | x | 3()']);
});

test('points come together in metrics of the same name and type', async () => {
  const builder = new MetricsBuilder();
  const group = builder.group({ resource: { host: 'own' } });
  for (let n = 0; n < 2; n++) {
    const gauge = group.gauge('g', { unit: 's', metadata: { 'prometheus.type': 'gauge' } });
    gauge.series({ host: 'A', n }).add(1n, 1);
    gauge.series({ host: 'B', n }).add(1n, 1);
  }
  group.sum('g', { temporality: 1, isMonotonic: true }).series({ host: 'A' }).add(1n, 1n);
  group.gauge('other').series().add(1n, 1);
  const batch = await grouped(new Batch('metrics', [builder.chunk()]), ['host']);
  expect(lines(batch)).toEqual([
    'host=A |  | g gauge: (n=0) (n=1), g sum: ()',
    'host=B |  | g gauge: (n=0) (n=1)',
    'host=own |  | other gauge: ()',
  ]);
  const json = text(jsonOfBatch(batch));
  expect(json).toContain('"unit":"s"');
  expect(json).toContain('"prometheus.type"');
  expect(json).toContain('"aggregationTemporality":1,"isMonotonic":true');
});

const anything = (signal: Signal): Batch => {
  const item = { attributes: [{ key: 'n', value: { intValue: '1' } }], droppedAttributesCount: 3 };
  const scope = { scope: { name: 'lib', attributes: item.attributes, droppedAttributesCount: 2 }, schemaUrl: 'urn:s' };
  const items = {
    traces: {
      resourceSpans: [{ scopeSpans: [{ ...scope, spans: [{ ...item, name: 's', events: [{ name: 'e' }] }] }] }],
    },
    logs: { resourceLogs: [{ scopeLogs: [{ ...scope, logRecords: [{ ...item, eventName: 'e' }] }] }] },
    metrics: {
      resourceMetrics: [
        { scopeMetrics: [{ ...scope, metrics: [{ name: 'm', gauge: { dataPoints: [{ asInt: '1' }] } }] }] },
      ],
    },
  }[signal];
  const [resource] = Object.values(items)[0] as unknown as [{ [key: string]: unknown }];
  Object.assign(resource, { resource: { attributes: item.attributes, droppedAttributesCount: 1 }, schemaUrl: 'urn:r' });
  return batchOfJson(signal, items);
};

test.each(SIGNALS)('%s: what is not moved stays as it is, also where nobody knows it', async (signal) => {
  const batch = anything(signal);
  const before = jsonOfBatch(batch);
  expect(jsonOfBatch(await grouped(batch, ['absent']))).toEqual(before);
});

test('what a processor has changed before goes on as it is now', async () => {
  const batch = logs();
  const chunk = decodeOtlp('logs', encodeOtlp(batch)).chunk;
  const key = { text: 'id', bytes: new TextEncoder().encode('id'), id: -1 };
  chunk.rowAttributes.of(0).set(key, 'changed');
  chunk.resourceAttributes.of(0).set({ ...key, text: 'zone', bytes: new TextEncoder().encode('zone') }, 'eu');
  const [first] = lines(await grouped(new Batch('logs', [chunk]), ['host']));
  expect(first).toBe('source=x zone=eu host=A | a | {"stringValue":"1"}(id=changed)');
});

test('counts what it groups', () => {
  expect(settings.meter.sum('processor_groupbyattrs_num_grouped_spans')).toBe(0);
  expect(settings.meter.sum('processor_groupbyattrs_num_non_grouped_spans')).toBeGreaterThan(3);
  expect(settings.meter.sum('processor_groupbyattrs_num_grouped_logs')).toBeGreaterThan(3);
});
