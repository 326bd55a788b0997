import { afterAll, beforeAll, expect, test } from 'vitest';
import { retentionComment } from '#store';
import type { SystemView } from '../answers/index.ts';
import { type FixturePoint, type FixtureSeries, insertPoints, insertSeries, insertSpans } from '../testing/fixtures.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { readStoreView, retentionOf } from './store-view.ts';
import { readSystem } from './system.ts';

const SUM = 7;
const GAUGE = 5;
const CUMULATIVE = 2;
const FROM_MS = 1_760_000_000_000;
const TO_MS = FROM_MS + 60_000;
const STARTED_NS = BigInt(FROM_MS - 1_000_000) * 1_000_000n;

let nextId = 1n;
const series: FixtureSeries[] = [];
const points: FixturePoint[] = [];

/** A metric of the collector: a value every 5 s, the first one at the start of the range. */
function own(
  name: string,
  type: number,
  attributes: { [key: string]: string },
  values: readonly number[],
  lateS = 0,
): void {
  const seriesId = nextId++;
  series.push({
    seriesId,
    name,
    type,
    temporality: type === SUM ? CUMULATIVE : 0,
    monotonic: type === SUM,
    service: 'my-own-name-for-it',
    scopeName: 'signalbox',
    attributes,
  });
  values.forEach((value, i) => {
    const timeNs = BigInt(FROM_MS + lateS * 1000 + i * 5000) * 1_000_000n;
    points.push({ name, seriesId, timeNs, startNs: STARTED_NS, columns: { value_double: value } });
  });
}

/** 0, step, 2 step, … over the minute. */
const rising = (step: number): number[] => Array.from({ length: 12 }, (_, i) => 1000 + i * step);
const steady = (value: number): number[] => new Array<number>(12).fill(value);

function component(
  kind: string,
  id: string,
  role: string,
  position: number,
  pipeline: string,
  more: { [key: string]: string } = {},
): { [key: string]: string } {
  return {
    'otelcol.component.kind': kind,
    'otelcol.component.id': id,
    'signalbox.status': 'ok',
    'signalbox.status.message': '',
    ...(pipeline !== '' && {
      'otelcol.pipeline.id': pipeline,
      'otelcol.signal': 'traces',
      'signalbox.role': role,
      'signalbox.position': String(position),
    }),
    ...more,
  };
}

