import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LogExpr, type MetricExpr, parseLogql } from '#lang/logql';
import { FLOAT, type PromqlAnswer, timeAt } from '../promql/index.ts';
import { type FixtureLog, insertLogs } from '../testing/fixtures.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { type Direction, queryLines, queryMetricInstant, queryMetricRange, StoredLines } from './index.ts';

const FROM_MS = 1_760_000_000_000;
const ns = (ms: number): bigint => BigInt(FROM_MS + ms) * 1_000_000n;

/** A line each second of each service for a minute; every tenth of `orders` is an error. */
const fixtures: readonly FixtureLog[] = ['orders', 'cart'].flatMap((service) =>
  Array.from({ length: 60 }, (_, i): FixtureLog => {
    const isError = service === 'orders' && i % 10 === 0;
    return {
      timeNs: ns(i * 1000 + 1),
      service,
      severityNumber: isError ? 17 : 9,
      severityText: isError ? 'ERROR' : 'INFO',
      body: `level=${isError ? 'error' : 'info'} took=${i}ms user=u${i % 3}`,
      attributes: { 'http.route': `/r${i % 2}`, n: i },
      resource: { 'k8s.namespace.name': 'shop', 'host.name': 'h1' },
    };
  }),
);

/** Tells no counts. */
class OnlyRead extends StoredLines {
  override async count(): Promise<undefined> {
    return undefined;
  }
}

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  await insertLogs(store, fixtures);
});
afterAll(() => store.close());

async function lines(text: string, { limit = 1000, direction = 'backward' as Direction } = {}) {
  const source = new StoredLines(store.reader);
  const expr = parseLogql(text) as LogExpr;
  return queryLines({ expr, text, source, startNs: ns(0), endNs: ns(60_000), limit, direction });
}

/** Values by the labels of their series, of an instant query at the end of the minute. */
async function values(text: string, atMs = 60_000): Promise<Readonly<Record<string, number>>> {
  const source = new StoredLines(store.reader);
  const answer = await queryMetricInstant({ expr: parseLogql(text) as MetricExpr, text, source }, FROM_MS + atMs);
  return Object.fromEntries(seriesOf(answer).map(({ labels, floats }) => [labels.toString(), floats[0]!]));
}

function seriesOf(answer: PromqlAnswer) {
  if (answer.type !== 'vector' && answer.type !== 'matrix') throw new Error(answer.type);
  return answer.series;
}

describe('lines', () => {
  test('come with all labels, newest first', async () => {
    const found = await lines('{service_name="orders"}');
    expect(found).toHaveLength(60);
    expect(found[0]!.line).toBe('level=info took=59ms user=u2');
    expect(Object.fromEntries(found[0]!.labels.pairs)).toEqual({
      service_name: 'orders',
      k8s_namespace_name: 'shop',
      host_name: 'h1',
      http_route: '/r1',
      n: '59',
      observed_timestamp: '1760000059001000000',
      severity_number: '9',
      severity_text: 'INFO',
      detected_level: 'info',
    });
    expect(Object.fromEntries(found[0]!.categories.stream.pairs)).toEqual({
      service_name: 'orders',
      k8s_namespace_name: 'shop',
    });
  });

  test.each([
    ['{service_name=~"orders|cart"}', 120],
    ['{service_name=~".+", service_name!="cart"}', 60],
    ['{service_name!~"c.*", k8s_namespace_name="shop"}', 60],
    ['{service_name="nobody"}', 0],
    ['{service_name="orders"} |= "error"', 6],
    ['{service_name="orders"} |= "ERROR"', 0],
    ['{service_name="orders"} != "error"', 54],
    ['{service_name="orders"} |~ "took=1.ms"', 10],
    ['{service_name="orders"} !~ "took=1.ms"', 50],
    ['{service_name="orders"} |= "took=1ms" or "took=2ms"', 2],
    ['{service_name="orders"} != "took=1ms" or "took=2ms"', 58],
    ['{service_name="orders"} | logfmt | took >= 50ms', 10],
    ['{service_name="orders"} | detected_level="error"', 6],
    ['{service_name="orders"} | n > 55', 4],
    ['{service_name="orders"} | http_route="/r1" | logfmt | user="u0"', 10],
    ['{service_name="orders"} | line_format "{{.n}}" |= "level"', 0],
  ])('%s: %i', async (text, count) => {
    expect(await lines(text)).toHaveLength(count);
  });

  test('as many as asked for, from either end, in any number of pages', async () => {
    const first = await lines('{service_name="orders"}', { limit: 5, direction: 'forward' });
    expect(first.map(({ line }) => line.split(' ')[1])).toEqual([
      'took=0ms',
      'took=1ms',
      'took=2ms',
      'took=3ms',
      'took=4ms',
    ]);
    const last = await lines('{service_name=~".+"} | logfmt | user="u1"', { limit: 3 });
    expect(last.map(({ line }) => line.split(' ')[1])).toEqual(['took=58ms', 'took=58ms', 'took=55ms']);
  });
});

