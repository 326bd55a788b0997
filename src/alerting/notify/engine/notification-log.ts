import type { NotifyReason } from '../notification.ts';
import type { NotifyDocuments } from './documents.ts';
import { type NotifyLimits, RETENTION_MS } from './limits.ts';

/** What a way of a receiver was last told of a group (alertmanager/nflog). */
export interface LogEntry {
  readonly atMs: number;
  /** Fingerprints. */
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  /** What the receiver keeps for the next time. */
  readonly kept: Readonly<Record<string, string>>;
  readonly expiresAtMs: number;
}

/** A group, and one way of a receiver: `webhook[0]` of `team`. */
export interface LogKey {
  readonly groupKey: string;
  readonly receiver: string;
  readonly way: string;
}

export class NotificationLog {
  readonly #entries = new Map<string, LogEntry>();
  readonly #documents: NotifyDocuments;
  readonly #limits: NotifyLimits;

  constructor(documents: NotifyDocuments, limits: NotifyLimits) {
    this.#documents = documents;
    this.#limits = limits;
  }

  async load(nowMs: number): Promise<void> {
    for (const { key, body } of await this.#documents.list('notification')) {
      if (isEntry(body) && body.expiresAtMs > nowMs) this.#entries.set(key, body);
    }
  }

  get(key: LogKey): LogEntry | undefined {
    return this.#entries.get(textOf(key));
  }

  /** Known at once, and kept when it resolves. Rejects where the store doesn't keep it. */
  async record(key: LogKey, entry: Omit<LogEntry, 'expiresAtMs'>, repeatIntervalMs: number): Promise<void> {
    const text = textOf(key);
    const kept = { ...entry, expiresAtMs: entry.atMs + Math.min(RETENTION_MS, 2 * repeatIntervalMs) };
    this.#entries.delete(text);
    this.#entries.set(text, kept);
    if (this.#entries.size > this.#limits.logEntries) {
      // The oldest: who was told of it is told again, if at all.
      const [oldest] = this.#entries.keys();
      this.#entries.delete(oldest!);
    }
    await this.#documents.put('notification', text, kept);
  }

  async sweep(nowMs: number): Promise<void> {
    for (const [key, { expiresAtMs }] of Array.from(this.#entries)) {
      if (expiresAtMs > nowMs) continue;
      this.#entries.delete(key);
      await this.#documents.remove('notification', key);
    }
  }
}

function textOf({ groupKey, receiver, way }: LogKey): string {
  return JSON.stringify([groupKey, receiver, way]);
}

function isEntry(body: unknown): body is LogEntry {
  const entry = body as LogEntry;
  return (
    typeof body === 'object' &&
    body !== null &&
    typeof entry.atMs === 'number' &&
    typeof entry.expiresAtMs === 'number' &&
    Array.isArray(entry.firing) &&
    Array.isArray(entry.resolved)
  );
}

export interface Told {
  readonly firing: ReadonlySet<string>;
  readonly resolved: ReadonlySet<string>;
  readonly sendsResolved: boolean;
  readonly repeatIntervalMs: number;
  readonly nowMs: number;
}

/** Why a receiver is to be told; undefined where it is not (alertmanager/notify.DedupStage). */
export function reasonToNotify(entry: LogEntry | undefined, told: Told): NotifyReason | undefined {
  const { firing, resolved, sendsResolved, repeatIntervalMs, nowMs } = told;
  if (entry === undefined) return firing.size > 0 ? 'first notification' : undefined;
  if (!isSubset(firing, entry.firing)) {
    return entry.firing.length === 0 ? 'first notification' : 'new alerts added';
  }
  // Said also where the receiver is told of no end, so that the log forgets what fired.
  if (firing.size === 0) return entry.firing.length > 0 ? 'all alerts resolved' : undefined;
  if (sendsResolved && !isSubset(resolved, entry.resolved)) return 'some alerts resolved';
  return entry.atMs < nowMs - repeatIntervalMs ? 'repeat interval elapsed' : undefined;
}

function isSubset(some: ReadonlySet<string>, all: readonly string[]): boolean {
  if (some.size > all.length) return false;
  const known = new Set(all);
  for (const one of some) if (!known.has(one)) return false;
  return true;
}
