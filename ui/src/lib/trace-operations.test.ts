import { expect, test } from 'vitest';
import { traceModelOf, traceOf } from '../../test/trace-fixture.ts';
import { enumText } from './frame.ts';
import { flameOf, traceOperations } from './trace-operations.ts';

const trace = traceOf([
  { name: 'root', start: 0, end: 100, service: 'shop' },
  { name: 'a', parent: 'root', start: 10, end: 40, service: 'orders' },
  { name: 'again', parent: 'root', start: 10, end: 60, service: 'orders', failed: true },
  { name: 'b', parent: 'a', start: 20, end: 30, service: 'db' },
]);
/** A root that asks twice for the same, at once; the second fails. */
const model = traceModelOf({ ...trace, spans: { ...trace.spans, name: [0, 1, 1, 3] } });

test('spans of an operation are counted together, the one with the most time of its own first', () => {
  const [first, second, third] = traceOperations(model);
  expect(first).toMatchObject({
    service: 'orders',
    name: 'a',
    count: 2,
    errorCount: 1,
    selfNs: 70,
    totalNs: 80,
    maxNs: 50,
  });
  expect(enumText(model.name, first!.longestRow)).toBe('a');
  expect(second).toMatchObject({ name: 'root', count: 1, selfNs: 50, p50Ns: 100 });
  expect(third).toMatchObject({ name: 'b', selfNs: 10 });
});

test('calls through the same operations are one node, no wider than what called them', () => {
  const flame = flameOf(model);
  expect(flame.count).toBe(3);
  expect([...flame.spanCount]).toEqual([1, 2, 1]);
  expect([...flame.totalNs]).toEqual([130, 80, 10]);
  expect([...flame.leftNs]).toEqual([0, 0, 0]);
  for (let node = 0; node < flame.count; node++) {
    const parent = flame.parent[node]!;
    if (parent < 0) continue;
    expect(flame.leftNs[node]).toBeGreaterThanOrEqual(flame.leftNs[parent]!);
    expect(flame.leftNs[node]! + flame.totalNs[node]!).toBeLessThanOrEqual(
      flame.leftNs[parent]! + flame.totalNs[parent]!,
    );
  }
  expect(flameOf(traceModelOf(traceOf([]))).count).toBe(0);
});
