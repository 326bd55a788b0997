/** The signals, and what their items are called in the collector's own metrics. */
import type { SignalName } from '../answers/index.ts';

export const SIGNALS: readonly SignalName[] = ['traces', 'metrics', 'logs'];
export const ITEMS: { readonly [signal in SignalName]: string } = {
  traces: 'spans',
  metrics: 'metric_points',
  logs: 'log_records',
};
