import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Signal } from '#pdata';
import { decodeOtlpJson } from '#wire';
import { Inserter } from '../store/inserter.ts';
import { SegmentEncoder } from '../store/native/segment-encoder.ts';
import { encodeSegment } from '../store/testing/encode.ts';
import { startTestStore, type TestStore } from '../store/testing/test-store.ts';
import type { LogsResponse, MetricQueryResponse, TraceResponse, TracesResponse } from './console/types.ts';
import { type RunningServer, startServer } from './index.ts';

/** What has no time of its own is found at the time when it arrived, in every API. */

const ARRIVAL_MS = Date.now() - 60_000;
const RANGE = `from=${ARRIVAL_MS - 60_000}&to=${ARRIVAL_MS + 60_000}`;
const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'clockless' } }] };
const IDS = { traceId: '0102030405060708090a0b0c0d0e0f10', spanId: '0102030405060708' };
const END_NS = String(BigInt(ARRIVAL_MS + 1000) * 1_000_000n);

const BODIES: readonly (readonly [Signal, object])[] = [
  [
    'logs',
    {
      resourceLogs: [
        {
          resource,
          scopeLogs: [
            {
              logRecords: [
                { body: { stringValue: 'no time' } },
                { timeUnixNano: '0', observedTimeUnixNano: END_NS, body: { stringValue: 'observed' } },
              ],
            },
          ],
        },
      ],
    },
  ],
  [
    'traces',
    {
      resourceSpans: [
        {
          resource,
          scopeSpans: [
            {
              spans: [
                {
                  ...IDS,
                  name: 'no time',
                  kind: 2,
                  events: [{ name: 'untimed' }, { name: 'timed', timeUnixNano: END_NS }],
                },
                {
                  ...IDS,
                  traceId: 'ff02030405060708090a0b0c0d0e0f10',
                  name: 'an end',
                  endTimeUnixNano: END_NS,
                  kind: 2,
                },
              ],
            },
          ],
        },
      ],
    },
  ],
  [
    'metrics',
    {
      resourceMetrics: [
        { resource, scopeMetrics: [{ metrics: [{ name: 'level', gauge: { dataPoints: [{ asDouble: 7 }] } }] }] },
      ],
    },
  ],
];

let store: TestStore;
let server: RunningServer;
beforeAll(async () => {
  store = await startTestStore();
  const inserter = new Inserter(store.endpoint, 60_000);
  const chunks = BODIES.map(([signal, body]) => decodeOtlpJson(signal, Buffer.from(JSON.stringify(body))).chunk);
  const arrivalNs = BigInt(ARRIVAL_MS) * 1_000_000n;
  for (const block of encodeSegment(new SegmentEncoder(), chunks, arrivalNs)) await inserter.insert(block, block.table);
  inserter.close();
  server = await startServer({
    port: 0,
    engineUrl: store.endpoint.url,
    ...store.engine.access.reader,
    uiDir: '',
    version: '0',
  });
}, 120_000);
afterAll(async () => {
  await server.close();
  await store.close();
});

async function get<T>(path: string): Promise<T> {
  const response = await fetch(`${server.url}${path}`);
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

test('logs', async () => {
  const { logs } = await get<LogsResponse>(`/api/console/logs?${RANGE}`);
  const times = logs.map(({ body, timeNs }) => [body, Math.floor(Number(BigInt(timeNs) / 1_000_000n))]);
  expect(times).toEqual([
    ['observed', ARRIVAL_MS + 1000],
    ['no time', ARRIVAL_MS],
  ]);
});

test('traces, and the spans in them', async () => {
  const { traces } = await get<TracesResponse>(`/api/console/traces?${RANGE}`);
  const found = traces.map(({ rootOperation, startMs, durationNs }) => [
    rootOperation,
    Math.floor(startMs),
    durationNs,
  ]);
  expect(found.sort()).toEqual([
    ['an end', ARRIVAL_MS + 1000, 0],
    ['no time', ARRIVAL_MS, 0],
  ]);
  interface JaegerAnswer {
    readonly data: readonly { readonly spans: readonly { readonly startTime: number; readonly duration: number }[] }[];
  }
  const { data } = await get<JaegerAnswer>(`/jaeger/api/traces/${IDS.traceId}`);
  expect(data[0]!.spans[0]).toMatchObject({ startTime: ARRIVAL_MS * 1000, duration: 0 });
});

test('events stand at the start of their span', async () => {
  interface JaegerLogs {
    readonly data: readonly {
      readonly spans: readonly { readonly logs: readonly { readonly timestamp: number }[] }[];
    }[];
  }
  const { data } = await get<JaegerLogs>(`/jaeger/api/traces/${IDS.traceId}`);
  const stamps = data[0]!.spans[0]!.logs.map(({ timestamp }) => timestamp);
  expect(stamps).toEqual([ARRIVAL_MS * 1000, (ARRIVAL_MS + 1000) * 1000]);
  const trace = await get<TraceResponse>(`/api/console/traces/${IDS.traceId}`);
  expect(trace.events.timeNs).toEqual([0, 1e9]);
});

test('points', async () => {
  const answer = await get<MetricQueryResponse>(
    `/api/console/metrics/query?name=level&${RANGE}&step=10000&aggregation=max`,
  );
  expect(answer.series.flatMap(({ values }) => values).filter((value) => value !== null)).toContain(7);
});
