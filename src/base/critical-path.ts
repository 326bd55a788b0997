/**
 * The critical path of a trace: the chain of work that decided when the root ended. Walking back from the end of a span,
 * the child that ended last before the current point is what the span was waiting for; the time between two such
 * children is the span's own. The segments of one root do not overlap and add up to the root's duration. The console draws it, and programs are told
 * it: both by this.
 */

/** The spans of a trace, a row each: those that stand above a row come before it or after it, in any order. */
export interface SpanColumns {
  /** Row of the parent; negative for a root, and for a span whose parent is not there. */
  readonly parent: ArrayLike<number>;
  /** From the trace's start. */
  readonly startNs: ArrayLike<number>;
  readonly endNs: ArrayLike<number>;
  /** OTLP's number. */
  readonly kind: ArrayLike<number>;
}

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
export function criticalPath(spans: SpanColumns): CriticalPath {
  const rows: number[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const push = (row: number, startNs: number, endNs: number): void => {
    if (endNs <= startNs) return;
    rows.push(row);
    starts.push(startNs);
    ends.push(endNs);
  };
  const family = new Family(spans);
  const root = longestRoot(spans);
  const stack: Frame[] = root < 0 ? [] : [frameOf(family, root, spans.startNs[root]!, spans.endNs[root]!)];
  while (stack.length > 0) {
    const frame = stack[stack.length - 1]!;
    const child = nextChild(spans, frame);
    if (child < 0) {
      push(frame.row, frame.floorNs, frame.cursorNs);
      stack.pop();
      continue;
    }
    const endNs = Math.min(spans.endNs[child]!, frame.cursorNs);
    push(frame.row, endNs, frame.cursorNs);
    // Where clocks differ a child may start before its parent; the path stays inside the parent.
    frame.cursorNs = Math.max(spans.startNs[child]!, frame.floorNs);
    stack.push(frameOf(family, child, frame.cursorNs, endNs));
  }
  return index(spans.parent.length, rows, starts, ends);
}

function frameOf(family: Family, row: number, floorNs: number, limitNs: number): Frame {
  return { row, children: family.childrenByEnd(row), next: 0, floorNs, limitNs, cursorNs: limitNs };
}

/** The child that ended last at or before the cursor, of those not looked at; -1 if none is left. */
function nextChild({ startNs, endNs, kind }: SpanColumns, frame: Frame): number {
  while (frame.next < frame.children.length) {
    const child = frame.children[frame.next++]!;
    if (endNs[child]! > frame.cursorNs) {
      // A child may outlast its parent a little by clock skew and is cut then; a consumer of a message does so by
      // nature and did not hold the parent up.
      const clipped = frame.cursorNs === frame.limitNs && kind[child] !== KIND_CONSUMER;
      if (!clipped) continue;
    }
    if (startNs[child]! < frame.cursorNs && endNs[child]! > frame.floorNs) return child;
  }
  return -1;
}

/** Children of all rows in one list, those of one row side by side. */
class Family {
  readonly #endNs: ArrayLike<number>;
  /** Where those of each row begin; one entry more than rows. */
  readonly #firstOf: Int32Array;
  readonly #children: Int32Array;

  constructor({ parent, endNs }: SpanColumns) {
    this.#endNs = endNs;
    this.#firstOf = new Int32Array(parent.length + 1);
    for (let row = 0; row < parent.length; row++) if (parent[row]! >= 0) this.#firstOf[parent[row]! + 1]!++;
    for (let row = 0; row < parent.length; row++) this.#firstOf[row + 1]! += this.#firstOf[row]!;
    this.#children = new Int32Array(this.#firstOf[parent.length]!);
    const filled = this.#firstOf.slice();
    for (let row = 0; row < parent.length; row++) {
      const above = parent[row]!;
      if (above >= 0) this.#children[filled[above]!++] = row;
    }
  }

  /** The latest end first. */
  childrenByEnd(row: number): Int32Array {
    const children = this.#children.subarray(this.#firstOf[row]!, this.#firstOf[row + 1]!);
    return children.sort((a, b) => this.#endNs[b]! - this.#endNs[a]! || b - a);
  }
}

function longestRoot({ parent, startNs, endNs }: SpanColumns): number {
  let best = -1;
  for (let row = 0; row < parent.length; row++) {
    if (parent[row]! >= 0) continue;
    if (best < 0 || endNs[row]! - startNs[row]! > endNs[best]! - startNs[best]!) best = row;
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
