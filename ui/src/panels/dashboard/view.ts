import type { AppliedFilters, GridPlace, TimeSpan } from '#dashboards';
import type { Frame } from '../../lib/frame.ts';

/** What can be done with the panels of a dashboard that is being changed. */
export interface PanelEdits {
  readonly onPlace: (id: number, place: GridPlace) => void;
  readonly onOpen: (id: number) => void;
  readonly onCopy: (id: number) => void;
  readonly onRemove: (id: number) => void;
}

/** What applies to all panels of a dashboard that is open. */
export interface DashboardView {
  readonly time: TimeSpan;
  readonly filters: readonly AppliedFilters[];
  /** undefined while nothing is changed. */
  readonly edits: PanelEdits | undefined;
  /** What is marked in the charts. */
  readonly events: Frame | undefined;
  readonly onZoom: (fromMs: number, toMs: number) => void;
}
