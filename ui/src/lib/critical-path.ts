/**
 * The critical path of a trace: the chain of work that decided when the root ended. Walking back from the end of a span,
 * the child that ended last before the current point is what the span was waiting for; the time between two such
 * children is the span's own. The segments of one root do not overlap and add up to the root's duration.
 */
import type { TraceModel } from './trace-model.ts';

/** Segment i is row `row[i]` during [startNs[i], endNs[i]), ns from the trace's start; latest first. */
export interface CriticalPath {
  readonly row: Int32Array;
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
  /** 1 for each row of the trace that has a segment. */
  readonly onPath: Uint8Array;
  /** The segments of each row that has some, as indices into the columns. */
  readonly byRow: ReadonlyMap<number, readonly number[]>;
}

interface Frame {
  readonly row: number;
  /** Children by end, latest first. */
  readonly children: Int32Array;
  next: number;
  /** The part [floorNs, limitNs) of the row is wanted; everything at or after the cursor is accounted for. */
  readonly floorNs: number;
  readonly limitNs: number;
  cursorNs: number;
}

const KIND_CONSUMER = 5;

/** The path of the longest root. Empty for an empty trace. */
export function criticalPath(model: TraceModel): CriticalPath {
  const rows: number[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const push = (row: number, startNs: number, endNs: number): void => {
    if (endNs <= startNs) return;
    rows.push(row);
    starts.push(startNs);
    ends.push(endNs);
  };
  const root = longestRoot(model);
  const stack: Frame[] = root < 0 ? [] : [frameOf(model, root, model.startNs[root]!, model.endNs[root]!)];
  while (stack.length > 0) {
    const frame = stack[stack.length - 1]!;
    const child = nextChild(model, frame);
    if (child < 0) {
      push(frame.row, frame.floorNs, frame.cursorNs);
      stack.pop();
      continue;
    }
    const endNs = Math.min(model.endNs[child]!, frame.cursorNs);
    push(frame.row, endNs, frame.cursorNs);
    // Where clocks differ a child may start before its parent; the path stays inside the parent.
    frame.cursorNs = Math.max(model.startNs[child]!, frame.floorNs);
    stack.push(frameOf(model, child, frame.cursorNs, endNs));
  }
  return index(model.count, rows, starts, ends);
}

function frameOf(model: TraceModel, row: number, floorNs: number, limitNs: number): Frame {
  return { row, children: childrenByEnd(model, row), next: 0, floorNs, limitNs, cursorNs: limitNs };
}

/** The child that ended last at or before the cursor, of those not looked at; -1 if none is left. */
function nextChild(model: TraceModel, frame: Frame): number {
  while (frame.next < frame.children.length) {
    const child = frame.children[frame.next++]!;
    if (model.endNs[child]! > frame.cursorNs) {
      // A child may outlast its parent a little by clock skew and is cut then; a consumer of a message does so by
      // nature and did not hold the parent up.
      const clipped = frame.cursorNs === frame.limitNs && model.kind[child] !== KIND_CONSUMER;
      if (!clipped) continue;
    }
    if (model.startNs[child]! < frame.cursorNs && model.endNs[child]! > frame.floorNs) return child;
  }
  return -1;
}

function childrenByEnd(model: TraceModel, row: number): Int32Array {
  const children = new Int32Array(model.childCount[row]!);
  let filled = 0;
  for (let child = model.firstChild[row]!; child >= 0; child = model.nextSibling[child]!) children[filled++] = child;
  return children.sort((a, b) => model.endNs[b]! - model.endNs[a]! || b - a);
}

function longestRoot(model: TraceModel): number {
  let best = -1;
  for (let root = model.firstRoot; root >= 0; root = model.nextSibling[root]!) {
    const durationNs = model.endNs[root]! - model.startNs[root]!;
    if (best < 0 || durationNs > model.endNs[best]! - model.startNs[best]!) best = root;
  }
  return best;
}

function index(count: number, rows: number[], starts: number[], ends: number[]): CriticalPath {
  const onPath = new Uint8Array(count);
  const byRow = new Map<number, number[]>();
  rows.forEach((row, i) => {
    onPath[row] = 1;
    const known = byRow.get(row);
    if (known) known.push(i);
    else byRow.set(row, [i]);
  });
  return {
    row: Int32Array.from(rows),
    startNs: Float64Array.from(starts),
    endNs: Float64Array.from(ends),
    onPath,
    byRow,
  };
}
