import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { idOf, type SpanLine, traceModelOf, traceOf } from '../../test/trace-fixture.ts';
import { ancestorsOf, findRows, rowOfSpan, rowsBySpanId, selfSegments, spanIdOf } from './trace-model.ts';

/** root [0,100] → a [10,40] → (a1 [12,20], a2 [15,30] failed), b [50,90]; and an orphan. */
const TRACE = traceOf([
  { name: 'root', start: 0, end: 100 },
  { name: 'a', parent: 'root', start: 10, end: 40, service: 'orders' },
  { name: 'a1', parent: 'a', start: 12, end: 20, service: 'orders', hint: 'SELECT 1' },
  { name: 'a2', parent: 'a', start: 15, end: 30, service: 'orders', failed: true },
  { name: 'b', parent: 'root', start: 50, end: 90 },
  { name: 'orphan', parent: 'gone', start: 60, end: 70 },
]);
const model = traceModelOf(TRACE);
const names = (rows: Iterable<number>): string[] => [...rows].map((row) => TRACE.names[TRACE.spans.name[row]!]!);

describe('the tree', () => {
  test('rows are in depth-first order, roots and orphans by start', () => {
    expect(names(model.order)).toEqual(['root', 'a', 'a1', 'a2', 'b', 'orphan']);
    expect([...model.depth]).toEqual([0, 1, 2, 2, 1, 0]);
    expect(model.maxDepth).toBe(2);
  });

  test('subtrees are counted', () => {
    expect([...model.subtreeSize]).toEqual([5, 3, 1, 1, 1, 1]);
    expect([...model.childCount]).toEqual([2, 2, 0, 0, 0, 0]);
  });

  test('errors are marked at the ancestors', () => {
    expect([...model.isError]).toEqual([0, 0, 0, 1, 0, 0]);
    expect([...model.errorBelow]).toEqual([1, 1, 0, 0, 0, 0]);
    expect(names(ancestorsOf(model, 3))).toEqual(['a', 'root']);
  });

  test('an empty trace, and parents that come later or are the row itself, do no harm', () => {
    expect(traceModelOf(traceOf([])).order).toHaveLength(0);
    const crooked = traceModelOf(
      traceOf([
        { name: 'x', parent: 'y', start: 0, end: 5 },
        { name: 'y', parent: 'y', start: 1, end: 4 },
      ]),
    );
    expect([...crooked.order]).toEqual([0, 1]);
    expect([...crooked.parent]).toEqual([-2, -2]);
  });

  test('a chain of 50,000 spans is no recursion', () => {
    const chain = traceModelOf(
      traceOf(
        Array.from({ length: 50_000 }, (_, i) => ({
          name: `s${i}`,
          start: i,
          end: 200_000 - i,
          ...(i > 0 ? { parent: `s${i - 1}` } : {}),
        })),
      ),
    );
    expect(chain.maxDepth).toBe(49_999);
    expect(chain.subtreeSize[0]).toBe(50_000);
  });
});

describe('self time', () => {
  test('is what no child covers; overlapping children count once', () => {
    expect([...selfSegments(model, 1)]).toEqual([10, 12, 30, 40]);
    expect(model.selfNs[1]).toBe(12);
    expect([...selfSegments(model, 0)]).toEqual([0, 10, 40, 50, 90, 100]);
    expect(model.selfNs[2]).toBe(8);
  });

  test('children are cut at their parent', () => {
    const late = traceModelOf(
      traceOf([
        { name: 'root', start: 0, end: 10 },
        { name: 'early', parent: 'root', start: 0, end: 4 },
        { name: 'late', parent: 'root', start: 8, end: 50 },
        { name: 'after', parent: 'root', start: 20, end: 30 },
      ]),
    );
    expect([...selfSegments(late, 0)]).toEqual([4, 8]);
    expect(late.selfNs[0]).toBe(4);
  });

  test("of all rows in one pass it is the sum of each row's segments", () => {
    const spanArbitrary = fc.record({ start: fc.nat(50), length: fc.nat(30), parent: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(spanArbitrary, { maxLength: 15 }), (spans) => {
        const sorted = spans.toSorted((a, b) => a.start - b.start);
        const lines = sorted.map(({ start, length, parent }, i): SpanLine => {
          const line = { name: `s${i}`, start, end: start + length };
          return i === 0 || parent >= i ? line : { ...line, parent: `s${parent}` };
        });
        const built = traceModelOf(traceOf(lines));
        for (let row = 0; row < built.count; row++) {
          const segments = selfSegments(built, row);
          let sumNs = 0;
          for (let i = 0; i < segments.length; i += 2) sumNs += segments[i + 1]! - segments[i]!;
          expect(built.selfNs[row]).toBe(sumNs);
        }
      }),
    );
  });
});

describe('ids', () => {
  test('lead to rows and back', () => {
    expect(spanIdOf(model, 3)).toBe(idOf('a2'));
    expect(rowOfSpan(model, idOf('a2'))).toBe(3);
    expect(rowsBySpanId(model).get(idOf('orphan'))).toBe(5);
  });

  test('digits that match across the border of two ids are none', () => {
    const acrossBorder = TRACE.spans.ids.slice(8, 24);
    expect(rowOfSpan(model, acrossBorder)).toBe(-1);
    expect(rowOfSpan(model, 'a2')).toBe(-1);
    expect(rowOfSpan(model, idOf('gone'))).toBe(-1);
  });

  test('of two spans with one id the first is meant', () => {
    const twins = traceModelOf(traceOf(['x', 'x'].map((name, start) => ({ name, start, end: 9 }))));
    expect([rowOfSpan(twins, idOf('x')), rowsBySpanId(twins).get(idOf('x'))]).toEqual([0, 0]);
  });
});

describe('search', () => {
  test.each([
    ['a2', ['a2']],
    ['ORDERS', ['a', 'a1', 'a2']],
    ['select', ['a1']],
    ['error', ['a2']],
    ['o', ['root', 'a', 'a1', 'a2', 'b', 'orphan']],
    ['nothing', []],
    ['  ', []],
  ])('%j finds spans in the order of the tree', (text, want) => expect(names(findRows(model, text))).toEqual(want));
});
