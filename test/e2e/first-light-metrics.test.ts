import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SystemResponse } from '#api/types.ts';
import { encodeReference, type ReferenceObject } from '../../src/wire/testing/otlp-reference.ts';
import { exportByGrpc, JSON_TYPE, newTraceId, otlpJson, post, send, tracesRequest } from '../lib/otlp.ts';
import { eventually, type RunningSignalbox, startSignalbox } from '../lib/signalbox.ts';
import { consoleApi, readRows } from './ask.ts';
import { fullMetrics } from './samples.ts';

let box: RunningSignalbox;
beforeAll(async () => {
  box = await startSignalbox();
});
afterAll(async () => {
  await box?.stop();
});

/** A metric of the request by the end of its name, with its only data. */
function dataOf(request: ReferenceObject, name: string): { points: Record<string, unknown>[] } & ReferenceObject {
  const [resource] = request.resourceMetrics as { scopeMetrics: { metrics: ReferenceObject[] }[] }[];
  const metric = resource!.scopeMetrics[0]!.metrics.find((one) => String(one.name).endsWith(name))!;
  const data = Object.values(metric).find((field) => typeof field === 'object') as { dataPoints: never[] };
  return { ...metric, points: data.dataPoints };
}

const WAYS: Readonly<Record<string, (request: ReferenceObject) => Promise<void>>> = {
  gRPC: async (request) => {
    const answer = await exportByGrpc(box.grpcAddress, 'metrics', encodeReference('metrics', request));
    expect(answer).toEqual({ rejectedCount: 0, message: '' });
  },
  'HTTP, protobuf': (request) => send(box.otlpUrl, 'metrics', request),
  'HTTP, JSON': async (request) => {
    const response = await post(`${box.otlpUrl}/v1/metrics`, JSON.stringify(otlpJson(request)), JSON_TYPE);
    expect([response.status, await response.text()]).toEqual([200, '{}']);
  },
};

