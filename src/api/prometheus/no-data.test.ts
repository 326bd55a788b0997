import { afterAll, beforeAll, expect, test } from 'vitest';
import { insertMetrics } from '../../query/testing/fixtures.ts';
import { startTestStore, type TestStore } from '../../query/testing/test-store.ts';
import { type RunningServer, startServer } from '../index.ts';

/** What an answer without data says. */

const FROM_MS = Math.floor(Date.now() / 60_000) * 60_000 - 1_200_000;
const STEP_MS = 15_000;
/** Ten minutes of samples, which end ten minutes ago. */
const LAST_MS = FROM_MS + 40 * STEP_MS;

let store: TestStore;
let server: RunningServer;
beforeAll(async () => {
  store = await startTestStore();
  await insertMetrics(store, [
    resourceMetrics('orders', ['200', '404']),
    resourceMetrics('cart', ['200', '500']),
    ownMetrics(),
  ]);
  server = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin });
}, 120_000);
afterAll(async () => {
  await server?.close();
  await store?.close();
});

function resourceMetrics(service: string, codes: readonly string[]): object {
  const keyValue = (key: string, value: string): object => ({ key, value: { stringValue: value } });
  const points = (attributes: object[], valueAt: (i: number) => object): object[] =>
    Array.from({ length: 41 }, (_, i) => ({
      startTimeUnixNano: `${BigInt(FROM_MS) * 1_000_000n}`,
      timeUnixNano: `${BigInt(FROM_MS + i * STEP_MS) * 1_000_000n}`,
      attributes,
      ...valueAt(i),
    }));
  const dataPoints = codes.flatMap((code) => points([keyValue('code', code)], (i) => ({ asInt: String(i * 15) })));
  const buckets = points([keyValue('http.status_code', '200')], (i) => ({
    count: String(i),
    sum: i,
    explicitBounds: [100, 250],
    bucketCounts: ['0', String(i), '0'],
  }));
  return {
    resource: { attributes: [keyValue('service.name', service), keyValue('os.type', 'linux')] },
    scopeMetrics: [
      {
        metrics: [
          { name: 'http.requests', sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints } },
          { name: 'queue.depth', gauge: { dataPoints: points([keyValue('queue', 'a')], () => ({ asInt: '7' })) } },
          { name: 'http.server.duration', unit: 'ms', histogram: { aggregationTemporality: 2, dataPoints: buckets } },
        ],
      },
    ],
  };
}

/** What Signalbox says of itself. */
function ownMetrics(): object {
  const dataPoints = [{ timeUnixNano: `${BigInt(LAST_MS) * 1_000_000n}`, asInt: '4' }];
  return {
    resource: { attributes: [{ key: 'service.name', value: { stringValue: 'signalbox-collector' } }] },
    scopeMetrics: [{ scope: { name: 'signalbox' }, metrics: [{ name: 'otelcol_queue', gauge: { dataPoints } }] }],
  };
}

interface Answer {
  readonly data: { readonly result: readonly unknown[] };
  readonly infos?: readonly string[];
  readonly noData?: readonly {
    readonly kind: string;
    readonly text: string;
    readonly suggestions?: readonly string[];
  }[];
  readonly error?: string;
}

async function ask(query: string, atMs = LAST_MS): Promise<Answer> {
  const parameters = new URLSearchParams({ query, time: String(atMs / 1000) });
  const answer = (await (await fetch(`${server.url}/api/v1/query?${parameters}`)).json()) as Answer;
  expect(answer.error).toBeUndefined();
  return answer;
}

const iso = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

