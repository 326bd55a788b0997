/** The state of an opened trace: what is collapsed, selected, found and zoomed, and the keys that change it. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type CriticalPath, criticalPath } from '#base/critical-path.ts';
import type { Frame } from '../../lib/frame.ts';
import type { TraceFrames } from '../../lib/frames/trace.ts';
import type { ConsoleSearch } from '../../lib/search.ts';
import { buildTraceModel, findRows, rowOfSpan, spanIdOf, type TraceModel } from '../../lib/trace-model.ts';
import {
  carryVisibleState,
  initialVisibleState,
  openFold,
  revealRow,
  setSubtreeCollapsed,
  toggleCollapsed,
  type VisibleState,
  visibleRows,
} from '../../lib/trace-visible.ts';
import { indexEvents, indexLogs, withLogLines } from '../../lib/waterfall-lines.ts';
import type { TraceView } from './view.ts';

const MIN_VIEW_NS = 100;

/** Where it is kept what is selected, found and zoomed: the URL of a page, or anything else. */
export interface TraceViewSearch {
  readonly search: ConsoleSearch;
  readonly update: (change: ConsoleSearch) => void;
}

/** `logFrame`: the records of the trace, with the fields of `logFrame`. */
export function useTraceView(frames: TraceFrames, logFrame: Frame, { search, update }: TraceViewSearch): TraceView {
  const model = useMemo(() => buildTraceModel(frames), [frames]);
  const path = useMemo(() => criticalPath(model), [model]);
  const events = useMemo(() => indexEvents(model), [model]);
  const logs = useMemo(() => indexLogs(model, logFrame), [model, logFrame]);
  const selected = useMemo(
    () => (search.span === undefined ? -1 : rowOfSpan(model, search.span)),
    [model, search.span],
  );
  const [state, setStateRaw] = useState<VisibleState>(() => openedAt(model, path, selected));
  const [scrollTarget, setScrollTarget] = useState({ row: selected, serial: selected < 0 ? 0 : 1 });
  const setState = useCallback((change: (state: VisibleState) => VisibleState) => setStateRaw(change), []);
  // A refetch may bring late spans: the rows are others then, what the person did with them is not.
  const [stateModel, setStateModel] = useState(model);
  if (stateModel !== model) {
    setStateModel(model);
    setStateRaw((previous) => carryVisibleState({ model: stateModel, state: previous }, model, path.onPath));
  }

  const visible = useMemo(() => visibleRows(model, state), [model, state]);
  const lines = useMemo(
    () => (search.logs ? withLogLines(visible.lines, logs) : visible.lines),
    [visible, logs, search.logs],
  );
  const found = useMemo(() => findRows(model, search.find ?? ''), [model, search.find]);
  const foundSet = useMemo(() => new Set(found), [found]);

  const select = useCallback(
    (row: number) => update({ span: row < 0 ? undefined : spanIdOf(model, row) }),
    [update, model],
  );
  const goTo = useCallback(
    (row: number) => {
      setStateRaw((previous) => revealRow(model, previous, row));
      select(row);
      setScrollTarget((previous) => ({ row, serial: previous.serial + 1 }));
    },
    [model, select],
  );
  const goToFound = useCallback(
    (direction: -1 | 1) => {
      const row = nextInOrder(model, found, selected, direction);
      if (row >= 0) goTo(row);
    },
    [model, found, selected, goTo],
  );
  const goToError = useCallback(
    (direction: -1 | 1) => {
      const row = nextInOrder(model, errorRows(model), selected, direction);
      if (row >= 0) goTo(row);
    },
    [model, selected, goTo],
  );

  const wholeNs = Math.max(1, model.trace.durationNs);
  const viewNs = useMemo<readonly [number, number]>(() => search.zoom ?? [0, wholeNs], [search.zoom, wholeNs]);
  const setViewNs = useCallback(
    (view: readonly [number, number] | undefined) => update({ zoom: view && clampView(view, wholeNs) }),
    [update, wholeNs],
  );

  useEffect(() => {
    if (search.span !== undefined && selected < 0) update({ span: undefined });
  }, [search.span, selected, update]);

  const isFound = useCallback((row: number) => foundSet.has(row), [foundSet]);
  const toggle = useCallback((row: number) => setStateRaw((previous) => toggleCollapsed(previous, row)), []);
  const toggleSubtree = useCallback(
    (row: number) => setStateRaw((previous) => setSubtreeCollapsed(model, previous, row, !previous.collapsed[row])),
    [model],
  );
  const unfold = useCallback((firstRow: number) => setStateRaw((previous) => openFold(previous, firstRow)), []);
  const { folds } = visible;

  return useSteady<TraceView>({
    ...{ model, path, search, update, lines, folds, state, setState, events, logs, selected, select, scrollTarget },
    ...{ found, isFound, goToFound, goToError, toggle, toggleSubtree, unfold, viewNs, setViewNs },
  });
}

/** The object of the last time as long as all its fields are the same: what is drawn from it is not drawn again. */
function useSteady<T extends object>(next: T): T {
  const kept = useRef(next);
  const isSame = Object.entries(next).every(([key, value]) => Object.is(kept.current[key as keyof T], value));
  if (!isSame) kept.current = next;
  return kept.current;
}

function openedAt(model: TraceModel, path: CriticalPath, selected: number): VisibleState {
  const state = initialVisibleState(model, path.onPath);
  return selected < 0 ? state : revealRow(model, state, selected);
}

/** A view that is the whole trace is no zoom at all. */
function clampView(view: readonly [number, number], wholeNs: number): readonly [number, number] | undefined {
  const from = Math.max(0, Math.floor(view[0]));
  const to = Math.min(wholeNs, Math.ceil(view[1]));
  if (from === 0 && to === wholeNs) return undefined;
  return to - from < MIN_VIEW_NS ? [from, from + MIN_VIEW_NS] : [from, to];
}

function errorRows(model: TraceModel): Int32Array {
  return model.order.filter((row) => model.isError[row] === 1);
}

/** The next of `rows` (in tree order) after the selected one, around the end; -1 if there is none. */
function nextInOrder(model: TraceModel, rows: Int32Array, selected: number, direction: -1 | 1): number {
  if (rows.length === 0) return -1;
  const from = selected < 0 ? -1 : model.place[selected]!;
  if (direction === 1) return rows.find((row) => model.place[row]! > from) ?? rows[0]!;
  return rows.findLast((row) => model.place[row]! < from) ?? rows[rows.length - 1]!;
}
