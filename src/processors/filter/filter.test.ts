import { describe, expect, test } from 'vitest';
import { fakeSettings, RecordingConsumer } from '#component/testing.ts';
import type { Batch } from '#pdata';
import { batchOfJson, bodiesOf, jsonOfBatch, logsOf } from '../testing/ottl.ts';
import { filterFactory } from './index.ts';

async function filtered(block: object, batch: Batch, settings = fakeSettings()): Promise<readonly Batch[]> {
  const config = filterFactory.schema.parse(block);
  expect(filterFactory.validate!(config)).toEqual([]);
  const next = new RecordingConsumer();
  await filterFactory.create(settings, config, batch.signal, next).consume(batch);
  return next.batches;
}

const LOGS = {
  shop: [
    { body: 'a', severity: 5 },
    { body: 'b', severity: 9, attributes: { path: '/health' } },
    { body: 'c', severity: 17 },
  ],
  cart: [{ body: 'd', severity: 9 }],
};
const logs = (): Batch => batchOfJson('logs', logsOf(LOGS));

describe('log records', () => {
  test.each<[object, object]>([
    [{ log_conditions: ['log.severity_number < SEVERITY_NUMBER_INFO'] }, { shop: ['b', 'c'], cart: ['d'] }],
    [
      { log_conditions: ['log.attributes["path"] == "/health"', 'log.severity_number >= 17'] },
      { shop: ['a'], cart: ['d'] },
    ],
    [{ log_conditions: ['resource.attributes["service.name"] == "shop"'] }, { cart: ['d'] }],
    [{ log_conditions: ['scope.name == "cart.scope"', 'IsMatch(log.body, "^[ab]$")'] }, { shop: ['c'] }],
    [
      {
        log_conditions: [
          { context: 'log', conditions: ['body == "c"'] },
          { context: 'resource', conditions: ['attributes["service.name"] == "cart"'] },
        ],
      },
      { shop: ['a', 'b'] },
    ],
    [{ logs: { log_record: ['severity_number == 9', 'not IsString(body)'] } }, { shop: ['a', 'c'] }],
    [{ logs: { resource: ['attributes["service.name"] == "shop"'] } }, { cart: ['d'] }],
    [{}, { shop: ['a', 'b', 'c'], cart: ['d'] }],
  ])('%j', async (block, left) => {
    expect(bodiesOf(await filtered(block, logs()))).toEqual(left);
  });

  test('nothing goes on where nothing is left', async () => {
    expect(await filtered({ log_conditions: ['log.body != nil'] }, logs())).toEqual([]);
  });

  test('what is left out is counted and reported', async () => {
    const settings = fakeSettings();
    await filtered({ log_conditions: ['log.severity_number == 9'] }, logs(), settings);
    expect(settings.account.sum('filtered', 'unwanted')).toBe(2);
    expect(settings.meter.sum('processor_filter_logs_filtered')).toBe(2);
  });

  test('a condition that fails does not hold', async () => {
    const settings = fakeSettings();
    const result = await filtered({ log_conditions: ['Int(log.body) > 0', 'log.body == "d"'] }, logs(), settings);
    expect(bodiesOf(result)).toEqual({ shop: ['a', 'b', 'c'] });
    expect(settings.logged.length).toBe(1);
  });

  test('with propagate it refuses the batch', async () => {
    const block = { error_mode: 'propagate', log_conditions: ['Int(log.body) > 0'] };
    await expect(filtered(block, logs())).rejects.toThrow('failed to run `Int(log.body) > 0`: not a whole number: "a"');
  });
});

const span = (name: string, events: string[]): object => ({
  traceId: '0102030405060708090a0b0c0d0e0f10',
  spanId: '0102030405060708',
  name,
  events: events.map((event) => ({ name: event })),
});
const traces = (): Batch =>
  batchOfJson('traces', { resourceSpans: [{ scopeSpans: [{ spans: [span('a', ['x', 'y', 'x']), span('b', [])] }] }] });

