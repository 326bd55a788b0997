import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type OttlOutcome, type RunningServer, startServer } from '#api';
import type { OttlQuestion, TapItemAnswer } from '#api/types.ts';
import type { TapItem } from '#collector';
import { envelopeOfFields, fieldsOfItem, itemsOf } from '#inspect';
import { Batch, type Signal } from '#pdata';
import { decodeOtlpJson } from '#wire';
import { evaluate, wordsOf } from './evaluate.ts';
import { ThreadedPlayground } from './playground.ts';
import { splitStatements } from './statements.ts';

const text = (key: string, value: string): unknown => ({ key, value: { stringValue: value } });
const SPAN = {
  traceId: '01'.repeat(16),
  spanId: '02'.repeat(8),
  name: 'GET /cart',
  kind: 2,
  startTimeUnixNano: '1000',
  endTimeUnixNano: '2000',
  status: { code: 2 },
  attributes: [text('url.full', 'https://x/?token=1'), { key: 'a"]b', value: { doubleValue: 1.5 } }],
  events: [{ name: 'e', timeUnixNano: '5', attributes: [text('k', 'v')] }],
};
const TRACES = JSON.stringify({
  resourceSpans: [
    {
      resource: { attributes: [text('service.name', 'shop')] },
      scopeSpans: [{ scope: { name: 'lib' }, spans: [SPAN] }],
    },
  ],
});
const ask = (statements: string, more: Partial<OttlQuestion> = {}): OttlQuestion => ({
  statements,
  input: TRACES,
  ...more,
});

describe('statements that are tried', () => {
  test('change the sample, each in its turn; the context is what their paths say', () => {
    const outcome = evaluate(
      ask(
        '# what it is for\nset(span.attributes["team"], "a")\nreplace_pattern(\n  span.attributes["url.full"], "token=\\\\d", "token=x")\n',
      ),
    );
    expect(outcome).toMatchObject({ answer: { signal: 'traces', context: 'span', itemCount: 1, failedCount: 0 } });
    const { items } = (outcome as Extract<OttlOutcome, { answer: unknown }>).answer;
    expect(items[0]!.outcome).toBe('changed');
    expect(items[0]!.fields.filter(({ change }) => change !== undefined)).toEqual([
      { path: 'attributes["url.full"]', change: 'changed', before: 'https://x/?token=1', value: 'https://x/?token=x' },
      { path: 'attributes["team"]', change: 'added', value: 'a' },
    ]);
  });

  test.each([
    ['set(span.nam, "x")', /name/, 'span.nam'],
    ['set(name, "x")\nset(span.attributes["a"], 1', /./, ''],
    ['set(name, "x")\nst(name, "y")', /set/, 'st'],
  ])('a mistake has its place in all of the text: %j', (statements, message, at) => {
    const outcome = evaluate(ask(statements)) as { error: string; start: number; end: number };
    expect(outcome.error).toMatch(message);
    expect(statements.slice(outcome.start, outcome.end)).toContain(at);
    expect(outcome.start).toBeGreaterThanOrEqual(statements.includes('\n') ? statements.indexOf('\n') : 0);
  });

  test('what is wrong with the sample or the question, in words', () => {
    const errorOf = (question: OttlQuestion): string => (evaluate(question) as { error: string }).error;
    expect(errorOf(ask('set(name, "a")', { input: '{' }))).toContain('the sample is not JSON');
    expect(errorOf(ask('set(name, "a")', { input: '{}' }))).toContain('the sample is not OTLP/JSON');
    expect(errorOf(ask('set(name, "a")', { input: '{"resourceSpans":[]}' }))).toBe('the sample has no items');
    expect(errorOf(ask('set(name, "a")', { context: 'log' }))).toBe('log is no context of traces');
    expect(errorOf(ask(' \n# nothing'))).toBe('there is no statement yet');
  });

  test('a statement that fails for an item says why, and the others go on', () => {
    const outcome = evaluate(ask('set(span.attributes["n"], Int(1 / (1 - 1)))\nset(span.name, "b")'));
    expect(outcome).toMatchObject({ answer: { failedCount: 1, failures: ['attempted to divide by 0'] } });
    expect(JSON.stringify(outcome)).toContain('"value":"b"');
  });

  test.each<readonly [Signal, string]>([
    ['traces', TRACES],
    [
      'logs',
      JSON.stringify({
        resourceLogs: [
          { scopeLogs: [{ logRecords: [{ body: { kvlistValue: { values: [text('a', 'b')] } }, severityNumber: 9 }] }] },
        ],
      }),
    ],
    [
      'metrics',
      JSON.stringify({
        resourceMetrics: [
          {
            scopeMetrics: [
              {
                metrics: [
                  {
                    name: 'm',
                    unit: 's',
                    histogram: {
                      aggregationTemporality: 1,
                      dataPoints: [
                        {
                          count: '3',
                          sum: 6.5,
                          bucketCounts: ['1', '2'],
                          explicitBounds: [5],
                          attributes: [text('k', 'v')],
                        },
                      ],
                    },
                  },
                ],
              },
            ],
          },
        ],
      }),
    ],
  ])('an item of a tap is a sample: %s come back as they went', (signal, json) => {
    const read = (body: string): unknown =>
      JSON.parse(JSON.stringify(itemsOf(new Batch(signal, [decodeOtlpJson(signal, Buffer.from(body)).chunk]))));
    const [item] = itemsOf(new Batch(signal, [decodeOtlpJson(signal, Buffer.from(json)).chunk]));
    const again = JSON.stringify(envelopeOfFields(signal, fieldsOfItem(item!)));
    expect(read(again)).toEqual(read(json));
    const context = { traces: 'span', logs: 'log', metrics: 'datapoint' }[signal];
    const outcome = evaluate(
      ask('set(resource.attributes["x"], "y")', { input: { signal, fields: fieldsOfItem(item!) }, context }),
    );
    expect(outcome).toMatchObject({ answer: { items: [{ outcome: 'changed' }] } });
  });

  test('statements begin where a line does', () => {
    expect(splitStatements('a\n\n  b\n#c\nd')).toEqual([
      { text: 'a\n\n  b', offset: 0 },
      { text: 'd', offset: 10 },
    ]);
  });

  test('what can be written in a context', () => {
    const { functions, paths, enums } = wordsOf('span');
    expect(functions.find(({ name }) => name === 'set')).toMatchObject({
      signature: 'set(target, value)',
      isEditor: true,
    });
    expect(functions.find(({ name }) => name === 'Concat')).toMatchObject({ isEditor: false });
    expect(paths).toEqual(expect.arrayContaining(['span.name', 'span.status.code', 'resource.attributes']));
    expect(enums).toContain('STATUS_CODE_ERROR');
  });
});

