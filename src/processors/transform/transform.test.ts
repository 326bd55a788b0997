import { describe, expect, test } from 'vitest';
import { ConsumeError } from '#base';
import { fakeSettings, RecordingConsumer } from '#component/testing.ts';
import type { Batch, Signal } from '#pdata';
import { batchOfJson, bodiesOf, jsonOfBatch, logsOf } from '../testing/ottl.ts';
import { transformFactory } from './index.ts';

async function transformed(block: object, batch: Batch, settings = fakeSettings()): Promise<Batch> {
  const config = transformFactory.schema.parse(block);
  expect(transformFactory.validate!(config)).toEqual([]);
  const next = new RecordingConsumer();
  const processor = transformFactory.create(settings, config, batch.signal, next);
  await processor.consume(batch);
  return next.batches[0]!;
}

function mistakes(block: object): string[] {
  const parsed = transformFactory.schema.safeParse(block);
  if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return transformFactory.validate!(parsed.data).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

const SPAN = {
  traceId: '0102030405060708090a0b0c0d0e0f10',
  spanId: '0102030405060708',
  name: 'GET /pay',
  kind: 3,
  startTimeUnixNano: '1700000000000000000',
  endTimeUnixNano: '1700000001000000000',
  attributes: [{ key: 'http.url', value: { stringValue: 'http://shop/pay?token=secret&password=more&a=1' } }],
  events: [
    { name: 'start', timeUnixNano: '1700000000100000000' },
    { name: 'exception', timeUnixNano: '1700000000200000000', attributes: [{ key: 'n', value: { intValue: '1' } }] },
  ],
};
const traces = (): Batch =>
  batchOfJson('traces', {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeSpans: [{ scope: { name: 'lib' }, spans: [SPAN] }],
      },
    ],
  });

function spanOf(batch: Batch): { [key: string]: unknown } {
  const { resourceSpans } = jsonOfBatch(batch) as {
    resourceSpans: { scopeSpans: { spans: { [key: string]: unknown }[] }[] }[];
  };
  return resourceSpans[0]!.scopeSpans[0]!.spans[0]!;
}

