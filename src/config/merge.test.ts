import { expect, test } from 'vitest';
import { withNestedKeys } from './merge.ts';
import { type MapNode, toPlain } from './node.ts';
import { parseYaml } from './yaml-node.ts';

function read(yaml: string): MapNode {
  return parseYaml({ text: yaml, file: 'c.yaml' }) as MapNode;
}

/** How often `act` puts an entry into a map; a copy of a map does it for each of its entries. */
function entriesPutBy(act: () => void): number {
  const set = Map.prototype.set;
  let count = 0;
  Map.prototype.set = function (this: Map<unknown, unknown>, key: unknown, value: unknown) {
    count++;
    return set.call(this, key, value);
  } as typeof set;
  try {
    act();
  } finally {
    Map.prototype.set = set;
  }
  return count;
}

test.each([
  { name: 'keys', key: (i: number) => `key${i}` },
  { name: 'anchors', key: (i: number) => `key${i}: &a${i}`, isWhole: true },
  { name: 'paths with one beginning', key: (i: number) => `exporters::debug::key${i}` },
])('twice as many $name are twice as much work', ({ key, isWhole }) => {
  const workOf = (count: number): number => {
    const root = read(Array.from({ length: count }, (_, i) => `${key(i)}${isWhole === true ? '' : ':'} 1`).join('\n'));
    return entriesPutBy(() => withNestedKeys(root));
  };
  expect(workOf(400)).toBeGreaterThanOrEqual(400);
  expect(workOf(800)).toBeLessThanOrEqual(2.2 * workOf(400));
});

test('paths come into the map of their beginning, in order, and an anchor stays what it was', () => {
  const root = read('x: &x {a: 1}\ny: *x\ny::b: 2\ny::c::d: 3\nz: *x\ny::c: null\nx::e: 4');
  expect(toPlain(withNestedKeys(root))).toEqual({ x: { a: 1, e: 4 }, y: { a: 1, b: 2, c: null }, z: { a: 1 } });
});