describe('spans and metrics', () => {
  test.each<[object, object]>([
    [{ trace_conditions: ['span.name == "a"'] }, { b: [] }],
    [{ trace_conditions: ['spanevent.name == "x"'] }, { a: ['y'], b: [] }],
    [{ traces: { span: ['name == "b"'], spanevent: ['name != "x"'] } }, { a: ['x', 'x'] }],
    [{ trace_conditions: ['span.kind == SPAN_KIND_UNSPECIFIED and Len(span.events) == 0'] }, { a: ['x', 'y', 'x'] }],
  ])('%j', async (block, left) => {
    const [batch] = await filtered(block, traces());
    const { resourceSpans } = jsonOfBatch(batch!) as {
      resourceSpans: { scopeSpans: { spans: { name: string; events?: { name: string }[] }[] }[] }[];
    };
    const spans = resourceSpans[0]!.scopeSpans[0]!.spans.map(({ name, events = [] }) => [
      name,
      events.map((event) => event.name),
    ]);
    expect(Object.fromEntries(spans)).toEqual(left);
  });

  const metrics = (): Batch =>
    batchOfJson('metrics', {
      resourceMetrics: [
        {
          scopeMetrics: [
            {
              metrics: [
                {
                  name: 'a',
                  gauge: {
                    dataPoints: [
                      { asInt: '1', attributes: [{ key: 'host', value: { stringValue: 'x' } }] },
                      { asInt: '2', attributes: [{ key: 'host', value: { stringValue: 'y' } }] },
                    ],
                  },
                },
                { name: 'b', sum: { aggregationTemporality: 2, dataPoints: [{ asInt: '3' }] } },
              ],
            },
          ],
        },
      ],
    });

  test.each<[object, object]>([
    [{ metric_conditions: ['metric.name == "a"'] }, { b: 1 }],
    [{ metrics: { metric: ['HasAttrKeyOnDatapoint("host")'] } }, { b: 1 }],
    [{ metrics: { metric: ['HasAttrOnDatapoint("host", "x")'] } }, { b: 1 }],
    [{ metrics: { metric: ['HasAttrOnDatapoint("host", "y")'] } }, { a: 2, b: 1 }],
    [{ metric_conditions: ['datapoint.value_int == 2', 'metric.type == METRIC_DATA_TYPE_SUM'] }, { a: 1 }],
    [{ metrics: { metric: ['name == "b"'], datapoint: ['value_int == 1'] } }, { a: 1 }],
  ])('%j', async (block, left) => {
    const [batch] = await filtered(block, metrics());
    const { resourceMetrics } = jsonOfBatch(batch!) as {
      resourceMetrics: { scopeMetrics: { metrics: { name: string; [kind: string]: unknown }[] }[] }[];
    };
    const counts = resourceMetrics[0]!.scopeMetrics[0]!.metrics.map((metric) => {
      const data = (metric.gauge ?? metric.sum) as { dataPoints: unknown[] };
      return [metric.name, data.dataPoints.length];
    });
    expect(Object.fromEntries(counts)).toEqual(left);
  });
});

describe('mistakes in the configuration', () => {
  test.each<[object, string]>([
    [{ log_conditions: ['log.body ='] }, 'log_conditions.0: 1:10: `=` compares nothing; write =='],
    [
      { log_conditions: ['set(log.body, 1)'] },
      'log_conditions.0: 1:1: set is an editor; values are made by converters, whose names begin with a capital',
    ],
    [
      { metric_conditions: ['exemplar.int_value == 1'] },
      'metric_conditions.0: 1:1: the exemplar context is not one of this signal; paths begin with one of datapoint, metric, scope, resource, such as resource.attributes["key"]',
    ],
    [
      { logs: { log_record: ['x == 1'] } },
      'logs.log_record.0: 1:1: there is no path "x" in the log context; it has attributes, body, body.string, dropped_attributes_count, event_name, flags, observed_time, observed_time_unix_nano, severity_number, severity_text, span_id, span_id.string, time, time_unix_nano, trace_id, trace_id.string, cache',
    ],
    [
      { log_conditions: ['log.body == 1'], logs: { log_record: ['body == 1'] } },
      'logs: cannot use "log_conditions" and "logs" at the same time: write all as log_conditions',
    ],
  ])('%j', (block, message) => {
    const config = filterFactory.schema.parse(block);
    expect(filterFactory.validate!(config).map(({ path, message: text }) => `${path.join('.')}: ${text}`)).toEqual([
      message,
    ]);
  });

  test('include and exclude beside conditions', () => {
    const config = filterFactory.schema.parse({
      metrics: { include: { match_type: 'strict', metric_names: ['a'] } },
      metric_conditions: ['metric.name == "b"'],
    });
    expect(filterFactory.validate!(config).map(({ message }) => message)).toEqual([
      'cannot use "metric_conditions" and "metrics: include, exclude" at the same time: write all as metric_conditions',
    ]);
  });

  test('expressions of expr-lang, with the form in OTTL', () => {
    const block = { metrics: { exclude: { match_type: 'expr', expressions: ['MetricName == "a"'] } } };
    const { error } = filterFactory.schema.safeParse(block);
    expect(error!.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
      expect.stringMatching(
        /^metrics\.exclude\.match_type: match_type: expr is not supported: write .* in OTTL instead/,
      ),
    ]);
  });
});
