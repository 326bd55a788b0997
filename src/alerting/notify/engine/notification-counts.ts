import type { Way } from '../ways.ts';

/** What one receiver was to be told by one of its types, since the start (alertmanager/notify.Metrics). */
export interface NotificationCounts {
  readonly receiver: string;
  /** `webhook`. */
  readonly integration: string;
  /** Notifications, and of them those that did not reach anybody with any attempt. */
  notifications: number;
  failed: number;
  /** Attempts. */
  requests: number;
  failedRequests: number;
}

/** Counts of the receivers of the configuration in use. */
export class NotificationCounters {
  #counts: ReadonlyMap<string, NotificationCounts> = new Map();

  /** Begins at zero for what is new in the configuration, and forgets what is no more in it. */
  follow(receivers: ReadonlyMap<string, readonly Way[]>): void {
    const next = new Map<string, NotificationCounts>();
    for (const [receiver, ways] of receivers) {
      for (const { integration } of ways) next.set(keyOf(receiver, integration), this.of(receiver, integration));
    }
    this.#counts = next;
  }

  /** To be added to. What the configuration has no more is counted nowhere. */
  of(receiver: string, integration: string): NotificationCounts {
    const known = this.#counts.get(keyOf(receiver, integration));
    return known ?? { receiver, integration, notifications: 0, failed: 0, requests: 0, failedRequests: 0 };
  }

  all(): readonly NotificationCounts[] {
    return Array.from(this.#counts.values());
  }
}

function keyOf(receiver: string, integration: string): string {
  return `${integration} ${receiver}`;
}
