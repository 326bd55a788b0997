/** Puts the spans of a trace in the order in which a waterfall shows them. */

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
 * `spanIds`, `parentIds` (empty or all zeros for none) and `startNs`: one entry per span. Where several spans share an
 * id, the first one is the parent of those that name it. Spans in a cycle of parents are broken up at the earliest of
 * them, which then counts as one whose parent is missing. Runs in O(n log n) and without recursion.
 */
export function orderSpans(
  spanIds: readonly string[],
  parentIds: readonly string[],
  startNs: ArrayLike<number>,
): SpanOrder {
  const count = spanIds.length;
  const parentOf = findParents(spanIds, parentIds);
  const byStart = Int32Array.from({ length: count }, (_, row) => row).sort(
    (a, b) => startNs[a]! - startNs[b]! || a - b,
  );
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

function findParents(spanIds: readonly string[], parentIds: readonly string[]): Int32Array {
  const rowOf = new Map<string, number>();
  for (let row = 0; row < spanIds.length; row++) if (!rowOf.has(spanIds[row]!)) rowOf.set(spanIds[row]!, row);
  const parentOf = new Int32Array(spanIds.length);
  for (let row = 0; row < spanIds.length; row++) {
    const parentId = parentIds[row]!;
    if (parentId === '' || /^0*$/.test(parentId)) parentOf[row] = PARENT_NONE;
    else parentOf[row] = rowOf.get(parentId) ?? PARENT_MISSING;
    // A span that names itself has no other parent.
    if (parentOf[row] === row) parentOf[row] = PARENT_MISSING;
  }
  return parentOf;
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
