import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { orderSpans, PARENT_MISSING, PARENT_NONE } from './tree-order.ts';

/** Names of up to eight characters as the bytes of ids; an empty name is no id. */
function idsOf(names: readonly string[]): Uint8Array {
  return Buffer.concat(names.map((name) => Buffer.from(name.padEnd(8, '\0'))));
}

/** Spans as `id<parent@start`, and the order as `id:parent's id`. */
function order(text: string): string {
  const spans = text.split(' ').map((item) => /^(\w+)<(\w*)@(\d+)$/.exec(item)!.slice(1) as [string, string, string]);
  const { rows, parent } = orderSpans(
    idsOf(spans.map((span) => span[0])),
    idsOf(spans.map((span) => span[1])),
    spans.map((span) => Number(span[2])),
  );
  return Array.from(rows, (row, i) => {
    const up = parent[i]!;
    return `${spans[row]![0]}:${up >= 0 ? spans[rows[up]!]![0] : up === PARENT_NONE ? 'root' : 'missing'}`;
  }).join(' ');
}

describe('orderSpans', () => {
  test.each([
    { name: 'parents come before children', text: 'c<b@3 b<a@2 a<@1', want: 'a:root b:a c:b' },
    { name: 'a subtree stays together', text: 'a<@1 b<a@2 c<a@3 d<b@4', want: 'a:root b:a d:b c:a' },
    { name: 'siblings go by start', text: 'a<@1 b<a@9 c<a@2', want: 'a:root c:a b:a' },
    { name: 'a child may start before its parent', text: 'b<a@1 a<@2', want: 'a:root b:a' },
    { name: 'a missing parent is said', text: 'b<x@1 c<b@2', want: 'b:missing c:b' },
    { name: 'a span that names itself', text: 'a<a@1 b<a@2', want: 'a:missing b:a' },
    { name: 'a cycle is cut at its earliest span', text: 'a<c@2 b<a@1 c<b@3 d<c@4', want: 'b:missing c:b a:c d:c' },
    { name: 'two cycles', text: 'a<b@1 b<a@2 c<d@3 d<c@4', want: 'a:missing b:a c:missing d:c' },
    { name: 'of two spans with one id the first is the parent', text: 'a<@1 a<@2 b<a@3', want: 'a:root b:a a:root' },
  ])('$name', ({ text, want }) => {
    expect(order(text)).toBe(want);
  });

  test('every span appears once, behind its parent, whatever the links are', () => {
    const idArbitrary = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', '');
    const spanArbitrary = fc.record({ id: idArbitrary, parent: idArbitrary, start: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(spanArbitrary, { maxLength: 12 }), (spans) => {
        const { rows, parent } = orderSpans(
          idsOf(spans.map((span) => span.id)),
          idsOf(spans.map((span) => span.parent)),
          spans.map((span) => span.start),
        );
        expect([...rows].sort((a, b) => a - b)).toEqual(spans.map((_, row) => row));
        for (let i = 0; i < rows.length; i++) {
          const up = parent[i]!;
          expect(up).toBeLessThan(i);
          const span = spans[rows[i]!]!;
          if (up >= 0) expect(spans[rows[up]!]!.id).toBe(span.parent);
          else if (up === PARENT_NONE) expect(span.parent).toBe('');
          else expect(up).toBe(PARENT_MISSING);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('100,000 spans in one chain, or in cycles of two, take well under a second', () => {
    const count = 100_000;
    const ids = Array.from({ length: count }, (_, i) => `s${i}`);
    const starts = Float64Array.from({ length: count }, (_, i) => i);
    const startedMs = performance.now();
    const chain = orderSpans(idsOf(ids), idsOf(['', ...ids.slice(0, -1)]), starts);
    expect(chain.parent[count - 1]).toBe(count - 2);
    const cycles = orderSpans(idsOf(ids), idsOf(ids.map((_, i) => `s${i ^ 1}`)), starts);
    expect(cycles.parent[1]).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });
});
