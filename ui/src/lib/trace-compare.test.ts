import fc from 'fast-check';
import { expect, test } from 'vitest';
import { enumText } from './frame.ts';
import { traceFrames } from './frames/trace.ts';
import { compareTraces } from './trace-compare.ts';
import { buildTraceModel, type TraceModel } from './trace-model.ts';

/** `[name, parent, start, duration]` of each span, parents first. */
type Row = readonly [name: string, parent: number, start: number, duration: number];

function modelOf(rows: readonly Row[]): TraceModel {
  const names = [...new Set(rows.map(([name]) => name))];
  return buildTraceModel(
    traceFrames({
      traceId: '1'.padStart(32, '0'),
      startNs: '0',
      startMs: 0,
      durationNs: 100,
      services: ['shop'],
      names,
      hints: [''],
      spans: {
        ids: rows.map((_, i) => i.toString(16).padStart(16, '0')).join(''),
        parent: rows.map(([, parent]) => parent),
        service: rows.map(() => 0),
        name: rows.map(([name]) => names.indexOf(name)),
        hint: rows.map(() => 0),
        startNs: rows.map(([, , start]) => start),
        durationNs: rows.map(([, , , duration]) => duration),
        kind: rows.map(() => 1),
        status: rows.map(() => 0),
      },
      events: { row: [], timeNs: [], name: [], names: [] },
      logCount: 0,
      truncated: false,
      totalSpanCount: rows.length,
    }),
  );
}

const shown = (a: TraceModel, b: TraceModel): string[] =>
  compareTraces(a, b).rows.map(
    (row) =>
      `${' '.repeat(row.depth)}${row.a >= 0 ? enumText(a.name, row.a) : '-'}/${row.b >= 0 ? enumText(b.name, row.b) : '-'}`,
  );

test('spans are matched by operation below the same parent, the nth with the nth', () => {
  const a = modelOf([
    ['root', -1, 0, 100],
    ['query', 0, 10, 5],
    ['query', 0, 20, 5],
    ['cache', 0, 30, 5],
    ['get', 3, 31, 1],
  ]);
  const b = modelOf([
    ['root', -1, 0, 50],
    ['query', 0, 5, 9],
    ['retry', 0, 25, 5],
    ['cache', 0, 40, 5],
    ['get', 3, 41, 1],
    ['put', 3, 42, 1],
  ]);
  expect(shown(a, b)).toEqual([
    'root/root',
    ' query/query',
    ' query/-',
    ' -/retry',
    ' cache/cache',
    '  get/get',
    '  -/put',
  ]);
  expect(compareTraces(a, b)).toMatchObject({ onlyA: 1, onlyB: 2 });
});

test('what is below a span of one trace alone is of that trace alone', () => {
  const a = modelOf([
    ['root', -1, 0, 100],
    ['x', 0, 10, 5],
  ]);
  const b = modelOf([
    ['other', -1, 0, 100],
    ['x', 0, 10, 5],
  ]);
  expect(shown(a, b)).toEqual(['root/-', ' x/-', '-/other', ' -/x']);
});

test('each span of both is in one row, whatever the trees', () => {
  const tree = fc
    .array(fc.tuple(fc.constantFrom('p', 'q', 'r'), fc.nat(), fc.nat(90), fc.nat(20)), { minLength: 1, maxLength: 40 })
    .map((rows) =>
      rows.map(([name, parent, start, duration], i): Row => [name, i === 0 ? -1 : parent % i, start, duration]),
    );
  fc.assert(
    fc.property(tree, tree, (ofA, ofB) => {
      const [a, b] = [modelOf(ofA), modelOf(ofB)];
      const { rows, onlyA, onlyB } = compareTraces(a, b);
      const rowsOf = (side: 'a' | 'b'): number[] =>
        rows
          .map((row) => row[side])
          .filter((row) => row >= 0)
          .sort((x, y) => x - y);
      expect(rowsOf('a')).toEqual(ofA.map((_, i) => i));
      expect(rowsOf('b')).toEqual(ofB.map((_, i) => i));
      expect(rows.length).toBe(ofA.length + onlyB);
      expect(rows.length).toBe(ofB.length + onlyA);
    }),
  );
});