test.each([
  ['htp_requests_total', 'no-metric', 'no metric is called "htp_requests_total"; did you mean "http_requests_total"?'],
  [
    'sum(rate(http_requests[5m]))',
    'no-metric',
    'no metric is called "http_requests"; did you mean "http_requests_total"?',
  ],
  ['{"queue.depht"}', 'no-metric', 'no metric is called "queue.depht"; did you mean "queue_depth"?'],
  [
    'rate(otelcol_processor_dropped_spans_total[5m]) > 0',
    'no-metric',
    'no metric is called "otelcol_processor_dropped_spans_total": collectors have had none since 0.110; did you mean "otelcol_exporter_send_failed_spans_total"?',
  ],
  ['absolutely_nothing_alike', 'no-metric', 'no metric is called "absolutely_nothing_alike"'],
  [
    'sum by (job) (rate(http_requests_total{code="501"}[5m]))',
    'no-value',
    'no series of "http_requests_total" has code="501"; code is "500", "404" or "200"',
  ],
  [
    'http_requests_total{code=~"3.."}',
    'no-value',
    'no series of "http_requests_total" has code=~"3.."; code is "200", "404" or "500"',
  ],
  [
    'http_requests_total{cod="200"}',
    'no-label',
    'no series of "http_requests_total" has a label cod; did you mean code?',
  ],
  [
    'http_server_request_duration_seconds_count{http_response_status_code="500"}',
    'no-value',
    'no series of "http_server_request_duration_seconds_count" has http_response_status_code="500"; http_response_status_code is "200"',
  ],
  [
    'http_server_request_duration_seconds_bucket{le="0.3"}',
    'no-value',
    'no series of "http_server_request_duration_seconds_bucket" has le="0.3"; le is "0.25", "0.1" or "+Inf"',
  ],
  [
    'http_requests_total{service_name="orders", code="500"}',
    'no-combination',
    'no series of "http_requests_total" has all of service_name="orders", code="500", though each of them has some',
  ],
  [
    'otelcol_queue',
    'own-metric',
    'only Signalbox itself has "otelcol_queue": its own metrics answer where job="signalbox" asks for them',
  ],
  [
    'otelcol_queues{job="signalbox"}',
    'no-metric',
    'Signalbox has no metric of its own that is called "otelcol_queues"',
  ],
  ['queue_depth > 10', 'filtered', 'no value passed the comparison >: they are from 7 to 7'],
  [
    'queue_depth * target_info',
    'unmatched',
    'no series of both sides of * have the same labels: only its left side has queue, service_name, only its right side has os_type; name those to match by in on (…)',
  ],
  [
    'queue_depth * on (job) (queue_depth offset 1h)',
    'outside',
    `no sample of "queue_depth" is between ${iso(LAST_MS - 3_900_000 + 1)} and ${iso(LAST_MS - 3_600_000)}; the nearest one is of ${iso(FROM_MS)}`,
  ],
  [
    'rate(http_requests_total[15s])',
    'too-few-samples',
    `rate needs more samples than there are: 4 of all series of "http_requests_total" between ${iso(LAST_MS - 15_000 + 1)} and ${iso(LAST_MS)}`,
  ],
  [
    'queue_depth unless queue_depth',
    'present',
    'unless left nothing: all series of its left side are on its right side, too',
  ],
  ['absent(queue_depth)', 'present', 'absent answers only where there is nothing, and there is something'],
  [
    'histogram_quantile(0.9, sum by (job) (rate(http_server_duration_milliseconds_bucket[5m])))',
    'nothing-made',
    'histogram_quantile made nothing of 2 series: none of them has a label le or is a native histogram; keep le where they are added up',
  ],
])('%s', async (query, kind, text) => {
  const { data, infos, noData } = await ask(query);
  expect(data.result).toEqual([]);
  expect(noData?.map((reason) => [reason.kind, reason.text])).toEqual([[kind, text]]);
  expect(infos!.some((info) => info.startsWith(`PromQL info: no data: ${text} (1:`))).toBe(true);
});

test('what ended says when', async () => {
  const { noData } = await ask('queue_depth', LAST_MS + 400_000);
  expect(noData?.[0]?.text).toContain(`the nearest one is of ${iso(LAST_MS)}`);
});

test('target_info ends as the other series of its service do', async () => {
  const found = async (afterMs: number): Promise<number> =>
    (await ask('target_info', LAST_MS + afterMs)).data.result.length;
  expect([await found(0), await found(299_000), await found(301_000)]).toEqual([2, 2, 0]);
  const parameters = new URLSearchParams({
    query: 'count(target_info)',
    start: String(FROM_MS / 1000),
    end: String((LAST_MS + 600_000) / 1000),
    step: '60',
  });
  const { data } = (await (await fetch(`${server.url}/api/v1/query_range?${parameters}`)).json()) as Answer;
  const values = (data.result[0] as { readonly values: readonly (readonly [number, string])[] }).values;
  expect(values.map(([seconds]) => seconds * 1000)).toEqual(Array.from({ length: 15 }, (_, i) => FROM_MS + i * 60_000));
});

test('in a range, too, and of both sides', async () => {
  const parameters = new URLSearchParams({
    query: 'queue_dept / nothing_at_all',
    start: String(FROM_MS / 1000),
    end: String(LAST_MS / 1000),
    step: '60',
  });
  const { noData } = (await (await fetch(`${server.url}/api/v1/query_range?${parameters}`)).json()) as Answer;
  expect(noData?.map(({ suggestions }) => suggestions)).toEqual([['queue_depth'], []]);
});

test('own metrics answer by their job', async () => {
  const { data } = await ask('otelcol_queue{job="signalbox"}');
  expect(data.result).toMatchObject([{ metric: { job: 'signalbox', service_name: 'signalbox-collector' } }]);
});

test('an answer with data says nothing of it', async () => {
  expect(await ask('queue_depth')).not.toHaveProperty('noData');
  expect((await ask('vector(1)')).noData).toBeUndefined();
});
