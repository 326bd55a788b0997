import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { criticalPath, type SpanColumns } from './critical-path.ts';

interface SpanLine {
  readonly name: string;
  readonly parent?: string;
  readonly start: number;
  readonly end: number;
  readonly kind?: number;
}

const INTERNAL = 1;

function columnsOf(lines: readonly SpanLine[]): SpanColumns {
  const rows = new Map(lines.map(({ name }, row) => [name, row]));
  return {
    parent: lines.map(({ parent }) => (parent === undefined ? -1 : (rows.get(parent) ?? -2))),
    startNs: lines.map(({ start }) => start),
    endNs: lines.map(({ end }) => end),
    kind: lines.map(({ kind }) => kind ?? INTERNAL),
  };
}

/** Segments from the first to the last, as `name start-end`. */
function pathOf(lines: readonly SpanLine[]): string[] {
  const path = criticalPath(columnsOf(lines));
  return [...path.row].map((row, i) => `${lines[row]!.name} ${path.startNs[i]}-${path.endNs[i]}`).reverse();
}

describe('the critical path', () => {
  test('of one span is the span', () => {
    expect(pathOf([{ name: 'root', start: 0, end: 10 }])).toEqual(['root 0-10']);
  });

  test('goes through children one after the other, with own time between', () => {
    expect(
      pathOf([
        { name: 'root', start: 0, end: 100 },
        { name: 'a', parent: 'root', start: 10, end: 40 },
        { name: 'b', parent: 'root', start: 50, end: 90 },
      ]),
    ).toEqual(['root 0-10', 'a 10-40', 'root 40-50', 'b 50-90', 'root 90-100']);
  });

  test('of parallel children takes the one that ended last', () => {
    expect(
      pathOf([
        { name: 'root', start: 0, end: 100 },
        { name: 'fast', parent: 'root', start: 10, end: 40 },
        { name: 'slow', parent: 'root', start: 10, end: 90 },
      ]),
    ).toEqual(['root 0-10', 'slow 10-90', 'root 90-100']);
  });

  test('goes down into grandchildren', () => {
    expect(
      pathOf([
        { name: 'root', start: 0, end: 100 },
        { name: 'a', parent: 'root', start: 10, end: 90 },
        { name: 'a1', parent: 'a', start: 20, end: 80 },
      ]),
    ).toEqual(['root 0-10', 'a 10-20', 'a1 20-80', 'a 80-90', 'root 90-100']);
  });

  test('leaves out a consumer that goes on after its parent', () => {
    expect(
      pathOf([
        { name: 'root', start: 0, end: 50 },
        { name: 'work', parent: 'root', start: 10, end: 30 },
        { name: 'consumer', parent: 'root', start: 20, end: 500, kind: 5 },
      ]),
    ).toEqual(['root 0-10', 'work 10-30', 'root 30-50']);
  });

  test('cuts a child that ends late or starts early by a skewed clock', () => {
    expect(
      pathOf([
        { name: 'root', start: 0, end: 50 },
        { name: 'server', parent: 'root', start: 10, end: 52 },
      ]),
    ).toEqual(['root 0-10', 'server 10-50']);
    expect(
      pathOf([
        { name: 'root', start: 0, end: 50 },
        { name: 'client', parent: 'root', start: 10, end: 40 },
        { name: 'server', parent: 'client', start: 10, end: 30 },
      ]),
    ).toEqual(['root 0-10', 'server 10-30', 'client 30-40', 'root 40-50']);
  });

  test('of several roots is that of the longest', () => {
    expect(
      pathOf([
        { name: 'short', start: 0, end: 10 },
        { name: 'long', start: 5, end: 100 },
      ]),
    ).toEqual(['long 5-100']);
  });

  test('of an empty trace is empty', () => {
    expect(pathOf([])).toEqual([]);
  });
});

/** A random tree: each span has a parent before it and any times at all, also outside of its parent's. */
const randomTree = fc
  .array(fc.record({ parent: fc.nat(), start: fc.nat(1000), length: fc.nat(500), kind: fc.constantFrom(1, 2, 3, 5) }), {
    minLength: 1,
    maxLength: 40,
  })
  .map((spans) => {
    const sorted = spans.toSorted((a, b) => a.start - b.start);
    return sorted.map(
      ({ parent, start, length, kind }, i): SpanLine => ({
        name: `s${i}`,
        start,
        end: start + length,
        kind,
        ...(i > 0 ? { parent: `s${parent % i}` } : {}),
      }),
    );
  });

test('segments of any tree follow each other without gap or overlap and add up to the root', () => {
  fc.assert(
    fc.property(randomTree, (lines) => {
      const spans = columnsOf(lines);
      const path = criticalPath(spans);
      let cursor = spans.endNs[0]!;
      for (let i = 0; i < path.row.length; i++) {
        expect(path.endNs[i]).toBe(cursor);
        expect(path.startNs[i]!).toBeLessThan(path.endNs[i]!);
        expect(path.onPath[path.row[i]!]).toBe(1);
        cursor = path.startNs[i]!;
      }
      expect(cursor).toBe(spans.startNs[0]!);
      const indexed = [...path.byRow.values()].reduce((sum, segments) => sum + segments.length, 0);
      expect(indexed).toBe(path.row.length);
    }),
  );
});
