/**
 * Which rows of a trace are on the screen. A row can be collapsed (its subtree is hidden); runs of siblings that do not
 * matter can be folded into one line. What matters: failed spans, the critical path, the longest spans, their ancestors.
 */
import { ancestorsOf, rowsBySpanId, spanIdOf, type TraceModel } from './trace-model.ts';

export interface VisibleState {
  /** 1: the row's children are hidden. One entry per row. */
  readonly collapsed: Uint8Array;
  /** 1: the row matters. Absent: nothing is folded. */
  readonly important: Uint8Array | undefined;
  /** Folds that were opened: a row of each, so that a fold stays open when late spans join it. */
  readonly openedFolds: ReadonlySet<number>;
}

/** One line of the waterfall: a span, or a fold of `siblingCount` siblings with `spanCount` spans in all. */
export interface FoldInfo {
  readonly firstRow: number;
  readonly lastRow: number;
  readonly siblingCount: number;
  readonly spanCount: number;
  readonly startNs: number;
  readonly endNs: number;
}

export interface VisibleRows {
  /** A row, or -1 - i for `folds[i]`. */
  readonly lines: Int32Array;
  readonly folds: readonly FoldInfo[];
}

/** Traces above this many spans open collapsed to what matters. */
export const FOLD_ABOVE_SPANS = 2_000;
const LONGEST_KEPT = 150;
const ERRORS_KEPT = 500;
const FOLD_MIN_SIBLINGS = 4;

export function initialVisibleState(model: TraceModel, onCriticalPath: Uint8Array): VisibleState {
  const collapsed = new Uint8Array(model.count);
  if (model.count <= FOLD_ABOVE_SPANS) return { collapsed, important: undefined, openedFolds: new Set() };
  const important = markImportant(model, onCriticalPath);
  for (let row = 0; row < model.count; row++) {
    if (model.firstChild[row]! >= 0 && !hasImportantChild(model, important, row)) collapsed[row] = 1;
  }
  return { collapsed, important, openedFolds: new Set() };
}

function markImportant(model: TraceModel, onCriticalPath: Uint8Array): Uint8Array {
  const important = new Uint8Array(model.count);
  const mark = (row: number): void => {
    for (let at = row; at >= 0 && !important[at]; at = model.parent[at]!) important[at] = 1;
  };
  for (let root = model.firstRoot; root >= 0; root = model.nextSibling[root]!) mark(root);
  let errorsLeft = ERRORS_KEPT;
  for (let row = 0; row < model.count && errorsLeft > 0; row++) {
    if (!model.isError[row]) continue;
    mark(row);
    errorsLeft--;
  }
  const durations = new Float64Array(model.count);
  for (let row = 0; row < model.count; row++) durations[row] = model.endNs[row]! - model.startNs[row]!;
  const threshold = durations.slice().sort()[Math.max(0, model.count - LONGEST_KEPT)]!;
  for (let row = 0; row < model.count; row++) {
    // Most of a long chain is on the critical path: there only the pieces that take part of the time count.
    const onPath = onCriticalPath[row] === 1 && durations[row]! * 1000 >= model.trace.durationNs;
    if (onPath || durations[row]! > threshold) mark(row);
  }
  return important;
}

function hasImportantChild(model: TraceModel, important: Uint8Array, row: number): boolean {
  for (let child = model.firstChild[row]!; child >= 0; child = model.nextSibling[child]!) {
    if (important[child]) return true;
  }
  return false;
}

export function visibleRows(model: TraceModel, state: VisibleState): VisibleRows {
  const lines: number[] = [];
  const folds: FoldInfo[] = [];
  const { important } = state;
  let i = 0;
  while (i < model.count) {
    const row = model.order[i]!;
    if (important && !important[row] && model.parent[row]! >= 0) {
      const fold = foldFrom(model, important, row);
      if (fold.siblingCount >= FOLD_MIN_SIBLINGS && !isOpened(model, state, fold)) {
        lines.push(-1 - folds.length);
        folds.push(fold);
        i += fold.spanCount;
        continue;
      }
      // An opened or short run is shown line by line; it must not fold again from its second sibling on.
      i = pushRun(model, state, fold, lines);
      continue;
    }
    lines.push(row);
    i += state.collapsed[row] ? model.subtreeSize[row]! : 1;
  }
  return { lines: Int32Array.from(lines), folds };
}

function foldFrom(model: TraceModel, important: Uint8Array, firstRow: number): FoldInfo {
  let siblingCount = 0;
  let spanCount = 0;
  let endNs = 0;
  let lastRow = firstRow;
  for (let row = firstRow; row >= 0 && !important[row]; row = model.nextSibling[row]!) {
    siblingCount++;
    spanCount += model.subtreeSize[row]!;
    endNs = Math.max(endNs, model.endNs[row]!);
    lastRow = row;
  }
  return { firstRow, lastRow, siblingCount, spanCount, startNs: model.startNs[firstRow]!, endNs };
}

