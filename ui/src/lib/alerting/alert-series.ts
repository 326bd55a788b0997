/** Which of the measured series an alert is of. */
import type { PromLabels } from '../promql/legend.ts';

/**
 * Per series its alert. One has the labels of its series and some of the rule's besides, so it has those of a series with fewer labels, too: it is of the series
 * that shares most with it.
 */
export function alertsBySeries<T extends { readonly labels: PromLabels }>(
  series: readonly PromLabels[],
  alerts: readonly T[],
): ReadonlyMap<PromLabels, T> {
  const found = new Map<PromLabels, T>();
  for (const alert of alerts) {
    let most: PromLabels | undefined;
    for (const labels of series)
      if (sharesAll(labels, alert.labels) && (most === undefined || sizeOf(labels) > sizeOf(most))) most = labels;
    if (most !== undefined && !found.has(most)) found.set(most, alert);
  }
  return found;
}

function sharesAll({ __name__: _, ...labels }: PromLabels, own: PromLabels): boolean {
  return Object.entries(labels).every(([name, value]) => own[name] === value);
}

function sizeOf(labels: PromLabels): number {
  return Object.keys(labels).length;
}
