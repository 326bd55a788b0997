import { afterEach, describe, expect, test } from 'vitest';
import { type FakeSettings, fakeHost, fakeSettings } from '#component/testing.ts';
import { Batch, FLAG_NO_RECORDED_VALUE, type PointChunk, TEMPORALITY_CUMULATIVE, TEMPORALITY_DELTA } from '#pdata';
import { MetricsBuilder } from '#wire';
import { prometheusExporterSchema, validatePrometheusExporter } from './config.ts';
import { prometheusExporterFactory } from './factory.ts';
import type { PrometheusExporter } from './prometheus.ts';

const NOW_NS = 1_700_000_000_000_000_000n;
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Started {
  readonly exporter: PrometheusExporter;
  readonly settings: FakeSettings;
  scrape(query?: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  text(query?: string): Promise<string>;
}

async function start(block: object = {}): Promise<Started> {
  const settings = fakeSettings({ id: 'prometheus' });
  const config = prometheusExporterSchema.parse({ without_scope_info: true, ...block, endpoint: '127.0.0.1:0' });
  const exporter = prometheusExporterFactory.create(settings, config, 'metrics') as PrometheusExporter;
  await exporter.start(fakeHost());
  undo.push(() => exporter.shutdown(100));
  const scrape: Started['scrape'] = (query = '', headers = {}) =>
    fetch(`http://${exporter.address}/metrics${query}`, { headers });
  return { exporter, settings, scrape, text: async (query) => (await scrape(query)).text() };
}

type Group = ReturnType<MetricsBuilder['group']>;

function batchOf(
  build: (group: Group) => void,
  resource: Readonly<Record<string, string>> = { 'service.name': 's' },
): Batch {
  const metrics = new MetricsBuilder();
  build(metrics.group({ resource }));
  return new Batch('metrics', [metrics.chunk()]);
}

const gauge = (name: string, labels: Readonly<Record<string, string>>, value = 1): Batch =>
  batchOf((group) => group.gauge(name).series(labels).add(NOW_NS, value));

test('a series that gets no points is served no more, also without a scrape', async () => {
  const { exporter, settings, text } = await start({ metric_expiration: '10s' });
  await exporter.consume(gauge('old', {}));
  await settings.clock.advance(6000);
  await exporter.consume(gauge('new', {}));
  expect(await text()).toContain('old{job="s"} 1');
  await settings.clock.advance(6000);
  expect(await text()).toBe('# HELP new \n# TYPE new gauge\nnew{job="s"} 1\n');
  await settings.clock.advance(30_000);
  expect(settings.meter.level('exporter_prometheus_series')).toBe(0);
});

test('points are of one series in whichever bytes they come, until one without a value ends it', async () => {
  const { exporter, settings, text } = await start();
  const labels = { a: '1', b: '2' };
  const turned = { b: '2', a: '1' };
  const series = (value: number): string => `g{a="1",b="2",job="s"} ${value}`;
  for (const [value, each] of [labels, turned, labels].entries()) {
    await exporter.consume(gauge('g', each, value));
    expect(await text()).toContain(series(value));
  }
  for (const each of [labels, turned]) {
    const end = gauge('g', each);
    const point = (end.chunks[0] as PointChunk).view();
    point.row = 0;
    point.flags = FLAG_NO_RECORDED_VALUE;
    await exporter.consume(end);
    expect(await text()).not.toContain('g{');
    for (const value of [7, 8]) {
      await exporter.consume(gauge('g', labels, value));
      expect(await text()).toContain(series(value));
    }
  }
  expect(settings.meter.level('exporter_prometheus_series')).toBe(1);
});

test('new series beyond max_series are left out, told once and counted', async () => {
  const { exporter, settings, text } = await start({ max_series: 3, metric_expiration: '10s' });
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 10; i++) await exporter.consume(gauge('g', { i: String(i) }, round));
  }
  expect((await text()).match(/^g\{/gm)).toHaveLength(3);
  expect(settings.account.sum('lost', 'series_limit')).toBe(14);
  expect(settings.logged.filter((line) => line.includes('max_series'))).toHaveLength(1);
  await settings.clock.advance(11_000);
  await settings.clock.advance(11_000);
  await exporter.consume(gauge('g', { i: 'later' }));
  expect(await text()).toContain('g{i="later",job="s"} 1');
});