describe('transform', () => {
  test('redacts as the two statements of an older configuration say', async () => {
    const result = await transformed(
      {
        error_mode: 'ignore',
        trace_statements: [
          {
            context: 'span',
            statements: [
              'replace_pattern(attributes["http.url"], "token=[^&]+", "token=REDACTED")',
              'replace_pattern(attributes["http.url"], "password=[^&]+", "password=REDACTED")',
            ],
          },
        ],
      },
      traces(),
    );
    expect(spanOf(result).attributes).toEqual([
      { key: 'http.url', value: { stringValue: 'http://shop/pay?token=REDACTED&password=REDACTED&a=1' } },
    ]);
  });

  test('finds the context by the paths of a list of statements', async () => {
    const result = await transformed(
      {
        trace_statements: [
          'set(span.attributes["service"], resource.attributes["service.name"])',
          'set(span.attributes["library"], instrumentation_scope.name)',
          'set(span.attributes["seconds"], Seconds(span.end_time - span.start_time))',
          'set(span.status.code, STATUS_CODE_ERROR)',
          'set(span.name, Concat([span.name, span.kind.string], " ")) where span.kind == SPAN_KIND_CLIENT',
        ],
      },
      traces(),
    );
    expect(spanOf(result)).toMatchObject({
      name: 'GET /pay Client',
      status: { code: 2 },
      attributes: [
        {},
        { key: 'service', value: { stringValue: 'shop' } },
        { key: 'library', value: { stringValue: 'lib' } },
        { key: 'seconds', value: { doubleValue: 1 } },
      ],
    });
  });

  test('runs on span events, whose span it reaches', async () => {
    const result = await transformed(
      {
        trace_statements: [
          {
            context: 'spanevent',
            statements: [
              'set(attributes["span"], span.name) where name == "exception"',
              'set(attributes["index"], event_index)',
              'set(span.attributes["last"], name)',
              'set(time_unix_nano, time_unix_nano + 1)',
            ],
          },
        ],
      },
      traces(),
    );
    expect(spanOf(result)).toMatchObject({
      attributes: [{}, { key: 'last', value: { stringValue: 'exception' } }],
      events: [
        {
          name: 'start',
          timeUnixNano: '1700000000100000001',
          attributes: [{ key: 'index', value: { intValue: '0' } }],
        },
        {
          name: 'exception',
          attributes: [
            { key: 'n' },
            { key: 'span', value: { stringValue: 'GET /pay' } },
            { key: 'index', value: { intValue: '1' } },
          ],
        },
      ],
    });
  });

  test('keeps values of an item in its cache, and those of a batch in a shared one', async () => {
    const statements = [
      'set(cache["n"], 1) where cache["n"] == nil',
      'set(body, String(cache["n"]))',
      'set(cache["n"], cache["n"] + 1)',
    ];
    const logs = (): Batch => batchOfJson('logs', logsOf({ shop: [{ body: 'a' }, { body: 'b' }] }));
    const own = await transformed({ log_statements: [{ context: 'log', statements }] }, logs());
    expect(bodiesOf([own])).toEqual({ shop: ['1', '1'] });
    const shared = await transformed({ log_statements: [{ context: 'log', shared_cache: true, statements }] }, logs());
    expect(bodiesOf([shared])).toEqual({ shop: ['1', '2'] });
  });

  test('runs groups one after the other, each where one of its conditions holds', async () => {
    const batch = batchOfJson(
      'logs',
      logsOf({
        shop: [
          { body: 'a', severity: 9 },
          { body: 'b', severity: 17 },
        ],
        cart: [{ body: 'c' }],
      }),
    );
    const result = await transformed(
      {
        log_statements: [
          {
            context: 'resource',
            statements: ['set(attributes["service.name"], "new") where attributes["service.name"] == "cart"'],
          },
          {
            conditions: ['log.severity_number >= 17', 'resource.attributes["service.name"] == "new"'],
            statements: ['set(log.body, Concat([log.body, "!"], ""))'],
          },
        ],
      },
      batch,
    );
    expect(bodiesOf([result])).toEqual({ shop: ['a', 'b!'], new: ['c!'] });
  });

  test('changes metrics and their points', async () => {
    const metric = {
      name: 'requests',
      unit: '1',
      sum: {
        aggregationTemporality: 2,
        isMonotonic: true,
        dataPoints: [{ timeUnixNano: '5', asInt: '7', attributes: [{ key: 'a', value: { stringValue: 'b' } }] }],
      },
    };
    const groups = {
      metric_statements: [
        {
          context: 'metric',
          statements: [
            'set(description, "all") where type == METRIC_DATA_TYPE_SUM and is_monotonic == true',
            'set(unit, "{r}")',
          ],
        },
        {
          statements: [
            'set(datapoint.value_int, datapoint.value_int * 2) where metric.name == "requests"',
            'delete_key(datapoint.attributes, "a")',
          ],
        },
      ],
    };
    const fresh = batchOfJson('metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] });
    expect(jsonOfBatch(await transformed(groups, fresh))).toEqual({
      resourceMetrics: [
        {
          scopeMetrics: [
            {
              metrics: [
                {
                  name: 'requests',
                  description: 'all',
                  unit: '{r}',
                  sum: {
                    aggregationTemporality: 2,
                    isMonotonic: true,
                    dataPoints: [{ timeUnixNano: '5', asInt: '14' }],
                  },
                },
              ],
            },
          ],
        },
      ],
    });
  });
});

describe('errors of an item', () => {
  const block = (mode: object): object => ({
    log_statements: [{ context: 'log', ...mode, statements: ['set(attributes["x"], 1 / 0)', 'set(body, "after")'] }],
  });
  const logs = (count: number): Batch =>
    batchOfJson('logs', logsOf({ shop: Array.from({ length: count }, () => ({ body: 'a' })) }));

  test('are logged once for many, and the next statement runs', async () => {
    const settings = fakeSettings();
    const result = await transformed(block({}), logs(1000), settings);
    expect(new Set(bodiesOf([result]).shop)).toEqual(new Set(['after']));
    expect(settings.logged.filter((line) => line.startsWith('warn')).length).toBe(1);
  });

  test('are not logged with silent', async () => {
    const settings = fakeSettings();
    await transformed(block({ error_mode: 'silent' }), logs(2), settings);
    expect(settings.logged).toEqual([]);
  });

  test('refuse the batch for good with propagate', async () => {
    const refusal = await transformed(block({ error_mode: 'propagate' }), logs(1)).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ConsumeError);
    expect((refusal as ConsumeError).permanent).toBe(true);
    expect((refusal as ConsumeError).message).toBe(
      'failed to run `set(attributes["x"], 1 / 0)`: attempted to divide by 0',
    );
  });
});

