import { describe, expect, test } from 'vitest';
import { type FakeSettings, fakeHost, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { type AnyValue, Batch, Double, type LogChunk, type PointChunk, type Signal } from '#pdata';
import { LogsBuilder, type SpanInput, TracesBuilder } from '#wire';
import { type ExceptionsConfig, exceptionsSchema, validateExceptions } from './config.ts';
import { exceptionsFactory } from './index.ts';

type Values = { readonly [key: string]: AnyValue };

const exception = (type: string, more: Values = {}) => ({
  name: 'exception',
  timeNs: 7n,
  attributes: { 'exception.type': type, 'exception.message': `a ${type}`, ...more },
});

function spans(inputs: readonly Partial<SpanInput>[], resource: Values = { 'service.name': 'shop', zone: 'z' }): Batch {
  const builder = new TracesBuilder();
  const group = builder.group({ resource, scope: { name: 'lib', version: '1', attributes: { s: 1 } } });
  for (const input of inputs) {
    group.add({ traceId: '01'.repeat(16), spanId: '02'.repeat(8), name: 'GET /', kind: 2, statusCode: 2, ...input });
  }
  return new Batch('traces', [builder.chunk()]);
}

interface Run {
  readonly settings: FakeSettings;
  readonly next: RecordingConsumer;
  consume(batch: Batch): Promise<void>;
  stop(): Promise<void>;
}

async function run(block: object, from: Signal, to: Signal): Promise<Run> {
  const settings = fakeSettings();
  const next = new RecordingConsumer();
  const config = exceptionsSchema.parse(block) as ExceptionsConfig;
  expect(validateExceptions(config)).toEqual([]);
  const connector = exceptionsFactory.create(settings, config, from, to, new Map([[to, next]]));
  await connector.start(fakeHost());
  return { settings, next, consume: (batch) => connector.consume(batch), stop: () => connector.shutdown(1000) };
}

interface Point {
  readonly attributes: Values;
  readonly value: number;
  readonly exemplars: readonly { readonly value: number; readonly traceId: string }[];
}

function pointsOf(batch: Batch): Point[] {
  const [chunk] = batch.chunks as [PointChunk];
  const view = chunk.view();
  return Array.from({ length: chunk.count }, (_, i) => {
    view.row = chunk.rowAt(i);
    const { exemplars } = view;
    return {
      attributes: { ...view.attributes.toObject() },
      value: Number(view.value),
      exemplars: Array.from({ length: exemplars.count }, (_none, item) => {
        const { value, traceId } = exemplars.at(item);
        return { value: Number(value), traceId };
      }),
    };
  });
}

const OF_SPAN = {
  'service.name': 'shop',
  'span.name': 'GET /',
  'span.kind': 'SPAN_KIND_SERVER',
  'status.code': 'STATUS_CODE_ERROR',
};

describe('metrics of exceptions', () => {
  test('count from the start, and go on a second after a batch', async () => {
    const { settings, next, consume, stop } = await run({}, 'traces', 'metrics');
    await consume(spans([{ events: [exception('IOError'), { name: 'other' }, exception('IOError')] }, { events: [] }]));
    await consume(spans([{ events: [exception('TypeError')] }]));
    expect(next.batches).toEqual([]);
    await settings.clock.advance(1000);
    await consume(spans([{ events: [exception('IOError')] }]));
    await stop();
    const found = next.batches.map((batch) =>
      pointsOf(batch).map(({ attributes, value }) => [attributes['exception.type'], value]),
    );
    expect(found).toEqual([
      [
        ['IOError', 2],
        ['TypeError', 1],
      ],
      [
        ['IOError', 3],
        ['TypeError', 1],
      ],
    ]);
    expect(pointsOf(next.batches[0]!)[0]!.attributes).toEqual({
      ...OF_SPAN,
      'exception.type': 'IOError',
      'exception.message': 'a IOError',
    });
    expect(settings.account.sum('absorbed')).toBe(4);
    expect(settings.account.sum('added')).toBe(4);
  });

  test('dimensions are those of the span, or else of the event, or else of the resource, or have a default', async () => {
    const dimensions = [{ name: 'code' }, { name: 'zone' }, { name: 'nope' }, { name: 'no', default: 'none' }];
    const { next, consume, stop } = await run({ dimensions }, 'traces', 'metrics');
    await consume(
      spans([
        { attributes: { code: 1 }, events: [exception('A', { code: 2 })] },
        { attributes: { code: '1' }, events: [exception('A')] },
        { events: [exception('A', { code: new Double(2) })] },
      ]),
    );
    await stop();
    expect(pointsOf(next.batches[0]!).map(({ attributes }) => attributes)).toEqual(
      [1, '1', 2].map((code) => ({ ...OF_SPAN, code, zone: 'z', no: 'none' })),
    );
  });

  test('exemplars name the spans, once', async () => {
    const { settings, next, consume, stop } = await run({ exemplars: { enabled: true } }, 'traces', 'metrics');
    await consume(
      spans([{ events: [exception('A'), exception('A')] }, { traceId: '00'.repeat(16), events: [exception('A')] }]),
    );
    await settings.clock.advance(1000);
    await consume(spans([{}]));
    await stop();
    const traceId = '01'.repeat(16);
    expect(next.batches.map((batch) => pointsOf(batch)[0]!.exemplars)).toEqual([
      [
        { value: 1, traceId },
        { value: 2, traceId },
      ],
      [],
    ]);
  });

  test('what belongs to no service is not counted', async () => {
    const { next, consume, stop } = await run({}, 'traces', 'metrics');
    await consume(spans([{ events: [exception('A')] }], { zone: 'z' }));
    await stop();
    expect(next.batches).toEqual([]);
  });

  test('memory is bounded: messages beyond the limit go into one series', async () => {
    const { next, consume, stop } = await run({}, 'traces', 'metrics');
    const many = (from: number, count: number): Batch =>
      spans(
        Array.from({ length: count }, (_, n) => ({
          events: [exception('A', { 'exception.message': `id ${from + n}` })],
        })),
      );
    for (let from = 0; from < 50_010; from += 10_002) await consume(many(from, 10_002));
    await stop();
    const points = pointsOf(next.batches[0]!);
    expect(points.length).toBe(50_001);
    expect(points.at(-1)).toMatchObject({ attributes: { 'otel.metric.overflow': true }, value: 10 });
  });

  test('of log records', async () => {
    const builder = new LogsBuilder();
    const group = builder.group({ resource: { 'service.name': 'shop' } });
    group.add({ eventName: 'exception', attributes: { 'exception.type': 'A' } });
    group.add({ eventName: 'other', attributes: { 'exception.type': 'A' } });
    group.add({ attributes: { 'exception.type': 'A' } });
    const { next, consume, stop } = await run({}, 'logs', 'metrics');
    await consume(new Batch('logs', [builder.chunk()]));
    await stop();
    expect(pointsOf(next.batches[0]!)).toMatchObject([
      { attributes: { 'service.name': 'shop', 'exception.type': 'A' }, value: 1 },
    ]);
  });
});

describe('log records of exceptions', () => {
  test('say what is known of the span', async () => {
    const { next, consume, settings } = await run({ dimensions: [{ name: 'zone' }, { name: 'n' }] }, 'traces', 'logs');
    await consume(
      spans([
        {
          attributes: { n: 1, whole: new Double(2), 'span.name': 'no' },
          events: [exception('A', { 'exception.stacktrace': 'at x' })],
        },
      ]),
    );
    const chunk = next.batches[0]!.chunks[0] as LogChunk;
    const log = chunk.view();
    const { timeNs, severityNumber, severityText, eventName, traceId, spanId } = log;
    expect({ timeNs, severityNumber, severityText, eventName, traceId, spanId }).toEqual({
      timeNs: 7n,
      severityNumber: 17,
      severityText: 'ERROR',
      eventName: 'exception',
      traceId: '01'.repeat(16),
      spanId: '02'.repeat(8),
    });
    expect({ ...log.attributes.toObject() }).toEqual({
      ...OF_SPAN,
      n: '',
      whole: 2,
      zone: 'z',
      'exception.type': 'A',
      'exception.message': 'a A',
      'exception.stacktrace': 'at x',
    });
    expect({ ...log.resource.attributes.toObject() }).toEqual({ 'service.name': 'shop', zone: 'z' });
    expect([log.scope.name, log.scope.version]).toEqual(['lib', '1']);
    expect([settings.account.sum('absorbed'), settings.account.sum('added')]).toEqual([1, 1]);
  });

  test('those of log records go on as they are', async () => {
    const builder = new LogsBuilder();
    const group = builder.group({});
    for (const eventName of ['exception', 'other', '', 'exception']) group.add({ eventName, body: eventName });
    const { next, consume, settings } = await run({}, 'logs', 'logs');
    await consume(new Batch('logs', [builder.chunk()]));
    expect(next.itemCount).toBe(2);
    expect(settings.account.sum('filtered')).toBe(2);
  });
});

test('a dimension that is there already is refused', () => {
  const parsed = exceptionsSchema.parse({ dimensions: [{ name: 'a' }, { name: 'span.kind' }, { name: 'a' }] });
  expect(validateExceptions(parsed as ExceptionsConfig).map(({ message }) => message)).toEqual([
    'duplicate dimension name "span.kind"',
    'duplicate dimension name "a"',
  ]);
});