describe('a name is one thing', () => {
  test.each([
    {
      name: 'another type',
      next: batchOf((group) =>
        group.sum('a.b', { temporality: TEMPORALITY_CUMULATIVE, isMonotonic: true }).series({}).add(NOW_NS, 1),
      ),
    },
    { name: 'another name that becomes the same', next: gauge('a_b', {}, 2) },
  ])('$name is left out and counted', async ({ next }) => {
    const { exporter, settings, text } = await start({ translation_strategy: 'UnderscoreEscapingWithoutSuffixes' });
    await exporter.consume(gauge('a.b', {}));
    await exporter.consume(next);
    expect(await text()).toBe('# HELP a_b \n# TYPE a_b gauge\na_b{job="s"} 1\n');
    expect(settings.account.sum('lost', 'series_conflict')).toBe(1);
    expect(settings.logged).toEqual(['warn Points can not be served: their name is taken']);
  });

  test('nor does a metric take the lines of a histogram, or the name target_info', async () => {
    const { exporter, settings } = await start();
    await exporter.consume(gauge('h_count', {}));
    await exporter.consume(
      batchOf((group) =>
        group
          .histogram('h', { temporality: TEMPORALITY_CUMULATIVE })
          .series()
          .add(NOW_NS, { count: 1, sum: 1, bounds: [1], counts: [1, 0] }),
      ),
    );
    await exporter.consume(gauge('target_info', {}));
    expect(settings.account.sum('lost', 'series_conflict')).toBe(2);
  });
});

test('attributes that become one label are joined, and one of a name that is taken is exported_', async () => {
  const { exporter, text } = await start({ const_labels: { region: 'eu' } });
  await exporter.consume(gauge('g', { 'a.b': '1', a_b: '2', job: 'mine', region: 'x' }));
  expect(await text()).toContain('g{a_b="1;2",exported_job="mine",exported_region="x",job="s",region="eu"} 1\n');
});

test('a difference that can not be added is counted as lost', async () => {
  const { exporter, settings, text } = await start();
  const delta = (startNs: bigint, timeNs: bigint, isMonotonic: boolean): Batch =>
    batchOf((group) =>
      group.sum('d', { temporality: TEMPORALITY_DELTA, isMonotonic }).series().add(timeNs, 5, startNs),
    );
  await exporter.consume(delta(NOW_NS, NOW_NS + 10n, true));
  await exporter.consume(delta(NOW_NS + 10n, NOW_NS + 20n, true));
  await exporter.consume(delta(NOW_NS, NOW_NS + 5n, true));
  await exporter.consume(delta(NOW_NS + 10n, NOW_NS + 20n, false));
  expect(await text()).toContain('d_total{job="s"} 10\n');
  expect(settings.account.sum('lost', 'out_of_order')).toBe(1);
  expect(settings.account.sum('lost', 'not_representable')).toBe(1);
});

test('only the names that are asked for, compressed for who can read it', async () => {
  const { exporter, scrape, text } = await start();
  await exporter.consume(gauge('a', {}));
  await exporter.consume(gauge('b', {}));
  expect(await text('?name[]=b')).toBe('# HELP b \n# TYPE b gauge\nb{job="s"} 1\n');
  const response = await scrape('', { 'accept-encoding': 'gzip' });
  expect(response.headers.get('content-encoding')).toBe('gzip');
  expect(await response.text()).toContain('a{job="s"} 1');
  expect((await scrape('', { 'accept-encoding': 'identity' })).headers.get('content-encoding')).toBe(null);
});

test('a hundred thousand series come in pieces, whole and sorted', async () => {
  const { exporter, text } = await start();
  await exporter.consume(
    batchOf((group) => {
      const metric = group.gauge('many');
      for (let i = 0; i < 100_000; i++) metric.series({ i: String(i) }).add(NOW_NS, i);
    }),
  );
  const lines = (await text()).split('\n').filter((line) => line.startsWith('many{'));
  expect(lines).toHaveLength(100_000);
  expect(lines[1]).toBe('many{i="1",job="s"} 1');
});

test('mistakes in the configuration', () => {
  const config = prometheusExporterSchema.parse({ endpoint: ':8889', const_labels: { __a: 'x' } });
  expect(validatePrometheusExporter(config)[0]).toMatchObject({ path: ['const_labels', '__a'] });
  const bad = prometheusExporterSchema.safeParse({ endpoint: ':8889', translation_strategy: 'NoTranslations' });
  expect(bad.error?.issues[0]?.message).toContain('NoTranslation');
});