function isOpened(model: TraceModel, { openedFolds }: VisibleState, fold: FoldInfo): boolean {
  if (openedFolds.size === 0) return false;
  for (let row = fold.firstRow; row >= 0; row = model.nextSibling[row]!) {
    if (openedFolds.has(row)) return true;
    if (row === fold.lastRow) return false;
  }
  return false;
}

/** Pushes the lines of a run of siblings that is not folded; inside it only collapsing applies. Returns the next place. */
function pushRun(model: TraceModel, state: VisibleState, fold: FoldInfo, lines: number[]): number {
  let i = model.place[fold.firstRow]!;
  const end = i + fold.spanCount;
  while (i < end) {
    const row = model.order[i]!;
    lines.push(row);
    i += state.collapsed[row] ? model.subtreeSize[row]! : 1;
  }
  return end;
}

/** The same state with a row's collapsing turned over; a collapsed row that matters little opens without folds below. */
export function toggleCollapsed(state: VisibleState, row: number): VisibleState {
  const collapsed = state.collapsed.slice();
  collapsed[row] = collapsed[row] ? 0 : 1;
  return { ...state, collapsed };
}

export function openFold(state: VisibleState, firstRow: number): VisibleState {
  return { ...state, openedFolds: new Set([...state.openedFolds, firstRow]) };
}

/** Shows rows down to `level` (0 is the root) and nothing below. Folding ends: the person asked for a level. */
export function collapseToLevel(model: TraceModel, level: number): VisibleState {
  const collapsed = new Uint8Array(model.count);
  for (let row = 0; row < model.count; row++) collapsed[row] = model.depth[row]! >= level ? 1 : 0;
  return { collapsed, important: undefined, openedFolds: new Set() };
}

/** Collapses or opens all spans of a service. */
export function setServiceCollapsed(
  model: TraceModel,
  state: VisibleState,
  service: number,
  collapse: boolean,
): VisibleState {
  const collapsed = state.collapsed.slice();
  const { indices: serviceOf } = model.service;
  for (let row = 0; row < model.count; row++) {
    if (serviceOf[row] === service && model.firstChild[row]! >= 0) collapsed[row] = collapse ? 1 : 0;
  }
  return { ...state, collapsed };
}

/** Collapses or opens a row and everything below it. */
export function setSubtreeCollapsed(
  model: TraceModel,
  state: VisibleState,
  row: number,
  collapse: boolean,
): VisibleState {
  const collapsed = state.collapsed.slice();
  const from = model.place[row]!;
  for (let i = from; i < from + model.subtreeSize[row]!; i++) collapsed[model.order[i]!] = collapse ? 1 : 0;
  if (collapse || !state.important) return { ...state, collapsed };
  const important = state.important.slice();
  for (let i = from; i < from + model.subtreeSize[row]!; i++) important[model.order[i]!] = 1;
  return { ...state, collapsed, important };
}

/**
 * The state of a trace in a newer version of it that may have more spans, in other rows. What was there keeps its state; what is new comes as
 * it would in a trace that is opened, without folding where the person ended that.
 */
export function carryVisibleState(
  from: { readonly model: TraceModel; readonly state: VisibleState },
  model: TraceModel,
  onCriticalPath: Uint8Array,
): VisibleState {
  const fresh = initialVisibleState(model, onCriticalPath);
  const oldRows = rowsBySpanId(from.model);
  const collapsed = from.state.important === undefined ? new Uint8Array(model.count) : fresh.collapsed.slice();
  const important = from.state.important && (fresh.important?.slice() ?? new Uint8Array(model.count).fill(1));
  const openedFolds = new Set<number>();
  for (let row = 0; row < model.count; row++) {
    const old = oldRows.get(spanIdOf(model, row));
    if (old === undefined) continue;
    collapsed[row] = from.state.collapsed[old]!;
    if (important && from.state.important![old]) important[row] = 1;
    if (from.state.openedFolds.has(old)) openedFolds.add(row);
  }
  return { collapsed, important, openedFolds };
}

/** Opens whatever hides a row: its collapsed ancestors, and the folds that it or they are in. */
export function revealRow(model: TraceModel, state: VisibleState, row: number): VisibleState {
  const ancestors = ancestorsOf(model, row);
  const collapsed = state.collapsed.slice();
  for (const above of ancestors) collapsed[above] = 0;
  if (!state.important || state.important[row]) return { ...state, collapsed };
  const important = state.important.slice();
  for (const at of [row, ...ancestors]) important[at] = 1;
  return { ...state, collapsed, important };
}
