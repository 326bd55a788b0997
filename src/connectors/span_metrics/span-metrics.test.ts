import { describe, expect, test } from 'vitest';
import { ConsumeError } from '#base';
import type { Consumer } from '#component';
import { fakeHost, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { type AnyValue, Batch, PointChunk, SPAN_KIND_CLIENT, SPAN_KIND_SERVER, STATUS_ERROR } from '#pdata';
import { type GroupInput, type SpanInput, TracesBuilder } from '#wire';
import { spanMetricsSchema } from './config.ts';
import { spanMetricsFactory } from './index.ts';

const MS = 1_000_000n;
const TRACE = '0af7651916cd43dd8448eb211c80319c';

interface Point {
  readonly name: string;
  readonly attributes: { [key: string]: AnyValue };
  readonly value: number;
  readonly sum: number;
  readonly counts: readonly number[];
  readonly startMs: number;
  readonly timeMs: number;
  readonly resource: { [key: string]: AnyValue };
  readonly exemplars: readonly string[];
}

function spans(list: readonly Partial<SpanInput & { readonly ms: number }>[], group: GroupInput = SHOP): Batch {
  const builder = new TracesBuilder();
  const to = builder.group(group);
  for (const { ms = 5, ...span } of list) {
    to.add({
      traceId: TRACE,
      spanId: '00f067aa0ba902b7',
      name: 'GET /',
      startNs: 1000n * MS,
      endNs: BigInt(1000 + ms) * MS,
      ...span,
    });
  }
  return new Batch('traces', [builder.chunk()]);
}
const SHOP: GroupInput = { resource: { 'service.name': 'shop' } };

async function started(block: object, next: Consumer = new RecordingConsumer()) {
  const settings = fakeSettings();
  const config = spanMetricsSchema.parse(block);
  const pipelines = new Map([['metrics', next]]);
  const connector = spanMetricsFactory.create(settings, config, 'traces', 'metrics', pipelines);
  await connector.start(fakeHost());
  return { connector, settings };
}

function pointsOf(batch: Batch): Point[] {
  return batch.chunks.flatMap((chunk) => {
    if (!(chunk instanceof PointChunk)) throw new Error('no points');
    const point = chunk.view();
    return Array.from({ length: chunk.count }, (_, index) => {
      point.row = chunk.rowAt(index);
      return {
        name: point.metric.name,
        attributes: point.attributes.toObject(),
        value: Number(point.value ?? point.count),
        sum: point.sum,
        counts: [...point.buckets.counts].map(Number),
        startMs: Number(point.startNs / MS),
        timeMs: Number(point.timeNs / MS),
        resource: point.resource.attributes.toObject(),
        exemplars: Array.from({ length: point.exemplars.count }, (_, i) => point.exemplars.at(i).traceId),
      };
    });
  });
}

/** The points of the last flush, after one: the first count of a series is 0. */
async function flushed(block: object, ...batches: readonly Batch[]): Promise<Point[]> {
  const next = new RecordingConsumer();
  const { connector, settings } = await started(block, next);
  for (const batch of batches) await connector.consume(batch);
  await settings.clock.advance(60_000);
  await connector.shutdown(1000);
  return pointsOf(next.batches[1]!);
}
const calls = (points: readonly Point[]): readonly Point[] => points.filter(({ name }) => name.endsWith('calls'));

test('counts spans and their durations by name, kind and status', async () => {
  const points = await flushed(
    {},
    spans([
      { kind: SPAN_KIND_SERVER, ms: 3 },
      { kind: SPAN_KIND_SERVER, ms: 70 },
      { kind: SPAN_KIND_CLIENT, statusCode: STATUS_ERROR, ms: -5 },
    ]),
  );
  expect(points.map(({ name, value }) => [name, value])).toEqual([
    ['traces.span.metrics.calls', 2],
    ['traces.span.metrics.calls', 1],
    ['traces.span.metrics.duration', 2],
    ['traces.span.metrics.duration', 1],
  ]);
  expect(points[0]).toMatchObject({
    attributes: {
      'service.name': 'shop',
      'span.name': 'GET /',
      'span.kind': 'SPAN_KIND_SERVER',
      'status.code': 'STATUS_CODE_UNSET',
      'collector.instance.id': 'test-instance',
    },
    resource: { 'service.name': 'shop' },
  });
  expect(points[2]).toMatchObject({ sum: 73, counts: [0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] });
  expect(points[3]).toMatchObject({ sum: 0, attributes: { 'status.code': 'STATUS_CODE_ERROR' } });
});

describe('dimensions', () => {
  const batch = spans(
    [
      { attributes: { 'http.method': 'GET', 'http.status': 200 } },
      { attributes: { 'http.method': 'GET', 'http.status': 500 } },
      { attributes: {} },
    ],
    { resource: { 'service.name': 'shop', 'http.method': 'of the resource', region: 'eu' } },
  );
  const values = (points: readonly Point[], name: string): unknown[] =>
    calls(points).map((one) => one.attributes[name]);

  test('are those of the span, else of the resource, else the default, else none', async () => {
    const dimensions = [
      { name: 'http.method' },
      { name: 'http.status' },
      { name: 'region' },
      { name: 'x', default: 'none' },
    ];
    const points = await flushed({ dimensions }, batch);
    expect(values(points, 'http.method')).toEqual(['GET', 'GET', 'of the resource']);
    expect(values(points, 'http.status')).toEqual([200, 500, undefined]);
    expect(values(points, 'region')).toEqual(['eu', 'eu', 'eu']);
    expect(values(points, 'x')).toEqual(['none', 'none', 'none']);
  });

  test('by pattern', async () => {
    const points = await flushed({ dimensions: [{ glob: 'http.*' }] }, batch);
    expect(values(points, 'http.method')).toEqual(['GET', 'GET', 'of the resource']);
    expect(values(points, 'region')).toEqual([undefined, undefined, undefined]);
  });

  test('of one metric alone', async () => {
    const block = { calls_dimensions: [{ name: 'http.status' }], histogram: { dimensions: [{ name: 'http.method' }] } };
    const points = await flushed(block, batch);
    expect(calls(points).map(({ value }) => value)).toEqual([1, 1, 1]);
    expect(points.filter(({ name }) => name.endsWith('duration')).map(({ value }) => value)).toEqual([2, 1]);
  });

  test('can be left out', async () => {
    const points = await flushed(
      { exclude_dimensions: ['span.name', 'status.code'] },
      spans([{ name: 'a' }, { name: 'b' }]),
    );
    expect(calls(points)).toMatchObject([{ value: 2 }]);
    expect(Object.keys(calls(points)[0]!.attributes)).toEqual(['service.name', 'span.kind', 'collector.instance.id']);
  });

  test('two values that begin alike are two', async () => {
    const pairs = [
      { a: 'x', b: 'yz' },
      { a: 'xy', b: 'z' },
      { a: 'x\0b:y', b: 'z' },
    ];
    const points = await flushed(
      { dimensions: [{ name: 'a' }, { name: 'b' }] },
      spans(pairs.map((attributes) => ({ attributes }))),
    );
    expect(calls(points).map(({ value }) => value)).toEqual([1, 1, 1]);
  });
});

test('cumulative points have it all since the first span, delta points what came since the last', async () => {
  const seen: Record<string, unknown[]> = {};
  for (const temporality of ['CUMULATIVE', 'DELTA']) {
    const next = new RecordingConsumer();
    const block = { aggregation_temporality: `AGGREGATION_TEMPORALITY_${temporality}` };
    const { connector, settings } = await started(block, next);
    const startMs = settings.clock.nowMs();
    await settings.clock.advance(1000);
    await connector.consume(spans([{}, {}]));
    await settings.clock.advance(59_000);
    await connector.consume(spans([{}]));
    await settings.clock.advance(120_000);
    await connector.shutdown(1000);
    seen[temporality] = next.batches.map((batch) =>
      calls(pointsOf(batch)).map((one) => [one.value, one.startMs - startMs, one.timeMs - startMs]),
    );
  }
  expect(seen).toEqual({
    CUMULATIVE: [[[0, 1000, 60_000]], [[3, 1000, 120_000]], [[3, 1000, 180_000]], [[3, 1000, 180_000]]],
    DELTA: [[[2, 1000, 60_000]], [[1, 60_000, 120_000]]],
  });
});

test('what was sampled counts for what was thrown away', async () => {
  const states = ['ot=th:8', 'a=b,ot=rv:00000000000001;th:c', 'ot=rv:1;th:c', 'ot=th:zz', 'x=th:8'];
  const block = { enable_metrics_sampling_method: true };
  const points = calls(await flushed(block, spans(states.map((traceState) => ({ traceState })))));
  expect(points.map(({ value, attributes }) => [value, attributes['sampling.method']])).toEqual([
    [6, 'extrapolated'],
    [3, 'counted'],
  ]);
});

test('exemplars name spans of the interval', async () => {
  const next = new RecordingConsumer();
  const { connector, settings } = await started({ exemplars: { enabled: true, max_per_data_point: 2 } }, next);
  await connector.consume(spans([{}, {}, {}]));
  await settings.clock.advance(120_000);
  await connector.shutdown(1000);
  expect(next.batches.map((batch) => pointsOf(batch).map(({ exemplars }) => exemplars))).toEqual([
    [
      [TRACE, TRACE],
      [TRACE, TRACE],
    ],
    [[], []],
    [[], []],
  ]);
});

test('events are counted by their attributes', async () => {
  const block = { events: { enabled: true, dimensions: [{ name: 'exception.type' }] } };
  const events = [
    { name: 'exception', attributes: { 'exception.type': 'A' } },
    { name: 'exception', attributes: { 'exception.type': 'B' } },
    { name: 'exception', attributes: { 'exception.type': 'A' } },
  ];
  const points = await flushed(block, spans([{ events }]));
  const counted = points.filter(({ name }) => name.endsWith('events'));
  expect(counted.map(({ value, attributes }) => [value, attributes['exception.type']])).toEqual([
    [2, 'A'],
    [1, 'B'],
  ]);
});

describe('bounds', () => {
  test('beyond the limit spans go into one series', async () => {
    const list = ['a', 'b', 'c', 'd'].map((name) => ({ name }));
    const points = calls(await flushed({ aggregation_cardinality_limit: 2 }, spans(list)));
    expect(points.map(({ value, attributes }) => [value, attributes['span.name'] ?? attributes])).toEqual([
      [1, 'a'],
      [1, 'b'],
      [2, { 'otel.metric.overflow': true }],
    ]);
  });

  test('the resource that was quiet for the longest time is forgotten, after a last point', async () => {
    const next = new RecordingConsumer();
    const { connector, settings } = await started(
      { resource_metrics_cache_size: 2, histogram: { disable: true } },
      next,
    );
    for (const name of ['a', 'b', 'a', 'c']) {
      await connector.consume(spans([{}], { resource: { 'service.name': name } }));
    }
    await settings.clock.advance(120_000);
    await connector.shutdown(1000);
    const services = next.batches.map((batch) => pointsOf(batch).map(({ attributes }) => attributes['service.name']));
    expect(services.map((list) => list.sort())).toEqual([
      ['a', 'b', 'c'],
      ['a', 'c'],
      ['a', 'c'],
    ]);
  });

  test.each(['series_expiration', 'metrics_expiration'])('%s forgets what is quiet', async (key) => {
    const next = new RecordingConsumer();
    const { connector, settings } = await started({ [key]: '90s', histogram: { disable: true } }, next);
    await connector.consume(spans([{}]));
    await settings.clock.advance(300_000);
    await connector.shutdown(1000);
    expect(next.batches.length).toBe(2);
  });

  test('spans without a service name are left out, and counted', async () => {
    const { connector, settings } = await started({});
    await connector.consume(spans([{}, {}], { resource: { region: 'eu' } }));
    await connector.consume(spans([{}]));
    expect(settings.account.sum('filtered', 'no_service_name')).toBe(2);
    expect(settings.account.sum('absorbed')).toBe(1);
  });
});

describe('refusals', () => {
  class Fickle extends RecordingConsumer {
    refusals = 1;
    permanent = false;
    override async consume(batch: Batch): Promise<void> {
      if (this.refusals-- > 0) throw new ConsumeError('full', { permanent: this.permanent, reason: 'queue_full' });
      await super.consume(batch);
    }
  }

  test('delta points are sent again', async () => {
    const next = new Fickle();
    const block = { aggregation_temporality: 'AGGREGATION_TEMPORALITY_DELTA', histogram: { disable: true } };
    const { connector, settings } = await started(block, next);
    await connector.consume(spans([{}, {}]));
    await settings.clock.advance(60_000);
    await connector.consume(spans([{}]));
    await settings.clock.advance(60_000);
    await connector.shutdown(1000);
    expect(next.batches.flatMap(pointsOf).map(({ value }) => value)).toEqual([2, 1]);
    expect(settings.account.sum('added')).toBe(2);
  });

  test('cumulative ones are not: the next has it all', async () => {
    const next = new Fickle();
    const { connector, settings } = await started({ histogram: { disable: true } }, next);
    await connector.consume(spans([{}, {}]));
    await settings.clock.advance(120_000);
    await connector.shutdown(1000);
    expect(next.batches.flatMap(pointsOf).map(({ value }) => value)).toEqual([2, 2]);
    expect(settings.logged.some((line) => line.includes('refused'))).toBe(true);
  });
});

test.each([
  [{ dimensions: [{}] }, 'set one of'],
  [{ dimensions: [{ name: 'a', glob: 'b' }] }, 'only one of'],
  [{ dimensions: [{ name: 'span.kind' }] }, 'duplicate dimension name "span.kind"'],
  [{ dimensions: [{ name: 'a' }, { name: 'a' }] }, 'duplicate dimension name "a"'],
  [{ dimensions: [{ glob: 'a', default: 'x' }] }, 'not supported'],
  [{ dimensions: [{ glob: '{a' }] }, 'invalid dimension glob'],
  [{ dimensions: [{ glob: 'span.*' }] }, 'matched by the glob'],
  [{ events: { enabled: true } }, 'no dimensions configured'],
  [{ histogram: { explicit: {}, exponential: {} } }, 'use either'],
  [{ histogram: { explicit: { buckets: ['2ms', '1ms'] } } }, 'not greater'],
])('%j is refused', (block, message) => {
  const mistakes = spanMetricsFactory.validate!(spanMetricsSchema.parse(block));
  expect(mistakes.map((one) => one.message).join('\n')).toContain(message);
});
