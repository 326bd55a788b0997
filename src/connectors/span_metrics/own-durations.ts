/** A service that sent the metric itself in this time still does; it exports every minute as a rule. */
const OWN_FOR_MS = 15 * 60_000;
/** Names come from outside. */
const SERVICES_LIMIT = 10_000;

interface Service {
  readonly firstSeenMs: number;
  /** When it last sent the metric itself; -Infinity for never. */
  ownAtMs: number;
}

/**
 * Which services send `http.server.request.duration` themselves, so that it is not made of their spans, too. All instances of a connector share one:
 * those that take spans ask, the one that takes metrics says so.
 */
export class OwnDurations {
  readonly #waitMs: number;
  /** The one whose first span or point is the longest ago first. */
  #services = new Map<string, Service>();

  /** `waitMs`: so long a service that is new gets to send the metric itself. */
  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /** In a reload: knows from now on what `before` knows, and learns with it. */
  adopt(before: OwnDurations): void {
    this.#services = before.#services;
  }

  /** `service` has sent the metric. */
  note(service: string, nowMs: number): void {
    this.#of(service, nowMs).ownAtMs = nowMs;
  }

  /** A span of `service` has come; returns whether it is known to send the metric itself. */
  has(service: string, nowMs: number): boolean {
    return nowMs - this.#of(service, nowMs).ownAtMs < OWN_FOR_MS;
  }

  /** Whether points are wanted: it doesn't send any, and has had the time to. */
  areMissing(service: string, nowMs: number): boolean {
    const { firstSeenMs, ownAtMs } = this.#of(service, nowMs);
    return nowMs - ownAtMs >= OWN_FOR_MS && nowMs - firstSeenMs >= this.#waitMs;
  }

  #of(service: string, nowMs: number): Service {
    const known = this.#services.get(service);
    if (known !== undefined) return known;
    const made = { firstSeenMs: nowMs, ownAtMs: Number.NEGATIVE_INFINITY };
    if (this.#services.size >= SERVICES_LIMIT) this.#services.delete(this.#services.keys().next().value!);
    this.#services.set(service, made);
    return made;
  }
}

/** The name by which it is known whose telemetry something is; spans and metrics of a service have both attributes alike. */
export function serviceIdentity(namespace: string, name: string): string {
  return `${namespace}\0${name}`;
}