describe('the playground of a server', () => {
  let server: RunningServer;
  beforeEach(async () => {
    server = await startServer({ port: 0, engineUrl: 'http://127.0.0.1:1', ottl: new ThreadedPlayground() });
  });
  afterEach(() => server.close());

  async function post(body: unknown): Promise<{ readonly status: number; readonly body: unknown }> {
    const response = await fetch(`${server.url}/api/console/ottl`, { method: 'POST', body: JSON.stringify(body) });
    return { status: response.status, body: await response.json() };
  }

  test('answers in a thread of its own, with the place of a mistake', async () => {
    expect(await post(ask('set(span.name, "b")'))).toMatchObject({
      status: 200,
      body: { context: 'span', items: [{ outcome: 'changed' }] },
    });
    expect(await post(ask('set(span.nam, "b")'))).toMatchObject({
      status: 400,
      body: { error: { code: 'bad_query', query: 'set(span.nam, "b")', start: 4 } },
    });
    expect((await post({ statements: 1 })).status).toBe(400);
    expect((await post(ask('x', { input: 'x'.repeat(300_000) }))).status).toBe(422);
    const words = await fetch(`${server.url}/api/console/ottl/words?context=log`);
    expect(await words.json()).toMatchObject({ paths: expect.arrayContaining(['log.body']) });
    expect((await fetch(`${server.url}/api/console/ottl/words?context=x`)).status).toBe(400);
  });

  test('what takes too much is told so, and the next question is answered', async () => {
    const doubling = Array.from(
      { length: 40 },
      () => 'set(span.attributes["a"], Concat([span.attributes["a"], span.attributes["a"]], "x"))',
    );
    const greedy = await post(ask(['set(span.attributes["a"], "0123456789")', ...doubling].join('\n')));
    expect(greedy.status).toBe(400);
    expect(await post(ask('set(span.name, "b")'))).toMatchObject({ status: 200 });
  });
});

test('the events of a tap are what the API says that they are', () => {
  const item = {
    type: 'item',
    atMs: 1,
    signal: 'traces',
    outcome: 'passed',
    maskedCount: 0,
    fields: [],
  } satisfies TapItem;
  const answer: TapItemAnswer = item as TapItem;
  expect(answer).toBe(item);
});
