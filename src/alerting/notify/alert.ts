import { compareText } from '#base';
import { type Instant, isNoInstant } from './instant.ts';
import { compareLabels, fingerprintOf, isLabelName, type Labels } from './labels.ts';

/** An alert as it was last told (alertmanager/alert). */
export interface Alert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: Instant;
  /** NO_INSTANT: it is not known yet. */
  readonly endsAt: Instant;
  readonly generatorUrl: string;
  readonly updatedAtMs: number;
  /** The end was not told, and comes from `resolve_timeout`. */
  readonly isTimeout: boolean;
  readonly fingerprint: string;
}

export function makeAlert(alert: Omit<Alert, 'fingerprint'>): Alert {
  return { ...alert, fingerprint: fingerprintOf(alert.labels) };
}

export function isResolved({ endsAt }: Alert, nowMs: number): boolean {
  return !isNoInstant(endsAt) && endsAt.ms <= nowMs;
}

/** What is wrong with an alert; undefined where nothing is. */
export function mistakeInAlert({
  labels,
  annotations,
  startsAt,
  endsAt,
}: Omit<Alert, 'fingerprint'>): string | undefined {
  if (isNoInstant(startsAt)) return 'start time missing';
  if (!isNoInstant(endsAt) && endsAt.ms < startsAt.ms) return 'start time must be before end time';
  if (labels.size === 0) return 'at least one label pair required';
  for (const [what, set] of [['label set', labels] as const, ['annotations', annotations] as const]) {
    for (const [name, value] of set) {
      if (!isLabelName(name)) return `invalid ${what}: invalid name "${name}"`;
      if (!value.isWellFormed()) return `invalid ${what}: invalid value "${value}"`;
    }
  }
  return undefined;
}

/** What two reports of one alert say together; times that overlap become one. */
export function mergeAlerts(one: Alert, other: Alert, nowMs: number): Alert {
  const [older, younger] = other.updatedAtMs < one.updatedAtMs ? [other, one] : [one, other];
  const startsAt = older.startsAt.ms < younger.startsAt.ms ? older.startsAt : younger.startsAt;
  const endsLater = older.endsAt.ms > younger.endsAt.ms;
  const keepsEnd = isResolved(younger, nowMs) ? isResolved(older, nowMs) && endsLater : endsLater && !older.isTimeout;
  return { ...younger, startsAt, endsAt: keepsEnd ? older.endsAt : younger.endsAt };
}

/** By job, instance, then all labels. */
export function compareAlerts(a: Alert, b: Alert): number {
  for (const name of ['job', 'instance']) {
    const [one, other] = [a.labels.get(name), b.labels.get(name)];
    if (one === other) continue;
    if (one === undefined) return 1;
    if (other === undefined) return -1;
    return compareText(one, other);
  }
  return compareLabels(a.labels, b.labels);
}