let store: TestStore;
let system: SystemView;
beforeAll(async () => {
  const place = 'signalbox.pipeline.component';
  own(place, GAUGE, component('receiver', 'otlp', 'receiver', 0, 'traces/in'), steady(1));
  own(place, GAUGE, component('processor', 'tail_sampling', 'processor', 1, 'traces/in'), steady(1));
  own(place, GAUGE, component('exporter', 'signalbox', 'exporter', 2, 'traces/in'), steady(1));
  own(place, GAUGE, component('extension', 'zpages', '', 0, ''), steady(1));
  // The exporter failed a moment ago: a new series, and the old one went silent. A processor was taken out by a reload.
  own(
    place,
    GAUGE,
    component('exporter', 'signalbox', 'exporter', 2, 'traces/in', {
      'signalbox.status': 'recoverable_error',
      'signalbox.status.message': 'store down',
    }),
    [1, 1],
    56,
  );
  own(place, GAUGE, component('processor', 'gone', 'processor', 1, 'traces/in'), [1, 1]);
  own('otelcol_receiver_accepted_spans', SUM, { receiver: 'otlp', transport: 'http' }, rising(100));
  own('otelcol_receiver_accepted_spans', SUM, { receiver: 'otlp', transport: 'grpc' }, rising(50));
  own('otelcol_receiver_refused_spans', SUM, { receiver: 'otlp', transport: 'http' }, rising(1));
  own(
    'otelcol.receiver.produced.items',
    SUM,
    { 'otelcol.component.id': 'otlp', 'otelcol.signal': 'traces', outcome: 'success' },
    rising(150),
  );
  own(
    'otelcol.processor.consumed.items',
    SUM,
    { 'otelcol.component.id': 'tail_sampling', 'otelcol.pipeline.id': 'traces/in', outcome: 'success' },
    rising(140),
  );
  own(
    'otelcol.processor.consumed.items',
    SUM,
    { 'otelcol.component.id': 'tail_sampling', 'otelcol.pipeline.id': 'traces/in', outcome: 'refused' },
    rising(10),
  );
  own(
    'otelcol.processor.produced.items',
    SUM,
    { 'otelcol.component.id': 'tail_sampling', 'otelcol.pipeline.id': 'traces/in', outcome: 'success' },
    rising(30),
  );
  own(
    'otelcol_processor_tail_sampling_count_spans_sampled',
    SUM,
    { processor: 'tail_sampling', decision: 'not_sampled', sampled: 'false' },
    rising(110),
  );
  const account = (kind: string, id: string, labels: Record<string, string>) => ({
    'otelcol.component.kind': kind,
    'otelcol.component.id': id,
    'otelcol.signal': 'traces',
    ...labels,
  });
  const sampler = (labels: Record<string, string>) => account('processor', 'tail_sampling', labels);
  const items = 'signalbox.component.items';
  own(items, SUM, sampler({ outcome: 'sampled_out', reason: 'not_sampled' }), rising(110));
  own(items, SUM, sampler({ outcome: 'dropped', reason: 'memory' }), rising(2));
  own(items, SUM, sampler({ outcome: 'added', reason: 'sent_again' }), rising(5));
  own(items, SUM, account('receiver', 'otlp', { outcome: 'refused', reason: 'refused' }), rising(1));
  own('signalbox.component.unaccounted_items', GAUGE, sampler({}), steady(0));
  own('signalbox.component.unaccounted_items', GAUGE, account('processor', 'leaky', {}), rising(1));
  own(
    'otelcol.exporter.consumed.items',
    SUM,
    { 'otelcol.component.id': 'signalbox', 'otelcol.signal': 'traces', outcome: 'success' },
    rising(30),
  );
  // The process started anew in the middle: the counter fell.
  own(
    'otelcol_exporter_sent_spans',
    SUM,
    { exporter: 'signalbox' },
    [100, 200, 300, 400, 500, 600, 10, 20, 30, 40, 50, 60],
  );
  own('signalbox.component.troubles', SUM, account('exporter', 'signalbox', { reason: 'retried' }), rising(3));
  own(
    'otelcol_listener_refused_requests',
    SUM,
    { receiver: 'otlp', transport: 'grpc', reason: 'tls_unexpected' },
    rising(2),
  );
  own(items, SUM, account('exporter', 'signalbox', { outcome: 'lost', reason: 'damaged' }), rising(9));
  own(
    'signalbox.component.troubles',
    SUM,
    { 'otelcol.component.kind': 'exporter', 'otelcol.component.id': 'signalbox', reason: 'damaged_files' },
    rising(1),
  );
  own('otelcol_exporter_queue_size', GAUGE, { exporter: 'signalbox' }, rising(1));
  own('otelcol_exporter_queue_capacity', GAUGE, { exporter: 'signalbox' }, steady(5000));
  own('otelcol_process_uptime', GAUGE, {}, rising(5));
  own('otelcol_process_cpu_seconds', GAUGE, {}, rising(2.5));
  own('otelcol_process_memory_rss', GAUGE, {}, steady(100_000_000));
  own('otelcol_signalbox_store_lag', GAUGE, {}, steady(0.25));
  own('otelcol_signalbox_store_spool_bytes', GAUGE, { exporter: 'signalbox' }, rising(10));
  own('otelcol_signalbox_store_spool_bytes', GAUGE, { exporter: 'signalbox/other' }, steady(5));
  // Two more in the middle; then the supervisor itself was started again.
  own('signalbox.process.restarts', GAUGE, { 'signalbox.role': 'engine' }, [0, 1, 1, 1, 3, 3, 3, 3, 0, 0, 1, 1]);
  store = await startTestStore();
  await insertSeries(store, series, BigInt(FROM_MS) * 1_000_000n);
  await insertPoints(store, 'metric_points', points);
  await insertSpans(store, [
    { traceId: '1', spanId: '1', timeNs: BigInt(FROM_MS) * 1_000_000n, durationNs: 1, service: 'x', name: 'y' },
  ]);
  system = await readSystem(store.reader, { fromMs: FROM_MS, toMs: TO_MS, nowMs: TO_MS });
});
afterAll(() => store.close());

test('pipelines are chains of components with the rate of what entered', () => {
  expect(system.grid).toMatchObject({ stepMs: 10_000 });
  expect(system.pipelines).toHaveLength(1);
  const [pipeline] = system.pipelines;
  expect(pipeline).toMatchObject({
    id: 'traces/in',
    signal: 'traces',
    receivers: ['receiver/otlp'],
    processors: ['processor/tail_sampling@traces/in'],
    exporters: ['exporter/signalbox'],
  });
  // 150 items every 5 s; the first point of the range has nothing before it.
  expect(pipeline!.rate.slice(0, 6)).toEqual([15, 30, 30, 30, 30, 30]);
});

