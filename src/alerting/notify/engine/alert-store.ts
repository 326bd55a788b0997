import { type Alert, isResolved, mergeAlerts } from '../alert.ts';

/** All alerts that are known (alertmanager/provider/mem). */
export class AlertStore {
  readonly #alerts = new Map<string, Alert>();
  readonly #limit: number;
  /** Alerts that found no place, since the start. */
  refusedCount = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The alert as it is now known; undefined where there is no place for another. */
  put(told: Alert, nowMs: number): Alert | undefined {
    const known = this.#alerts.get(told.fingerprint);
    if (known === undefined && this.#alerts.size >= this.#limit) {
      this.forgetResolved(nowMs);
      if (this.#alerts.size >= this.#limit) {
        this.refusedCount++;
        return undefined;
      }
    }
    const alert = known !== undefined && overlap(known, told) ? mergeAlerts(known, told, nowMs) : told;
    this.#alerts.set(alert.fingerprint, alert);
    return alert;
  }

  all(): Iterable<Alert> {
    return this.#alerts.values();
  }

  get size(): number {
    return this.#alerts.size;
  }

  forgetResolved(nowMs: number): void {
    for (const [fingerprint, alert] of this.#alerts) if (isResolved(alert, nowMs)) this.#alerts.delete(fingerprint);
  }
}

function overlap(known: Alert, told: Alert): boolean {
  const endsWithin = told.endsAt.ms > known.startsAt.ms && told.endsAt.ms < known.endsAt.ms;
  const startsWithin = told.startsAt.ms > known.startsAt.ms && told.startsAt.ms < known.endsAt.ms;
  return endsWithin || startsWithin;
}
