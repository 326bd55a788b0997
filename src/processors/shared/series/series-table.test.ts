import { expect, test } from 'vitest';
import type { PointChunk } from '#pdata';
import { type GroupInput, type MetricGroup, MetricsBuilder } from '#wire';
import { SeriesTable } from './series-table.ts';
import { forget, type Replaceable, Undo } from './undo.ts';

function chunkOf(build: (group: MetricGroup) => void, group: GroupInput = {}): PointChunk {
  const builder = new MetricsBuilder();
  build(builder.group(group));
  return builder.chunk();
}

/** How many series there are in all, once each row that is new has been added. */
function seriesIn(chunks: readonly PointChunk[], table = new SeriesTable<object>(1000)): number {
  for (const chunk of chunks) {
    table.enter(chunk);
    for (let row = 0; row < chunk.count; row++) if (table.find(row) === undefined) table.add({});
    table.leave();
  }
  return table.size;
}

const gauge =
  (attributes: object, name = 'g', unit = '') =>
  (group: MetricGroup): void =>
    group
      .gauge(name, { unit })
      .series(attributes as { [key: string]: string })
      .add(1n, 1);

test.each([
  ['the order of attributes', { a: '1', b: '2' }, { b: '2', a: '1' }, 1],
  ['the order of maps', { m: { x: 1, y: [1, 'a'] } }, { m: { y: [1, 'a'], x: 1 } }, 1],
  ['a value', { a: '1' }, { a: '2' }, 2],
  ['a type', { a: '1' }, { a: 1 }, 2],
  ['one attribute more', { a: '1' }, { a: '1', b: '' }, 2],
  ['what key a value has', { a: 'x', b: 'y' }, { a: 'y', b: 'x' }, 2],
])('series that differ in %s', (_what, one, other, count) => {
  expect(seriesIn([chunkOf(gauge(one)), chunkOf(gauge(other))])).toBe(count);
});

test.each<readonly [string, GroupInput, (group: MetricGroup) => void]>([
  ['resource', { resource: { host: 'b' }, scope: { name: 's' } }, gauge({})],
  ['scope', { resource: { host: 'a' }, scope: { name: 'other' } }, gauge({})],
  ['name', { resource: { host: 'a' }, scope: { name: 's' } }, gauge({}, 'h')],
  ['unit', { resource: { host: 'a' }, scope: { name: 's' } }, gauge({}, 'g', 's')],
  [
    'type',
    { resource: { host: 'a' }, scope: { name: 's' } },
    (group) => group.sum('g', { temporality: 2, isMonotonic: true }).series().add(1n, 1),
  ],
])('another %s is another series', (_what, group, build) => {
  const first = chunkOf(gauge({}), { resource: { host: 'a' }, scope: { name: 's' } });
  expect(seriesIn([first, chunkOf(build, group), first])).toBe(2);
});

test('there is room for so many series, and again once some were forgotten', () => {
  const table = new SeriesTable<object>(2);
  const many = chunkOf((group) => {
    for (const a of ['1', '2', '3']) gauge({ a })(group);
  });
  expect(seriesIn([many], table)).toBe(2);
  table.keep(() => false);
  expect(table.size).toBe(0);
  expect(seriesIn([many], table)).toBe(2);
});

test('what is remembered of series has a limit, which what is taken back or forgotten does not count for', () => {
  const table = new SeriesTable<Replaceable<Uint8Array>>(1000);
  const bytesOf = (point: Uint8Array): number => point.length;
  const series: Replaceable<Uint8Array> = { point: undefined };
  new Undo(table, bytesOf).replace(series, new Uint8Array(100));
  const undo = new Undo(table, bytesOf);
  undo.replace(series, new Uint8Array(500));
  expect(table.stateBytes).toBe(500);
  undo.takeBack();
  expect([table.stateBytes, series.point!.length]).toEqual([100, 100]);
  forget(series, table, bytesOf);
  expect(table.stateBytes).toBe(0);
  table.stateBytes = 2 ** 30;
  expect(seriesIn([chunkOf(gauge({}))], table as SeriesTable<object>)).toBe(0);
});
