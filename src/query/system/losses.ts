/** What did not get through, from the collector's own counters. */
import { reasonText } from '#base';
import { ITEMS, SIGNALS, type SignalName } from '../source/index.ts';
import type { OwnMetrics, OwnSeries } from './own-metrics.ts';

export interface LossView {
  readonly component: string;
  /** Missing where it is not known. */
  readonly signal?: SignalName;
  readonly reason: string;
  readonly count: number;
  readonly kind: 'refused' | 'dropped' | 'sampled_out' | 'filtered' | 'retried';
}

/** Counters of items that did not get through: what they are called, who counts, and how people read it. */
const LOSSES: readonly {
  /** Followed by `_spans`, `_metric_points` or `_log_records`. */
  readonly name: string;
  readonly label: 'receiver' | 'processor' | 'exporter';
  readonly kind: LossView['kind'];
  readonly reason: string;
}[] = [
  {
    name: 'otelcol_receiver_refused',
    label: 'receiver',
    kind: 'refused',
    reason: 'refused by what follows; the sender was told',
  },
  { name: 'otelcol_receiver_failed', label: 'receiver', kind: 'dropped', reason: 'failed inside the receiver' },
  {
    name: 'otelcol_processor_memory_limiter_refused',
    label: 'processor',
    kind: 'refused',
    reason: 'memory limit reached; the sender was told',
  },
  { name: 'otelcol_processor_dropped', label: 'processor', kind: 'dropped', reason: 'dropped by the processor' },
  { name: 'otelcol_processor_filter_filtered', label: 'processor', kind: 'filtered', reason: 'taken out by a filter' },
  { name: 'otelcol_exporter_enqueue_failed', label: 'exporter', kind: 'refused', reason: 'queue full' },
  {
    name: 'otelcol_exporter_send_failed',
    label: 'exporter',
    kind: 'dropped',
    reason: 'given up: the far side did not take them',
  },
  {
    name: 'otelcol_signalbox_store_lost',
    label: 'exporter',
    kind: 'dropped',
    reason: 'lost: their place on disk was damaged; see rejected/ in the spool folder',
  },
];

/** Whose listener turned something away. */
function listenerOf(labels: OwnSeries['labels']): string {
  const kind = (['receiver', 'extension'] as const).find((one) => labels[one] !== undefined);
  return kind === undefined ? 'own metrics' : `${kind}/${labels[kind]}`;
}

const LEFT_AT_STOP = 'given up: still in the queue at the end of a stop';

/** Items by component and reason, the largest number first. */
export function lossesOf(own: OwnMetrics): readonly LossView[] {
  const losses = new Map<string, LossView>();
  const add = (series: readonly OwnSeries[], loss: (one: OwnSeries) => Omit<LossView, 'count'>): void => {
    for (const one of series) {
      const view = loss(one);
      const key = JSON.stringify(view);
      losses.set(key, { ...view, count: (losses.get(key)?.count ?? 0) + Math.round(one.increase) });
    }
  };
  for (const { name, label, kind, reason } of LOSSES) {
    for (const signal of SIGNALS) {
      add(own.find(`${name}_${ITEMS[signal]}`), (one) => ({
        component: `${label}/${one.labels[label] ?? ''}`,
        signal,
        reason: one.labels['error.type'] === 'Shutdown' ? LEFT_AT_STOP : reason,
        kind,
      }));
    }
  }
  add(own.find('otelcol_signalbox_store_damaged_segments'), (one) => ({
    component: `exporter/${one.labels['exporter'] ?? ''}`,
    reason: 'files of the spool that were damaged, set aside in rejected/',
    kind: 'dropped',
  }));
  add(own.find('otelcol_listener_refused_requests'), ({ labels }) => ({
    component: listenerOf(labels),
    reason: reasonText(labels['reason'] ?? ''),
    kind: 'refused',
  }));
  const sampler = (one: OwnSeries): string =>
    `processor/${one.labels['processor'] ?? one.labels['otelcol.component.id'] ?? ''}`;
  const prefix = 'otelcol_processor_tail_sampling_';
  for (const [decision, reason] of [
    ['not_sampled', 'not sampled'],
    ['dropped', 'taken out by a drop policy'],
  ] as const) {
    add(own.find(`${prefix}count_spans_sampled`, { decision }), (one) => ({
      component: sampler(one),
      signal: 'traces',
      reason,
      kind: 'sampled_out',
    }));
  }
  add(own.find(`${prefix}lost_spans`), (one) => ({
    component: sampler(one),
    signal: 'traces',
    reason: reasonText(one.labels['reason'] ?? 'lost'),
    kind: 'dropped',
  }));
  add(own.find('otelcol_exporter_retried_requests'), (one) => ({
    component: `exporter/${one.labels['exporter'] ?? ''}`,
    signal: SIGNALS.find((name) => name === one.labels['data_type']) ?? 'traces',
    reason: 'requests that failed and were tried again',
    kind: 'retried',
  }));
  return [...losses.values()].filter((loss) => loss.count > 0).sort((a, b) => b.count - a.count);
}
