import { expect, test } from 'vitest';
import type { Direction, LinePlace } from '../line-source.ts';
import { LineWindows, type NsRange } from './line-windows.ts';

/** Lines at these times, read page by page as the store would give them: how often a line was looked at, and what was found. */
function readAll(times: readonly bigint[], direction: Direction, pageLines: number, range: NsRange) {
  const sorted = times.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  if (direction === 'backward') sorted.reverse();
  const places = sorted.map((timeNs, record): LinePlace => ({ timeNs, arrivedNs: 0n, record }));
  const windows = new LineWindows(direction, pageLines);
  const found: number[] = [];
  let looked = 0;
  let pages = 0;
  let cursor: LinePlace | undefined;
  for (let left: NsRange | undefined = range; left !== undefined; ) {
    const window = windows.next(left);
    const inside = places.filter(({ timeNs }) => timeNs >= window.firstNs && timeNs <= window.lastNs);
    looked += inside.length;
    pages++;
    const page = inside.filter(({ record }) => record > (cursor?.record ?? -1)).slice(0, pageLines);
    found.push(...page.map(({ record }) => record));
    cursor = page.length === pageLines ? page.at(-1) : undefined;
    left = windows.left(left, window, page.length, cursor);
  }
  return { found, looked, pages };
}

const RANGE = { firstNs: 1_000_000_000n, lastNs: 301_000_000_000n };
const even = (count: number): bigint[] => {
  const step = (RANGE.lastNs - RANGE.firstNs) / BigInt(count);
  return Array.from({ length: count }, (_, i) => RANGE.firstNs + BigInt(i) * step);
};

test.each(['forward', 'backward'] as const)('each line comes once and in order, %s', (direction) => {
  for (const times of [
    [],
    [RANGE.firstNs],
    [RANGE.lastNs],
    even(3000),
    // Many at one time, more than a page.
    [...even(500), ...Array.from({ length: 950 }, () => RANGE.firstNs + 5n)],
    // Dense, then hardly any, then dense.
    [...even(20_000).filter((at) => at < 20_000_000_000n || at > 280_000_000_000n), 150_000_000_000n],
  ]) {
    const { found } = readAll(times, direction, 100, RANGE);
    expect(found).toEqual(times.map((_, i) => i));
  }
});

test.each(['forward', 'backward'] as const)('no line is looked at again and again, %s', (direction) => {
  const { looked, pages } = readAll(even(20_000), direction, 1000, RANGE);
  // All of the first page's range, then each window.
  expect(looked).toBeLessThan(20_000 * 2.2);
  expect(pages).toBeLessThan(35);
});
