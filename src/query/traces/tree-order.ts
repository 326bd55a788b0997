/** Puts the spans of a trace in the order in which a waterfall shows them. */
import { SpanIndex, wordsOf } from './span-index.ts';

/** The span is a root: it names no parent. */
export const PARENT_NONE = -1;
/** The span names a parent that is not among the spans. */
export const PARENT_MISSING = -2;

export interface SpanOrder {
  /** Rows of the input in the new order: parents before children, siblings by start, then by their input order. */
  readonly rows: Int32Array;
  /** For each row of the new order: its parent's row in the new order, PARENT_NONE or PARENT_MISSING. */
  readonly parent: Int32Array;
}

/**
 * Sorts spans so that parents come before children and siblings by start: depth first, as a waterfall lists them.
 * `spanIds`, `parentIds` (all zeros for none): eight bytes a span; `startNs`: one entry a span. Where several spans share an
 * id, the first one is the parent of those that name it. Spans in a cycle of parents are broken up at the earliest of
 * them, which then counts as one whose parent is missing. Runs in O(n log n) and without recursion.
 */
export function orderSpans(spanIds: Uint8Array, parentIds: Uint8Array, startNs: ArrayLike<number>): SpanOrder {
  const count = startNs.length;
  const parentOf = findParents(spanIds, parentIds);
  const byStart = sortByStart(startNs);
  breakCycles(parentOf, byStart);
  const children = linkChildren(parentOf, byStart);
  const rows = new Int32Array(count);
  const newRowOf = new Int32Array(count);
  const stack: number[] = [];
  let placed = 0;
  for (const root of byStart) {
    if (parentOf[root]! >= 0) continue;
    stack.push(root);
    while (stack.length > 0) {
      const row = stack.pop()!;
      newRowOf[row] = placed;
      rows[placed++] = row;
      // The last child first: the stack turns them around.
      for (let child = children.last[row]!; child >= 0; child = children.previous[child]!) stack.push(child);
    }
  }
  const parent = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const old = parentOf[rows[i]!]!;
    parent[i] = old >= 0 ? newRowOf[old]! : old;
  }
  return { rows, parent };
}

function findParents(spanIds: Uint8Array, parentIds: Uint8Array): Int32Array {
  const index = new SpanIndex(spanIds);
  const words = wordsOf(parentIds);
  const parentOf = new Int32Array(words.length / 2);
  for (let row = 0; row < parentOf.length; row++) {
    const first = words[2 * row]!;
    const second = words[2 * row + 1]!;
    const parent = index.find(first, second);
    if (first === 0 && second === 0) parentOf[row] = PARENT_NONE;
    // A span that names itself has no other parent.
    else parentOf[row] = parent < 0 || parent === row ? PARENT_MISSING : parent;
  }
  return parentOf;
}

/** The store answers in this order already, as a rule. */
function sortByStart(startNs: ArrayLike<number>): Int32Array {
  const rows = new Int32Array(startNs.length);
  let sorted = true;
  for (let row = 0; row < rows.length; row++) {
    rows[row] = row;
    if (row > 0 && startNs[row]! < startNs[row - 1]!) sorted = false;
  }
  return sorted ? rows : rows.sort((a, b) => startNs[a]! - startNs[b]! || a - b);
}

/** Walks up from each span. A walk that meets its own trail has found a cycle, which is cut at its earliest span. */
function breakCycles(parentOf: Int32Array, byStart: Int32Array): void {
  const rank = new Int32Array(byStart.length);
  for (let i = 0; i < byStart.length; i++) rank[byStart[i]!] = i;
  const trail = new Int32Array(parentOf.length);
  for (let i = 0; i < byStart.length; i++) {
    const mark = i + 1;
    let row = byStart[i]!;
    while (row >= 0 && trail[row] === 0) {
      trail[row] = mark;
      row = parentOf[row]!;
    }
    // The walk met its own trail, so `row` is part of a cycle, and all of the cycle was walked just now.
    if (row >= 0 && trail[row] === mark) parentOf[earliestOfCycle(parentOf, row, rank)] = PARENT_MISSING;
  }
}

function earliestOfCycle(parentOf: Int32Array, start: number, rank: Int32Array): number {
  let earliest = start;
  for (let row = parentOf[start]!; row !== start; row = parentOf[row]!) {
    if (rank[row]! < rank[earliest]!) earliest = row;
  }
  return earliest;
}

/** Children of each row as a list from the last to the first. */
function linkChildren(parentOf: Int32Array, byStart: Int32Array): { last: Int32Array; previous: Int32Array } {
  const last = new Int32Array(parentOf.length).fill(-1);
  const previous = new Int32Array(parentOf.length).fill(-1);
  for (const row of byStart) {
    const parent = parentOf[row]!;
    if (parent < 0) continue;
    previous[row] = last[parent]!;
    last[parent] = row;
  }
  return { last, previous };
}
