/**
 * A trace as columns with its tree, and what the waterfall asks of it: rows in tree order, self time, errors below,
 * search, and the list of visible rows under collapsing and folding. Linear in the number of spans, no object per span.
 */
import { type EnumField, type Frame, fieldOf } from './frame.ts';
import type { TraceFrames, TraceHead } from './frames/trace.ts';

export interface TraceModel {
  readonly count: number;
  readonly trace: TraceHead;
  readonly ids: readonly string[];
  readonly service: EnumField;
  readonly name: EnumField;
  readonly hint: EnumField;
  /** OTLP's number. */
  readonly kind: readonly number[];
  /** As traceFrames gives them. */
  readonly events: Frame;
  /** Parent row, -1 for a root, -2 for a span whose parent is not there (drawn as a root). */
  readonly parent: Int32Array;
  /** First child, and next sibling, in order of start; -1 at the end. Roots are a chain from `firstRoot`. */
  readonly firstChild: Int32Array;
  readonly nextSibling: Int32Array;
  readonly firstRoot: number;
  readonly childCount: Int32Array;
  readonly depth: Int32Array;
  readonly maxDepth: number;
  /** Rows in depth-first order, and each row's place in it. */
  readonly order: Int32Array;
  readonly place: Int32Array;
  /** Spans in the subtree, the row itself included. */
  readonly subtreeSize: Int32Array;
  /** From the trace's start, ns. */
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
  readonly isError: Uint8Array;
  /** 1 if a descendant (not the row itself) has an error. */
  readonly errorBelow: Uint8Array;
  readonly errorCount: number;
  /** Time in which none of the span's children ran, ns. */
  readonly selfNs: Float64Array;
}

const STATUS_ERROR = 2;

export function buildTraceModel({ head, spans, events }: TraceFrames): TraceModel {
  const count = spans.length;
  const parent = Int32Array.from(numbersOf(spans, 'parent'));
  const startNs = Float64Array.from(numbersOf(spans, 'start'));
  const durationNs = numbersOf(spans, 'duration');
  const status = numbersOf(spans, 'status');
  const endNs = new Float64Array(count);
  const isError = new Uint8Array(count);
  let errorCount = 0;
  for (let row = 0; row < count; row++) {
    endNs[row] = startNs[row]! + durationNs[row]!;
    if (status[row] !== STATUS_ERROR) continue;
    isError[row] = 1;
    errorCount++;
  }
  const links = linkChildren(parent, count);
  const walk = walkTree(links, count);
  const sums = sumSubtrees(parent, walk.order, isError);
  const selfNs = sumSelfTimes(parent, startNs, endNs);
  return {
    count,
    trace: head,
    ids: fieldOf(spans, 'id', 'text').values,
    service: fieldOf(spans, 'service', 'enum'),
    name: fieldOf(spans, 'name', 'enum'),
    hint: fieldOf(spans, 'hint', 'enum'),
    kind: numbersOf(spans, 'kind'),
    events,
    parent,
    startNs,
    endNs,
    isError,
    errorCount,
    selfNs,
    ...links,
    ...walk,
    ...sums,
  };
}

/** A field of numbers that every row has. */
function numbersOf(frame: Frame, name: string): readonly number[] {
  return fieldOf(frame, name, 'number').values.map((value) => value ?? 0);
}

export function spanIdOf({ ids }: TraceModel, row: number): string {
  return ids[row]!;
}

/** The row of the span with this id; -1 if there is none. Looks through all ids: for one span, not for many. */
export function rowOfSpan({ ids }: TraceModel, spanId: string): number {
  return ids.indexOf(spanId);
}

/** The rows of all spans by id. Of spans with the same id the first counts. */
export function rowsBySpanId(model: TraceModel): ReadonlyMap<string, number> {
  const rows = new Map<string, number>();
  for (let row = model.count - 1; row >= 0; row--) rows.set(spanIdOf(model, row), row);
  return rows;
}

/** Rows come sorted by start with parents before children, so linking from the last to the first keeps the order. */
function linkChildren(parent: Int32Array, count: number) {
  const firstChild = new Int32Array(count).fill(-1);
  const nextSibling = new Int32Array(count).fill(-1);
  const childCount = new Int32Array(count);
  let firstRoot = -1;
  for (let row = count - 1; row >= 0; row--) {
    const above = parent[row]!;
    // A parent that comes later would make a cycle possible; such a row is drawn as a root.
    if (above >= 0 && above < row) {
      nextSibling[row] = firstChild[above]!;
      firstChild[above] = row;
      childCount[above] = childCount[above]! + 1;
    } else {
      if (above >= 0) parent[row] = -2;
      nextSibling[row] = firstRoot;
      firstRoot = row;
    }
  }
  return { firstChild, nextSibling, firstRoot, childCount };
}

