/** The system itself. */
import type { Series, SignalName, TimeGrid } from './common.ts';

/** A pipeline as its chain of components; `components` keys are `ComponentView.id`. */
export interface PipelineView {
  readonly id: string;
  readonly signal: SignalName;
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
  /** Items per second that entered it over the grid. */
  readonly rate: Series;
}

export interface ComponentView {
  /** `kind/id` and, for a processor, its pipeline: `processor/batch@traces`. */
  readonly id: string;
  readonly kind: 'receiver' | 'processor' | 'exporter' | 'connector' | 'extension';
  readonly componentId: string;
  readonly pipeline: string;
  readonly status: 'starting' | 'ok' | 'recoverable_error' | 'permanent_error' | 'fatal_error' | 'stopping' | 'stopped';
  readonly statusMessage: string;
  readonly inRate: Series;
  readonly outRate: Series;
  readonly queueSize?: number;
  readonly queueCapacity?: number;
  readonly refusedCount: number;
  readonly failedCount: number;
}

/** Items that did not get through in the range, by component and reason. `retried` ones may still arrive; `unaccounted` ones a component lost silently. */
export interface LossView {
  readonly component: string;
  /** Missing where it is not known. */
  readonly signal?: SignalName;
  readonly reason: string;
  readonly count: number;
  readonly kind: 'refused' | 'dropped' | 'lost' | 'sampled_out' | 'filtered' | 'retried' | 'unaccounted';
}

/** Over the grid, as the processes said of themselves. */
export interface SystemHistory {
  /** How often a process ended and was started again, in each bucket. */
  readonly restarts: readonly { readonly role: string; readonly values: Series }[];
  /** Acknowledged data that waits on disk for the store. */
  readonly spoolBytes: Series;
  /** The age of the oldest data that waits. */
  readonly lagSeconds: Series;
}

export interface ProcessView {
  readonly role: string;
  readonly uptimeS: number;
  /** Of one core. */
  readonly cpuPercent: number;
  readonly rssBytes: number;
}

export interface TableView {
  readonly name: string;
  readonly signal: SignalName | 'other';
  readonly rows: number;
  /** With the parts that were merged into others and are still there. */
  readonly bytesOnDisk: number;
  /** Of the parts that hold the rows now; goes with `rows` and `bytesUncompressed`. */
  readonly activeBytesOnDisk: number;
  readonly bytesUncompressed: number;
  readonly parts: number;
  /** The start of a day in UTC: the first on which any of the rows arrived. */
  readonly oldestMs?: number;
  readonly newestMs?: number;
  readonly retention: string;
}

export interface StoreView {
  readonly available: boolean;
  readonly message: string;
  readonly diskFreeBytes?: number;
  /** What is wrong with it and what to do, in words. */
  readonly problems: readonly string[];
  readonly tables: readonly TableView[];
  /** Stored spans, log records and data points, the last with Signalbox's own. */
  readonly itemCount: { readonly [signal in SignalName]: number };
  /** Compressed bytes on disk per stored span, log record and data point; 0 where there are none. */
  readonly bytesPerItem: { readonly [signal in SignalName]: number };
}

export interface SystemView {
  readonly grid: TimeGrid;
  readonly pipelines: readonly PipelineView[];
  readonly components: readonly ComponentView[];
  readonly losses: readonly LossView[];
  readonly processes: readonly ProcessView[];
  readonly store: StoreView;
  readonly history: SystemHistory;
  readonly freshness: { readonly [signal in SignalName]: { readonly newestMs?: number; readonly lagMs?: number } };
}
