import { describe, expect, test } from 'vitest';
import { fakeHost, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { type AnyValue, Batch, Double, type PointChunk, type Signal } from '#pdata';
import { encodeOtlpJson, LogsBuilder, MetricsBuilder, TracesBuilder } from '#wire';
import { type CountConnectorConfig, countSchema, validateCount } from './config.ts';
import { countFactory } from './index.ts';

/** Of the simulated clock. */
const NOW_NS = 1_700_000_000_000_000_000n;

interface Counted {
  readonly resource: { readonly [key: string]: AnyValue };
  readonly name: string;
  readonly attributes: { readonly [key: string]: AnyValue };
  readonly count: number;
  readonly from: bigint;
  readonly to: bigint;
}

async function counted(block: object, signal: Signal, batch: Batch): Promise<Counted[]> {
  const settings = fakeSettings();
  const config = countSchema.parse(block) as CountConnectorConfig;
  expect(validateCount(config)).toEqual([]);
  const next = new RecordingConsumer();
  const connector = countFactory.create(settings, config, signal, 'metrics', new Map([['metrics', next]]));
  await connector.start(fakeHost());
  await connector.consume(batch);
  await connector.shutdown(1000);
  expect(settings.account.sum('absorbed')).toBe(batch.itemCount);
  expect(settings.account.sum('added')).toBe(next.itemCount);
  return next.batches.flatMap(({ chunks }) => (chunks as PointChunk[]).flatMap(pointsOf));
}

function pointsOf(chunk: PointChunk): Counted[] {
  const point = chunk.view();
  return Array.from({ length: chunk.count }, (_, index) => {
    point.row = chunk.rowAt(index);
    return {
      resource: { ...point.resource.attributes.toObject() },
      name: point.metric.name,
      attributes: { ...point.attributes.toObject() },
      count: Number(point.value),
      from: point.startNs,
      to: point.timeNs,
    };
  });
}

function spans(attributes: readonly { readonly [key: string]: AnyValue }[]): Batch {
  const builder = new TracesBuilder();
  const group = builder.group({ resource: { host: 'a' }, scope: { name: 's', attributes: { lib: 'x' } } });
  for (const [n, each] of attributes.entries()) {
    group.add({
      traceId: '01'.repeat(16),
      spanId: '02'.repeat(8),
      name: `span ${n}`,
      startNs: BigInt(100 - n),
      endNs: BigInt(200 + n),
      attributes: each,
      events: n === 0 ? [{ name: 'e', timeNs: 150n, attributes: { code: 7 } }] : [],
    });
  }
  return new Batch('traces', [builder.chunk()]);
}

test('spans and events by default, from the first to the last time', async () => {
  expect(await counted({}, 'traces', spans([{}, {}, {}]))).toEqual([
    { resource: { host: 'a' }, name: 'trace.span.count', attributes: {}, count: 3, from: 98n, to: 202n },
    { resource: { host: 'a' }, name: 'trace.span.event.count', attributes: {}, count: 1, from: 150n, to: 150n },
  ]);
});

test('by attributes of the item, its scope or its resource, with their type', async () => {
  const attributes = [{ key: 'code' }, { key: 'lib' }, { key: 'host' }];
  const block = { spans: { n: { attributes } }, spanevents: { e: { attributes } } };
  const found = await counted(
    block,
    'traces',
    spans([{ code: 1 }, { code: 1 }, { code: '1' }, { code: new Double(1) }, {}]),
  );
  expect(found.map(({ name, attributes: values, count }) => [name, values, count])).toEqual([
    ['n', { code: 1, lib: 'x', host: 'a' }, 2],
    ['n', { code: '1', lib: 'x', host: 'a' }, 1],
    ['n', { code: 1, lib: 'x', host: 'a' }, 1],
    ['e', { code: 7, lib: 'x', host: 'a' }, 1],
  ]);
});

test('a default stands for what is missing', async () => {
  const block = { spans: { n: { attributes: [{ key: 'code', default_value: 'none' }] } } };
  const found = await counted(block, 'traces', spans([{ code: 'none' }, {}, { code: 2 }]));
  expect(found.filter(({ name }) => name === 'n').map(({ attributes, count }) => [attributes.code, count])).toEqual([
    ['none', 2],
    [2, 1],
  ]);
});

describe('conditions', () => {
  test('one must hold; times of what is not counted count', async () => {
    const block = { spans: { n: { conditions: ['name == "span 1"', 'span.attributes["a"] == 1'] } } };
    const [found] = await counted(block, 'traces', spans([{ a: 1 }, {}, {}]));
    expect(found).toMatchObject({ count: 2, from: 98n, to: 202n });
  });

  test('nothing is sent where nothing is counted', async () => {
    const block = { spans: { n: { conditions: ['name == "x"'] } }, spanevents: { e: { conditions: ['name == "x"'] } } };
    expect(await counted(block, 'traces', spans([{}]))).toEqual([]);
  });

  test('one that fails refuses the batch for good', async () => {
    const block = { spans: { n: { conditions: ['Int(attributes["a"]) / 0 == 1'] } } };
    await expect(counted(block, 'traces', spans([{ a: 1 }]))).rejects.toMatchObject({ permanent: true });
  });
});

test('metrics and their points, each resource alone', async () => {
  const builder = new MetricsBuilder();
  for (const host of ['a', 'b']) {
    const group = builder.group({ resource: { host } });
    for (const name of ['x', 'y']) group.gauge(name).series({ n: 1 }).add(5n, 1);
    group.gauge('z').series({ n: 2 }).add(9n, 1);
  }
  const batch = new Batch('metrics', [builder.chunk()]);
  const block = {
    metrics: { m: { conditions: ['metric.name != "z"'] } },
    datapoints: { p: { attributes: [{ key: 'n' }] } },
  };
  const found = await counted(block, 'metrics', batch);
  expect(
    found.map(({ resource, name, attributes, count, from, to }) => [
      resource.host,
      name,
      attributes.n,
      count,
      from,
      to,
    ]),
  ).toEqual([
    ['a', 'm', undefined, 2, NOW_NS, NOW_NS],
    ['a', 'p', 1, 2, 5n, 9n],
    ['a', 'p', 2, 1, 5n, 9n],
    ['b', 'm', undefined, 2, NOW_NS, NOW_NS],
    ['b', 'p', 1, 2, 5n, 9n],
    ['b', 'p', 2, 1, 5n, 9n],
  ]);
});

test('log records, whose points have the time of the batch where they have none', async () => {
  const builder = new LogsBuilder();
  builder.group({ resource: { host: 'a' } }).add({ body: 'x' });
  const settings = fakeSettings();
  await settings.clock.advance(1500);
  const next = new RecordingConsumer();
  const config = countSchema.parse({}) as CountConnectorConfig;
  const connector = countFactory.create(settings, config, 'logs', 'metrics', new Map([['metrics', next]]));
  await connector.consume(new Batch('logs', [builder.chunk()]));
  const nowNs = BigInt(Math.round(settings.clock.nowMs())) * 1_000_000n;
  expect(pointsOf(next.batches[0]!.chunks[0] as PointChunk)).toMatchObject([
    { name: 'log.record.count', count: 1, from: nowNs, to: nowNs },
  ]);
  expect(encodeOtlpJson(next.batches[0]!).toString()).toContain('"aggregationTemporality":1,"isMonotonic":true');
});

test.each([
  [{ spans: { '': {} } }, 'metric name missing'],
  [{ metrics: { m: { attributes: [{ key: 'a' }] } } }, 'metrics have no attributes to count by'],
  [{ logs: { l: { attributes: [{ key: '' }] } } }, 'attribute key missing'],
  [{ logs: { l: { attributes: [{ key: 'a' }, { key: 'a' }] } } }, '"a" is there twice'],
  [{ logs: { l: { conditions: ['nope == 1'] } } }, /nope/],
])('%j is refused', (block, message) => {
  const [mistake] = validateCount(countSchema.parse(block) as CountConnectorConfig);
  expect(mistake?.message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
});