test('components say how they are, what passed and what waits', () => {
  const byId = new Map(system.components.map((one) => [one.id, one]));
  expect([...byId.keys()].sort()).toEqual([
    'exporter/signalbox',
    'extension/zpages',
    'processor/tail_sampling@traces/in',
    'receiver/otlp',
  ]);
  const receiver = byId.get('receiver/otlp')!;
  expect(receiver).toMatchObject({
    kind: 'receiver',
    componentId: 'otlp',
    pipeline: '',
    status: 'ok',
    refusedCount: 11,
    failedCount: 0,
  });
  expect(receiver.inRate[1]).toBeCloseTo(30.2, 9);
  expect(receiver.outRate[1]).toBe(30);
  expect(byId.get('processor/tail_sampling@traces/in')).toMatchObject({ pipeline: 'traces/in', refusedCount: 110 });
  const exporter = byId.get('exporter/signalbox')!;
  expect(exporter).toMatchObject({
    status: 'recoverable_error',
    statusMessage: 'store down',
    queueSize: 1011,
    queueCapacity: 5000,
  });
  // Buckets of two points each: 100, then 200 per bucket, a restart with 10 + 10, then 20.
  expect(exporter.outRate.slice(0, 6)).toEqual([10, 20, 20, 2, 2, 2]);
});

test('losses name the component and the reason, the largest first', () => {
  expect(system.losses).toEqual([
    { component: 'processor/tail_sampling', signal: 'traces', reason: 'not sampled', kind: 'sampled_out', count: 1210 },
    {
      component: 'processor/leaky',
      signal: 'traces',
      reason: 'taken, and then neither handed on nor reported: please tell us',
      kind: 'unaccounted',
      count: 1011,
    },
    {
      component: 'exporter/signalbox',
      signal: 'traces',
      reason: 'their place on disk was damaged; see rejected/ in the spool folder',
      kind: 'lost',
      count: 99,
    },
    {
      component: 'exporter/signalbox',
      signal: 'traces',
      reason: 'requests that failed and were tried again',
      kind: 'retried',
      count: 33,
    },
    {
      component: 'processor/tail_sampling',
      signal: 'traces',
      reason: 'memory limit reached',
      kind: 'dropped',
      count: 22,
    },
    {
      component: 'receiver/otlp',
      reason: 'clients that speak TLS to a plaintext port: use http:// there, or configure tls',
      kind: 'refused',
      count: 22,
    },
    {
      component: 'receiver/otlp',
      signal: 'traces',
      reason: 'refused by what follows; the sender was told',
      kind: 'refused',
      count: 11,
    },
    {
      component: 'exporter/signalbox',
      reason: 'files of the spool that were damaged, set aside in rejected/',
      kind: 'lost',
      count: 11,
    },
  ]);
});

test('restarts, the spool and the lag of the store are lines over time', () => {
  const { restarts, spoolBytes, lagSeconds } = system.history;
  expect(restarts).toEqual([{ role: 'engine', values: [1, 0, 2, 0, 0, 1] }]);
  expect(spoolBytes).toEqual([1015, 1035, 1055, 1075, 1095, 1115]);
  expect(lagSeconds).toEqual(Array(6).fill(0.25));
});

test('processes, freshness and the store', () => {
  const [collector] = system.processes;
  expect(collector).toMatchObject({ role: 'collector', uptimeS: 1055, rssBytes: 100_000_000 });
  expect(collector!.cpuPercent).toBeCloseTo(50, 6);
  expect(system.freshness.traces).toEqual({ newestMs: FROM_MS, lagMs: 250 });
  expect(system.freshness.logs).toEqual({ lagMs: 250 });
  expect(system.store.available).toBe(true);
  expect(system.store.tables.find((table) => table.name === 'spans')).toMatchObject({
    rows: 1,
    parts: 1,
    signal: 'traces',
  });
  expect(system.store.tables.map((table) => table.name)).toContain('metric_series');
});

test.each([
  { comment: retentionComment(604_800), want: '7 days' },
  { comment: retentionComment(86_400), want: '1 day' },
  { comment: retentionComment(5400), want: '90 minutes' },
  { comment: retentionComment(0), want: 'for ever' },
  { comment: '', want: 'for ever' },
])('the retention of a table with the comment "$comment"', ({ comment, want }) => {
  expect(retentionOf(comment)).toBe(want);
});

test('parts that lie aside are named with the way out', async () => {
  expect((await readStoreView(store.reader)).problems).toEqual([]);
  await store.run(
    `INSERT INTO ${store.database}.metric_exemplars (name, time, ingested_at) SELECT 'x', now64(9), now64(9) FROM numbers(5)`,
  );
  const part = `SELECT name FROM system.parts WHERE database = '${store.database}' AND table = 'metric_exemplars' AND active LIMIT 1`;
  const name = (await store.run(part)).trim();
  await store.run(`ALTER TABLE ${store.database}.metric_exemplars DETACH PART '${name}'`);
  const { problems } = await readStoreView(store.reader);
  expect(problems.join('\n')).toContain(`1 part of the store lies aside`);
  expect(problems.join('\n')).toContain(`metric_exemplars ${name}; put the files back`);
});