function walkTree(links: ReturnType<typeof linkChildren>, count: number) {
  const order = new Int32Array(count);
  const place = new Int32Array(count);
  const depth = new Int32Array(count);
  const stack: number[] = [];
  let filled = 0;
  let maxDepth = 0;
  let row = links.firstRoot;
  let level = 0;
  while (row >= 0 || stack.length > 0) {
    if (row < 0) {
      row = links.nextSibling[stack.pop()!]!;
      level--;
      continue;
    }
    place[row] = filled;
    order[filled++] = row;
    depth[row] = level;
    if (level > maxDepth) maxDepth = level;
    if (links.firstChild[row]! >= 0) {
      stack.push(row);
      level++;
      row = links.firstChild[row]!;
    } else {
      row = links.nextSibling[row]!;
    }
  }
  return { order, place, depth, maxDepth };
}

function sumSubtrees(parent: Int32Array, order: Int32Array, isError: Uint8Array) {
  const subtreeSize = new Int32Array(order.length).fill(1);
  const errorBelow = new Uint8Array(order.length);
  for (let i = order.length - 1; i >= 0; i--) {
    const row = order[i]!;
    const above = parent[row]!;
    if (above < 0) continue;
    subtreeSize[above] = subtreeSize[above]! + subtreeSize[row]!;
    if (isError[row] || errorBelow[row]) errorBelow[above] = 1;
  }
  return { subtreeSize, errorBelow };
}

/**
 * The parts of a span in which none of its children ran, as pairs [start, end, start, end, …] in ns from the trace's
 * start. Children are clipped to the span; what a child does after its parent's end is not the parent's time.
 */
export function selfSegments(model: TraceModel, row: number): Float64Array {
  const segments: number[] = [];
  const endNs = model.endNs[row]!;
  let cursorNs = model.startNs[row]!;
  for (let child = model.firstChild[row]!; child >= 0; child = model.nextSibling[child]!) {
    const childStartNs = model.startNs[child]!;
    if (childStartNs >= endNs) break;
    if (childStartNs > cursorNs) segments.push(cursorNs, childStartNs);
    cursorNs = Math.max(cursorNs, model.endNs[child]!);
  }
  if (cursorNs < endNs) segments.push(cursorNs, endNs);
  return Float64Array.from(segments);
}

/** As `selfSegments`, added up for all rows in one pass: children come after their parent, siblings by start. */
function sumSelfTimes(parent: Int32Array, startNs: Float64Array, endNs: Float64Array): Float64Array {
  const count = parent.length;
  const selfNs = new Float64Array(count);
  /** Until when a row is covered by its children so far. */
  const coveredUntilNs = startNs.slice();
  for (let row = 0; row < count; row++) {
    selfNs[row] = selfNs[row]! + endNs[row]! - startNs[row]!;
    const above = parent[row]!;
    if (above < 0) continue;
    const fromNs = Math.max(startNs[row]!, coveredUntilNs[above]!);
    const untilNs = Math.min(endNs[row]!, endNs[above]!);
    if (untilNs <= fromNs) continue;
    selfNs[above] = selfNs[above]! - (untilNs - fromNs);
    coveredUntilNs[above] = untilNs;
  }
  return selfNs;
}

/** Rows whose name, service, hint or id contains `text` (any case), in tree order. `error` also finds failed spans. */
export function findRows(model: TraceModel, text: string): Int32Array {
  const needle = text.trim().toLowerCase();
  if (needle === '') return new Int32Array(0);
  const { name, service, hint } = model;
  const idRow = rowOfSpan(model, needle);
  const contains = (words: readonly string[]): Uint8Array =>
    Uint8Array.from(words, (word) => (word.toLowerCase().includes(needle) ? 1 : 0));
  const nameHit = contains(name.texts);
  const serviceHit = contains(service.texts);
  const hintHit = contains(hint.texts);
  const found: number[] = [];
  for (let i = 0; i < model.count; i++) {
    const row = model.order[i]!;
    const hit =
      nameHit[name.indices[row]!] ||
      serviceHit[service.indices[row]!] ||
      (needle === 'error' && model.isError[row]) ||
      hintHit[hint.indices[row]!] ||
      row === idRow;
    if (hit) found.push(row);
  }
  return Int32Array.from(found);
}

/** The ancestors of a row, nearest first. */
export function ancestorsOf(model: TraceModel, row: number): number[] {
  const ancestors: number[] = [];
  for (let above = model.parent[row]!; above >= 0; above = model.parent[above]!) ancestors.push(above);
  return ancestors;
}