describe.each(Object.entries(WAYS).map(([name, give]) => ({ name, give })))('metrics by $name', ({ name, give }) => {
  const prefix = name.toLowerCase().replace(/\W+/g, '.');
  const traceId = newTraceId();
  let sent: ReferenceObject;

  const points = (table: string, metric: string, columns: string): Promise<Record<string, unknown>[]> =>
    readRows(
      box,
      `SELECT toUnixTimestamp64Nano(time) AS at, toUnixTimestamp64Nano(start_time) AS start, flags, ${columns}
       FROM signalbox.${table} WHERE name = '${prefix}.${metric}' ORDER BY at`,
    );
  /** The part of a row that all kinds of points have. */
  const head = (point: Record<string, unknown>): Record<string, unknown> => ({
    at: point.timeUnixNano,
    start: point.startTimeUnixNano,
    flags: point.flags ?? 0,
  });

  beforeAll(async () => {
    sent = fullMetrics(prefix, traceId);
    await give(sent);
    // Exemplars are written last.
    const count = `SELECT count() FROM signalbox.metric_exemplars WHERE startsWith(name, '${prefix}.')`;
    await eventually('the metrics', async () => (await box.query(count)) === '3' || undefined);
  });

  test('gauges and sums', async () => {
    const gauge = dataOf(sent, '.gauge').points;
    const values = [
      { value: 21.5, value_int: '215', value_form: 3 },
      { value: -9223372036854776000, value_int: '-9223372036854775808', value_form: 1 },
      { value: 'nan', value_int: '0', value_form: 0 },
    ];
    const rows = await points('metric_points', 'gauge', 'value, value_int, value_form');
    expect(rows.slice(0, 3)).toEqual(values.map((value, i) => ({ ...head(gauge[i]!), ...value })));
    // The flag says that there was no value.
    expect(rows[3]).toMatchObject(head(gauge[3]!));
    const [sum] = dataOf(sent, '.sum').points;
    expect(await points('metric_points', 'sum', 'value_int, value_form')).toEqual([
      { ...head(sum!), value_int: '9223372036854775807', value_form: 1 },
    ]);
    const [delta] = dataOf(sent, '.delta').points;
    expect(await points('metric_points', 'delta', 'value')).toEqual([{ ...head(delta!), value: -0.25 }]);
  });

  test('histograms', async () => {
    const [full, sparse] = dataOf(sent, '.histogram').points;
    expect(
      await points(
        'metric_histograms',
        'histogram',
        `count, sum, min, max, bucket_counts AS counts,
          arrayFirst(pair -> pair.1 = bounds_id, (SELECT groupUniqArray((bounds_id, bounds)) FROM signalbox.metric_bounds)).2 AS bounds`,
      ),
    ).toEqual([
      {
        ...head(full!),
        count: full!.count,
        sum: full!.sum,
        min: full!.min,
        max: full!.max,
        bounds: full!.explicitBounds,
        counts: full!.bucketCounts,
      },
      { ...head(sparse!), count: '1', sum: 'nan', min: 'nan', max: 'nan', bounds: [], counts: ['1'] },
    ]);
  });

  test('exponential histograms and summaries', async () => {
    const [exponential] = dataOf(sent, '.exponential').points;
    const columns = `count, sum, min, max, scale, zero_count, zero_threshold,
      positive_offset, positive_counts, negative_offset, negative_counts`;
    expect(await points('metric_exponential_histograms', 'exponential', columns)).toEqual([
      {
        ...head(exponential!),
        count: '10',
        sum: 100,
        min: -8,
        max: 64,
        scale: -1,
        zero_count: '2',
        zero_threshold: 1e-9,
        positive_offset: 3,
        positive_counts: ['1', '0', '5'],
        negative_offset: -2,
        negative_counts: ['2'],
      },
    ]);
    const [summary] = dataOf(sent, '.summary').points;
    expect(await points('metric_summaries', 'summary', 'count, sum, quantiles, values')).toEqual([
      { ...head(summary!), count: '7', sum: 3.5, quantiles: [0.5, 1], values: [0.25, 2] },
    ]);
  });

  test('the console lists them with their definitions and labels, and shows their exemplars', async () => {
    const api = consoleApi(box);
    const range = { from: Date.now() - 300_000, to: Date.now() + 300_000 };
    const { metrics } = await api<{ metrics: { name: string }[] }>('metrics', { ...range, q: `${prefix}.` });
    const common = { seriesCount: 1, services: ['full'] };
    expect(metrics.map(({ name, ...rest }) => [name.slice(prefix.length + 1), rest])).toEqual([
      [
        'delta',
        expect.objectContaining({ ...common, type: 'sum', monotonic: false, temporality: 'delta', unit: 'By' }),
      ],
      [
        'exponential',
        expect.objectContaining({ type: 'exponential_histogram', temporality: 'cumulative', unit: 'ms' }),
      ],
      ['gauge', expect.objectContaining({ ...common, type: 'gauge', description: 'a gauge', unit: 'Cel' })],
      ['histogram', expect.objectContaining({ type: 'histogram', temporality: 'delta', description: 'a histogram' })],
      ['sum', expect.objectContaining({ type: 'sum', monotonic: true, temporality: 'cumulative', unit: '{request}' })],
      ['summary', expect.objectContaining({ ...common, type: 'summary', unit: 's' })],
    ]);
    const { labels } = await api<{ labels: object[] }>('metrics/labels', { ...range, name: `${prefix}.sum` });
    expect(labels).toEqual(
      expect.arrayContaining([
        { key: 'route', scope: 'item', valueCount: 1, values: ['/pay'] },
        { key: 'code', scope: 'item', valueCount: 1, values: ['200'] },
        { key: 'service.name', scope: 'resource', valueCount: 1, values: ['full'] },
      ]),
    );
    for (const [metric, value] of Object.entries({ sum: 3, histogram: 0.75, exponential: 64 })) {
      const answer = await api('metrics/query', { ...range, name: `${prefix}.${metric}`, groupBy: 'route' });
      expect(answer).toMatchObject({
        series: [{ labels: { route: '/pay' } }],
        exemplars: [{ value, traceId, spanId: '00000000000000a1' }],
      });
    }
  });
});