describe('metrics', () => {
  test.each<[string, Record<string, number>]>([
    ['sum(count_over_time({service_name=~".+"}[1m]))', { '{}': 120 }],
    [
      'sum by (service_name) (count_over_time({service_name=~".+"}[30s]))',
      { '{service_name="cart"}': 30, '{service_name="orders"}': 30 },
    ],
    [
      'sum by (detected_level) (rate({service_name="orders"}[1m]))',
      { '{detected_level="error"}': 0.1, '{detected_level="info"}': 0.9 },
    ],
    ['sum(bytes_over_time({service_name="orders"} |= "error"[1m]))', { '{}': 28 + 5 * 29 }],
    [
      'max_over_time({service_name="orders"} | logfmt | unwrap duration(took) [1m]) by (user)',
      { '{user="u0"}': 0.057, '{user="u1"}': 0.058, '{user="u2"}': 0.059 },
    ],
    ['quantile_over_time(0.5, {service_name="orders"} | unwrap n [1m]) by ()', { '{}': 29.5 }],
    ['first_over_time({service_name="orders"} | unwrap n [1m]) by ()', { '{}': 0 }],
    ['last_over_time({service_name="orders"} | unwrap n [1m]) by ()', { '{}': 59 }],
    [
      'sum(count_over_time({service_name="orders"} |= "error"[1m])) / sum(count_over_time({service_name="orders"}[1m]))',
      { '{}': 0.1 },
    ],
    [
      'topk(1, sum by (user) (sum_over_time({service_name="orders"} | logfmt | unwrap n [1m])))',
      { '{user="u2"}': 610 },
    ],
    ['sum(count_over_time({service_name="orders"}[10s] offset 30s))', { '{}': 10 }],
    ['absent_over_time({service_name="nobody"}[1m])', { '{service_name="nobody"}': 1 }],
    ['absent_over_time({service_name="orders"}[1m])', {}],
    ['vector(1) + vector(1)', { '{}': 2 }],
    ['vector(1) / 0', { '{}': Number.NaN }],
    ['sum(count_over_time({service_name="cart"}[1m])) / vector(0)', { '{}': Number.NaN }],
    ['sum(count_over_time({service_name="orders"}[1m])) > 100', {}],
    [
      'label_replace(sum by (service_name) (count_over_time({service_name="cart"}[1m])), "s", "x-$1", "service_name", "(.*)")',
      { '{s="x-cart", service_name="cart"}': 60 },
    ],
  ])('%s', async (text, expected) => {
    expect(await values(text)).toEqual(expected);
  });

  test('a window has its end and not its beginning', async () => {
    expect(await values('sum(count_over_time({service_name="orders"}[1s]))', 5001)).toEqual({ '{}': 1 });
    expect(await values('sum(count_over_time({service_name="orders"}[999ms]))', 5000)).toEqual({});
  });

  test('what is summed makes no series for each line', async () => {
    const text = 'sum(count_over_time({service_name=~".+"} | n >= 0 [1m]))';
    expect(await values(text)).toEqual({ '{}': 120 });
  });

  test.each([
    'sum(count_over_time({service_name=~".+"}[1m]))',
    'sum by (service_name, detected_level) (rate({service_name=~".+"} |= "level" != "took=7ms" [13s]))',
    'sum by (k8s_namespace_name) (bytes_rate({service_name="orders"} |~ "took=.ms"[20s] offset 5s))',
    'sum by (service_name) (bytes_over_time({service_name=~".+"} |= "error" or "took=3ms"[7s])) > 3',
    'sum by (detected_level) (count_over_time({service_name="orders"}[10s] @ end()))',
    'sum by (http_route) (count_over_time({service_name="orders"}[10s]))',
    'sum(count_over_time({service_name="nobody"}[10s]))',
  ])('are the same whether the store counts or the lines are read: %s', async (text) => {
    const times = { startMs: FROM_MS + 1, endMs: FROM_MS + 60_000, stepMs: 7000 };
    const expr = parseLogql(text) as MetricExpr;
    const both = await Promise.all(
      [new StoredLines(store.reader), new OnlyRead(store.reader)].map(async (source) => {
        const answer = await queryMetricRange({ expr, text, source }, times);
        return seriesOf(answer).map(({ labels, kinds, floats }) => ({ labels: labels.toString(), kinds, floats }));
      }),
    );
    expect(both[0]).toEqual(both[1]);
  });

  test('of a range, at each step', async () => {
    const text = 'sum(count_over_time({service_name="orders"}[10s]))';
    const query = { expr: parseLogql(text) as MetricExpr, text, source: new StoredLines(store.reader) };
    const times = { startMs: FROM_MS, endMs: FROM_MS + 60_000, stepMs: 15_000 };
    const answer = await queryMetricRange(query, times);
    const [series] = seriesOf(answer);
    const grid = { startMs: times.startMs, stepMs: times.stepMs, count: 5 };
    const points = Array.from(series!.kinds, (kind, i) =>
      kind === FLOAT ? [timeAt(grid, i) - FROM_MS, series!.floats[i]] : [],
    );
    expect(points).toEqual([[], [15_000, 10], [30_000, 10], [45_000, 10], [60_000, 10]]);
  });

  test('a value that was taken out of a line tells no series from another', async () => {
    const text =
      'max_over_time({service_name="orders"} | logfmt | unwrap duration(took) [1m]) without (n, level, http_route, observed_timestamp, severity_number, severity_text, detected_level)';
    const found = await values(text);
    expect(Object.values(found).sort()).toEqual([0.057, 0.058, 0.059]);
  });

  test('lines that a parser can not read count in a sum that needs nothing of it, and errors can be counted', async () => {
    expect(await values('sum(count_over_time({service_name="orders"} | json [1m]))')).toEqual({ '{}': 60 });
    expect(await values('sum(count_over_time({service_name="orders"} | json | __error__!="" [1m]))')).toEqual({
      '{}': 60,
    });
    expect(await values('sum by (__error__) (count_over_time({service_name="orders"} | json [1m]))')).toEqual({
      '{__error__="JSONParserErr"}': 60,
    });
  });

  test('a condition on __error__ says whether lines with errors count', async () => {
    const user1 = '"strconv.ParseFloat: parsing \\"u1\\": invalid syntax"';
    const unwrapped = '{service_name="orders"} | logfmt | user="u1" | unwrap user';
    expect(await values(`max_over_time(${unwrapped} | __error__!="" [1m]) by (service_name)`)).toEqual({
      [`{__error__="SampleExtractionErr", __error_details__=${user1}, service_name="orders"}`]: 0,
    });
    const counted = (filter: string) =>
      values(`sum by (service_name) (count_over_time({service_name="orders"} | json | ${filter} [1m]))`);
    expect(await counted('__error__=~".*"')).toEqual({ '{service_name="orders"}': 60 });
    expect(await counted('n >= 0 or __error__="JSONParserErr"')).toEqual({ '{service_name="orders"}': 60 });
    expect(await counted('__error__="" and n >= 0')).toEqual({});
    await expect(counted('__error__="" or n="1"')).rejects.toThrow('JSONParserErr');
    await expect(counted('n >= 0')).rejects.toThrow('JSONParserErr');
  });

  test('a line with an error stops it, unless the query takes it out', async () => {
    await expect(values('sum by (level) (count_over_time({service_name="orders"} | json [1m]))')).rejects.toThrow(
      "pipeline error: 'JSONParserErr'",
    );
    expect(await values('sum(count_over_time({service_name="orders"} | json | __error__="" [1m]))')).toEqual({});
    await expect(values('sum_over_time({service_name="orders"} | logfmt | unwrap user [1m])')).rejects.toThrow(
      'SampleExtractionErr',
    );
    expect(await values('sum_over_time({service_name="orders"} | logfmt | unwrap user | __error__="" [1m])')).toEqual(
      {},
    );
  });
});
