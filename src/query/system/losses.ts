/** What did not get through, from the accounts that the collector's components keep. */

import { reasonText } from '#base';
import type { LossView } from '../answers/index.ts';
import { SIGNALS } from '../source/index.ts';
import type { OwnMetrics, OwnSeries } from './own-metrics.ts';

/** By the outcome that an account has for them; the others are no losses. */
const KINDS: ReadonlyMap<string, LossView['kind']> = new Map(
  (['refused', 'dropped', 'lost', 'sampled_out', 'filtered'] as const).map((kind) => [kind, kind]),
);
const UNACCOUNTED = 'taken, and then neither handed on nor reported: please tell us';

/** Items by component and reason, the largest number first. */
export function lossesOf(own: OwnMetrics): readonly LossView[] {
  const losses = new Map<string, LossView>();
  const add = (one: OwnSeries, count: number, kind: LossView['kind'], reason: string): void => {
    const signal = SIGNALS.find((name) => name === one.labels['otelcol.signal']);
    const view = { component: ownerOf(one.labels), ...(signal !== undefined && { signal }), reason, kind };
    const key = JSON.stringify(view);
    losses.set(key, { ...view, count: (losses.get(key)?.count ?? 0) + Math.round(count) });
  };
  for (const one of own.find('signalbox.component.items')) {
    const kind = KINDS.get(one.labels['outcome'] ?? '');
    if (kind !== undefined) add(one, one.increase, kind, reasonText(one.labels['reason'] ?? ''));
  }
  for (const one of own.find('signalbox.component.unaccounted_items')) {
    add(one, Math.abs(one.last), 'unaccounted', UNACCOUNTED);
  }
  for (const one of own.find('signalbox.component.troubles')) {
    const reason = one.labels['reason'] ?? '';
    add(one, one.increase, reason === 'retried' ? 'retried' : 'lost', reasonText(reason));
  }
  for (const one of own.find('otelcol_listener_refused_requests')) {
    add(one, one.increase, 'refused', reasonText(one.labels['reason'] ?? ''));
  }
  return [...losses.values()].filter((loss) => loss.count > 0).sort((a, b) => b.count - a.count);
}

/** `exporter/otlp`; of a listener, which says whose it is by a label called as the kind: `receiver/otlp`. */
function ownerOf(labels: OwnSeries['labels']): string {
  const kind = labels['otelcol.component.kind'];
  if (kind !== undefined) return `${kind}/${labels['otelcol.component.id'] ?? ''}`;
  const listener = (['receiver', 'extension'] as const).find((one) => labels[one] !== undefined);
  return listener === undefined ? 'own metrics' : `${listener}/${labels[listener]}`;
}
