import { describe, expect, test } from 'vitest';
import type { MetricQueryResponse } from '#api/types.ts';
import { fieldOf, formatOf, frameOfLines, frameOfRows, gridOf, isPartial, numberFields } from './frame.ts';
import { exemplarFrame, heatmapFrame, metricFrame } from './frames/metric.ts';
import { redFrames, servicesFrame } from './frames/service.ts';

const GRID = { startMs: 60_000, stepMs: 1000, count: 3 };

describe('frames', () => {
  test('lines over a grid: times of the buckets first, then a field per line, and the grid comes back', () => {
    const frame = frameOfLines('rates', GRID, [{ name: 'a', unit: 'By', values: [1, null, 3] }]);
    expect(fieldOf(frame, 'time', 'time').values).toEqual([60_000, 61_000, 62_000]);
    expect(numberFields(frame).map(({ name, values }) => [name, values])).toEqual([['a', [1, null, 3]]]);
    expect(gridOf(frame)).toEqual(GRID);
  });

  test('a line of another length than the grid, a field that is not there, and rows that are no buckets are refused by name', () => {
    expect(() => frameOfLines('rates', GRID, [{ name: 'a', unit: '1', values: [1] }])).toThrow(
      'frame rates: a has 1 values for 3 buckets',
    );
    const rows = frameOfRows('list', [{ n: 1 }], { n: { count: ({ n }) => n } });
    expect(() => fieldOf(rows, 'n', 'text')).toThrow('frame list has no field n of type text');
    expect(() => gridOf(rows)).toThrow('frame list: its rows are no buckets of time');
  });

  test('a bucket that ends after now is partial', () => {
    const grid = { startMs: 1000, stepMs: 100, count: 3 };
    expect([isPartial(grid, 1299), isPartial(grid, 1300)]).toEqual([true, false]);
  });

  test.each([
    [{ unit: 'ns' }, 1_500_000, '1.50 ms', undefined],
    [{ unit: 'By' }, 2048, '2.00 KiB', 'binary'],
    [{ unit: '1', isCount: true as const }, 1_234_567, '1,234,567', 'whole'],
    [{ unit: '{request}/s' }, 0.005, '0.30/min', undefined],
  ])('a value of %o is written by its unit', (field, value, text, steps) => {
    expect(formatOf(field).format(value)).toBe(text);
    expect(formatOf(field).steps).toBe(steps);
  });
});

describe('answers as frames', () => {
  const answer: MetricQueryResponse = {
    metric: {
      name: 'http.server.request.duration',
      type: 'histogram',
      unit: 's',
      description: '',
      monotonic: false,
      temporality: 'cumulative',
      seriesCount: 2,
      services: [],
      newestMs: 0,
    },
    aggregation: 'p95',
    unit: 's',
    grid: GRID,
    series: [
      { type: 'sum', unit: '1/s', labels: { 'service.name': 'orders' }, values: [1, 2, 3], last: 3, max: 3 },
      { type: 'sum', unit: '1/s', labels: { 'service.name': 'cart' }, values: [4, 5, 6], last: 6, max: 6 },
    ],
    foldedCount: 0,
    leftOutCount: 0,
    exemplars: [{ timeMs: 61_500, value: 0.25, traceId: 'aa', spanId: 'bb' }],
  };

  test('a metric split by service has the services’ hues, another split those of a row of lines, one line the accent', () => {
    const tones = (series: MetricQueryResponse['series']): unknown[] =>
      numberFields(metricFrame({ ...answer, series })).map(({ tone }) => tone);
    expect(tones(answer.series)).toEqual([{ service: 'orders' }, { service: 'cart' }]);
    expect(tones(answer.series.slice(0, 1))).toEqual(['accent']);
    const byRoute = answer.series.map((one, i) => ({ ...one, labels: { route: `/${i}` } }));
    expect(tones(byRoute)).toEqual([{ series: 0 }, { series: 1 }]);
  });

  test('exemplars lead to their spans; a heatmap names its buckets by their upper end in the metric’s unit', () => {
    expect(fieldOf(exemplarFrame(answer), 'key', 'text').values).toEqual(['aa/bb']);
    const bounds = ['0.25', '+Inf'].map((le) => ({
      ...{ type: 'histogram' as const, unit: '1', labels: { le } },
      ...{ values: [0, 1, 2], last: 2, max: 2 },
    }));
    expect(numberFields(heatmapFrame({ ...answer, series: bounds })).map(({ name }) => name)).toEqual(['250 ms', '∞']);
  });

  test('services: what is not measured stays absent; ratios become per cent; durations are in ns', () => {
    const orders = {
      ...{ name: 'orders', language: 'go', version: '1', requestCount: 4, requestRate: 2, errorCount: 1 },
      ...{ errorRatio: 0.25, p50Ns: 5, p95Ns: null, p99Ns: null, newestMs: 7 },
      ...{ sparkRate: [], sparkErrorRatio: [], sparkP95Ns: [] },
    };
    const frame = servicesFrame([orders]);
    expect(frame.fields.map(({ name, type }) => `${name}: ${type}`)).toEqual([
      ...['name: text', 'rate: number', 'errors: number', 'p50: number', 'p95: number', 'p99: number', 'seen: time'],
    ]);
    expect(fieldOf(frame, 'errors', 'number')).toMatchObject({ unit: '%', values: [25] });
    expect(fieldOf(frame, 'p95', 'number')).toMatchObject({ unit: 'ns', values: [null] });
    const series = {
      requestRate: [1, 1, 1],
      errorRate: [0, 0, 0],
      p50Ns: [1, 1, 1],
      p95Ns: [2, 2, 2],
      p99Ns: [3, 3, 3],
    };
    const { rate, durations } = redFrames({ grid: GRID, series });
    expect(numberFields(rate)[0]).toMatchObject({ unit: '{request}/s', tone: 'accent' });
    expect(numberFields(durations).map(({ name }) => name)).toEqual(['p99', 'p95', 'p50']);
  });
});