describe('own telemetry', () => {
  const total = (text: string, name: string, labels = ''): number =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) && line.includes(labels))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);

  test('counts items once, under the names of otelcol, on the metrics port', async () => {
    const scrape = async (): Promise<string> => (await fetch(box.metricsUrl)).text();
    const before = await scrape();
    const traceId = newTraceId();
    await send(
      box.otlpUrl,
      'traces',
      tracesRequest(
        'own',
        Array.from({ length: 40 }, () => ({ traceId })),
      ),
    );
    const counts = [
      ['otelcol_receiver_accepted_spans', 'receiver="otlp"'],
      ['otelcol_processor_incoming_items', 'otel_signal="traces"'],
      ['otelcol_processor_outgoing_items', 'otel_signal="traces"'],
      ['otelcol_processor_memory_limiter_accepted_spans', ''],
      ['otelcol_exporter_sent_spans', 'exporter="signalbox"'],
    ] as const;
    const after = await eventually('the spans to be sent', async () => {
      const text = await scrape();
      const sent = total(text, 'otelcol_exporter_sent_spans') - total(before, 'otelcol_exporter_sent_spans');
      // The store's part of the way is the last one.
      return sent >= 40 && total(text, 'otelcol_exporter_queue_size') === 0 ? text : undefined;
    });
    const added = counts.map(([name, labels]) => [name, total(after, name, labels) - total(before, name, labels)]);
    expect(added).toEqual(counts.map(([name]) => [name, 40]));
    for (const name of [
      'otelcol_exporter_send_failed_spans',
      'otelcol_exporter_enqueue_failed_spans',
      'otelcol_receiver_refused_spans',
      'otelcol_exporter_queue_capacity',
      'signalbox_component_held_items',
      'signalbox_component_unaccounted_items',
      'otelcol_process_memory_rss',
      'otelcol_process_uptime',
      'otelcol_process_cpu_seconds',
    ]) {
      expect(after).toMatch(new RegExp(`^# TYPE ${name} (counter|gauge)$`, 'm'));
    }
    expect(total(after, 'signalbox_component_unaccounted_items')).toBe(0);
  });

  test('reaches the store too, and makes the System page', async () => {
    const api = consoleApi(box);
    const system = await eventually('the system view', async () => {
      const range = { from: Date.now() - 600_000, to: Date.now() + 5_000 };
      const answer = await api<SystemResponse>('system', range);
      return answer.components.some(({ kind, inRate }) => kind === 'exporter' && inRate.some((rate) => (rate ?? 0) > 0))
        ? answer
        : undefined;
    });
    const connectors: Readonly<Record<string, readonly string[]>> = {
      traces: ['connector/span_metrics', 'connector/service_graph'],
      metrics: ['connector/span_metrics'],
    };
    const ofSpans = {
      id: 'metrics/spans',
      signal: 'metrics',
      receivers: ['connector/span_metrics', 'connector/service_graph'],
      processors: [],
    };
    const pipelines = [
      ...['logs', 'metrics', 'traces'].map((id) => ({
        id,
        signal: id,
        receivers: ['receiver/otlp'],
        processors: [`processor/memory_limiter@${id}`],
        exporters: ['exporter/signalbox', ...(connectors[id] ?? [])],
        rate: expect.any(Array),
      })),
      { ...ofSpans, exporters: ['exporter/signalbox'], rate: expect.any(Array) },
    ].sort((a, b) => (a.id < b.id ? -1 : 1));
    expect([...system.pipelines].sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual(pipelines);
    const component = (kind: string, pipeline: string): object | undefined =>
      system.components.find((one) => one.kind === kind && (pipeline === '' || one.pipeline === pipeline));
    expect(component('receiver', '')).toMatchObject({ componentId: 'otlp', status: 'ok' });
    expect(component('processor', 'traces')).toMatchObject({ componentId: 'memory_limiter', refusedCount: 0 });
    expect(component('exporter', '')).toMatchObject({ componentId: 'signalbox', status: 'ok', queueCapacity: 2 ** 30 });
    expect(system.losses).toEqual([]);
    expect(system.processes.map(({ role }) => role)).toContain('collector');
    expect(system.store).toMatchObject({ available: true });
    const spans = system.store.tables.find(({ name }) => name === 'spans');
    expect(spans).toMatchObject({ signal: 'traces' });
    expect(spans!.rows).toBeGreaterThan(0);
    expect(spans!.bytesOnDisk).toBeGreaterThan(0);
    expect(system.store.bytesPerItem.traces).toBeGreaterThan(0);
    expect(Math.abs(system.freshness.metrics.lagMs ?? Number.POSITIVE_INFINITY)).toBeLessThan(60_000);
  });
});