describe('mistakes in the configuration', () => {
  test.each<[object, string]>([
    [
      { log_statements: ['set(log.bdy, 1)'] },
      'log_statements.0: 1:5: there is no path "bdy" in the log context; did you mean body?',
    ],
    [
      { log_statements: ['set(body, 1)'] },
      'log_statements.0: 1:1: no path says what it belongs to; paths begin with one of log, scope, resource, such as resource.attributes["key"]',
    ],
    [
      { log_statements: ['set(log.body, 1)', 'set(attributes["a"], 1)'] },
      'log_statements.1: 1:5: the path "attributes" does not say what it belongs to; write log.attributes, for example',
    ],
    [
      { log_statements: ['set(span.name, "x")'] },
      'log_statements.0: 1:1: the span context is not one of this signal; paths begin with one of log, scope, resource, such as resource.attributes["key"]',
    ],
    [
      { log_statements: [{ context: 'span', statements: [] }] },
      'log_statements.0: the context "span" is not one of logs: it has log, scope, resource',
    ],
    [
      { log_statements: [{ context: 'log', statements: ['sett(body, 1)'] }] },
      'log_statements.0.statements.0: 1:1: there is no function sett; did you mean set?',
    ],
    [
      { log_statements: [{ context: 'log', statements: ['set(body)'] }] },
      'log_statements.0.statements.0: 1:1: set needs the argument value; it takes (target, value)',
    ],
    [
      { log_statements: [{ context: 'log', statements: ['set(body, 1, 2)'] }] },
      'log_statements.0.statements.0: 1:14: set takes no more than 2 arguments; they are (target, value)',
    ],
    [
      { log_statements: [{ context: 'log', statements: ['flatten(body, dept=1)'] }] },
      'log_statements.0.statements.0: 1:15: flatten has no argument dept; did you mean depth?',
    ],
    [
      { log_statements: [{ context: 'log', statements: ['set(1, 2)'] }] },
      'log_statements.0.statements.0: 1:5: must be a path',
    ],
    [
      { log_statements: [{ context: 'log', conditions: ['body == '], statements: [] }] },
      'log_statements.0.conditions.0: 1:9: expected a value, found the end',
    ],
    [
      { log_statements: [{ context: 'log', statements: ['replace_pattern(body, "(", "x")'] }] },
      'log_statements.0.statements.0: 1:1: the pattern "(" of replace_pattern is not valid: error parsing regexp: missing closing ): `(`',
    ],
    [
      { log_statements: [{ context: 'log', statements: ['set(severity_number, SEVERITY_NUMBER_WARNING)'] }] },
      'log_statements.0.statements.0: 1:22: there is no enum SEVERITY_NUMBER_WARNING in the log context; did you mean SEVERITY_NUMBER_WARN?',
    ],
    [
      { log_statements: ['set(log.body, 1)', { context: 'log' }] },
      'log_statements.1: configuring multiple configuration styles is not supported: write only statements, or only groups',
    ],
    [
      { log_statements: [{ context: 'log', statement: [] }] },
      'log_statements.0: has invalid keys: statement (did you mean "statements"?)',
    ],
    [{ log_statements: [1] }, 'log_statements.0: expected a statement, or a group of them, got 1'],
  ])('%j', (block, message) => {
    expect(mistakes(block)).toEqual([message]);
  });

  test.each<[string, Signal]>([['trace_statements', 'traces']])(
    '%s may have capitals in the name of a context',
    (key, signal) => {
      const config = transformFactory.schema.parse({ [key]: [{ context: 'SpanEvent', statements: [] }] });
      expect(config.groups[signal][0]!.context).toBe('spanevent');
    },
  );
});
