/** What the drawings of a trace show and change: the trace, and what of it is open, selected, found and zoomed. */
import type { CriticalPath } from '#base/critical-path.ts';
import type { ConsoleSearch } from '../../lib/search.ts';
import type { TraceModel } from '../../lib/trace-model.ts';
import type { FoldInfo, VisibleState } from '../../lib/trace-visible.ts';
import type { LogsByRow } from '../../lib/waterfall-lines.ts';

export interface TraceView {
  readonly model: TraceModel;
  readonly path: CriticalPath;
  /** What the URL holds, or will in a moment: it changes at once, so that no key acts on an old state. */
  readonly search: ConsoleSearch;
  readonly update: (change: ConsoleSearch) => void;
  readonly lines: Int32Array;
  readonly folds: readonly FoldInfo[];
  readonly state: VisibleState;
  readonly setState: (change: (state: VisibleState) => VisibleState) => void;
  readonly events: ReadonlyMap<number, readonly number[]>;
  readonly logs: LogsByRow;
  /** Row of the selected span, -1 for none. */
  readonly selected: number;
  readonly select: (row: number) => void;
  /** Asks the waterfall to bring a row into view; the counter makes asking twice for one row count. */
  readonly scrollTarget: { readonly row: number; readonly serial: number };
  readonly found: Int32Array;
  readonly isFound: (row: number) => boolean;
  readonly goToFound: (direction: -1 | 1) => void;
  readonly goToError: (direction: -1 | 1) => void;
  readonly toggle: (row: number) => void;
  readonly toggleSubtree: (row: number) => void;
  readonly unfold: (firstRow: number) => void;
  readonly viewNs: readonly [number, number];
  readonly setViewNs: (view: readonly [number, number] | undefined) => void;
}
