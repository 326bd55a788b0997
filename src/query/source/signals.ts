/** The signals, and what their items are called in the collector's own metrics. */
export type SignalName = 'traces' | 'logs' | 'metrics';

export const SIGNALS: readonly SignalName[] = ['traces', 'metrics', 'logs'];
export const ITEMS: { readonly [signal in SignalName]: string } = {
  traces: 'spans',
  metrics: 'metric_points',
  logs: 'log_records',
};
