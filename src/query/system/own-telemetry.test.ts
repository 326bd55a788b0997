import { afterAll, beforeAll, expect, test } from 'vitest';
import { listAttributeKeys, listAttributeValues } from '../hints/index.ts';
import { listMetricLabels, listMetrics, queryMetric } from '../metrics/index.ts';
import { insertPoints, insertSeries } from '../testing/fixtures.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { readSignals } from './status.ts';

const SUM = 7;
const FROM_MS = 1_760_000_000_000;
const range = { fromMs: FROM_MS, toMs: FROM_MS + 60_000 };
const startNs = BigInt(FROM_MS) * 1_000_000n;

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
});
afterAll(() => store.close());

async function add(seriesId: bigint, name: string, service: string, scopeName: string, step: number): Promise<void> {
  const one = {
    seriesId,
    name,
    type: SUM,
    temporality: 2,
    monotonic: true,
    service,
    scopeName,
    attributes: { of: service },
  };
  await insertSeries(store, [one], startNs);
  const points = Array.from({ length: 6 }, (_, i) => ({
    name,
    seriesId,
    startNs,
    timeNs: startNs + BigInt(i) * 10_000_000_000n,
    columns: { value_double: i * step },
  }));
  await insertPoints(store, 'metric_points', points);
}

test("what Signalbox says of itself is not the user's data", async () => {
  const nowMs = FROM_MS + 60_000;
  // Under another service name, as a configuration may ask for.
  await add(1n, 'otelcol_exporter_sent_spans', 'collector-of-the-shop', 'signalbox', 100);
  await add(2n, 'otelcol_process_uptime', 'collector-of-the-shop', 'signalbox', 10);
  expect((await readSignals(store.reader, nowMs)).metrics).toEqual({ hasData: false, newestMs: undefined });
  expect(await listMetrics(store.reader, range)).toEqual([]);
  expect((await listMetrics(store.reader, { ...range, owner: 'own' })).map(({ name }) => name)).toEqual([
    'otelcol_exporter_sent_spans',
    'otelcol_process_uptime',
  ]);

  // A user's collector has the same metric, and a user's service our name.
  await add(3n, 'otelcol_exporter_sent_spans', 'signalbox-collector', 'go.opentelemetry.io/collector', 1000);
  expect((await readSignals(store.reader, nowMs)).metrics).toEqual({ hasData: true, newestMs: FROM_MS + 50_000 });
  for (const [owner, service, grown] of [
    ['user', 'signalbox-collector', 5000],
    ['own', 'collector-of-the-shop', 500],
  ] as const) {
    const metrics = await listMetrics(store.reader, { ...range, owner, search: 'sent_spans' });
    expect(metrics).toMatchObject([{ name: 'otelcol_exporter_sent_spans', seriesCount: 1, services: [service] }]);
    const asked = { ...range, owner, name: 'otelcol_exporter_sent_spans' };
    const labels = await listMetricLabels(store.reader, asked);
    expect(labels.find(({ key }) => key === 'of')?.values).toEqual([service]);
    const { series } = await queryMetric(store.reader, {
      ...asked,
      groupBy: [],
      aggregation: 'increase',
      stepMs: 60_000,
    });
    expect(series.flatMap(({ values }) => values).reduce<number>((sum, value) => sum + (value ?? 0), 0)).toBe(grown);
    const values = await listAttributeValues(store.reader, {
      ...range,
      owner,
      signal: 'metrics',
      key: 'of',
      limit: 10,
    });
    expect(values.map(({ value }) => value)).toEqual([service]);
    const keys = await listAttributeKeys(store.reader, { ...range, owner, signal: 'metrics' });
    expect(keys.map(({ key }) => key)).toContain('of');
  }
});
