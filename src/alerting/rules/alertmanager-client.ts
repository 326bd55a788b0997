import { messageOf } from '#base';
import type { AlertSink, SentAlert } from './alert-sink.ts';

/** Sends alerts to an Alertmanager by its API v2, as Prometheus' notifier does. */

export interface AlertmanagerOptions {
  /** Of the Alertmanager, with the prefix of its path if it has one; may hold user and password. */
  readonly url: string;
  /** Added to alerts that don't have them. */
  readonly externalLabels: ReadonlyMap<string, string>;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
  /** For tests. */
  readonly fetch?: typeof fetch;
}

const QUEUE_MAX = 10_000;
const BATCH_MAX = 256;
const TIMEOUT_MS = 10_000;

/** What happened to alerts since the start. */
export interface AlertmanagerCounts {
  sent: number;
  failed: number;
  dropped: number;
}

/**
 * One Alertmanager. Alerts wait in a queue of its own, so that one that hangs keeps nothing from others; what a full queue or a failed
 * request loses comes again when the alert is sent again.
 */
export class AlertmanagerClient implements AlertSink {
  readonly counts: AlertmanagerCounts = { sent: 0, failed: 0, dropped: 0 };
  readonly #options: AlertmanagerOptions;
  /** Where alerts go, without user and password. */
  readonly address: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #fetch: typeof fetch;
  #queue: SentAlert[] = [];
  #sending: Promise<void> | undefined = undefined;
  #hasFailed = false;
  #isClosed = false;

  /** Throws a TypeError where the URL is none. */
  constructor(options: AlertmanagerOptions) {
    this.#options = options;
    this.#fetch = options.fetch ?? fetch;
    const url = new URL(options.url);
    const { username, password } = url;
    url.username = '';
    url.password = '';
    url.pathname = `${url.pathname.replace(/\/$/, '')}/api/v2/alerts`;
    this.address = url.href;
    const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    this.#headers = {
      'content-type': 'application/json',
      ...(username !== '' && { authorization: `Basic ${Buffer.from(login).toString('base64')}` }),
    };
  }

  send(alerts: readonly SentAlert[]): void {
    if (this.#isClosed) return;
    this.#queue.push(...alerts);
    const excess = this.#queue.length - QUEUE_MAX;
    if (excess > 0) {
      // The oldest: what is newer says more.
      this.#queue = this.#queue.slice(excess);
      this.counts.dropped += excess;
    }
    this.#sending ??= this.#sendAll();
  }

  /** Sends what waits, once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.slice(0, BATCH_MAX);
      this.#queue = this.#queue.slice(BATCH_MAX);
      await this.#post(batch);
      if (this.#isClosed && this.#hasFailed) break;
    }
    this.#sending = undefined;
  }

  async #post(alerts: readonly SentAlert[]): Promise<void> {
    const body = JSON.stringify(alerts.map((alert) => this.#form(alert)));
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await this.#fetch(this.address, { method: 'POST', headers: this.#headers, body, signal });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`it answers ${response.status}`);
      this.counts.sent += alerts.length;
      if (this.#hasFailed) this.#options.log('info', `the Alertmanager at ${this.address} takes alerts again`);
      this.#hasFailed = false;
    } catch (error) {
      this.counts.failed += alerts.length;
      const reason = messageOf((error as Error).cause ?? error);
      if (!this.#hasFailed)
        this.#options.log(
          'warn',
          `${alerts.length} alerts did not reach the Alertmanager at ${this.address}: ${reason}`,
        );
      this.#hasFailed = true;
    }
  }

  #form({ labels, annotations, startsAtMs, endsAtMs, generatorUrl }: SentAlert): object {
    return {
      labels: Object.fromEntries([...this.#options.externalLabels, ...labels.pairs]),
      annotations: Object.fromEntries(annotations),
      startsAt: new Date(startsAtMs).toISOString(),
      endsAt: new Date(endsAtMs).toISOString(),
      generatorURL: generatorUrl,
    };
  }
}

/** Tells several. */
export class AlertSinks implements AlertSink {
  readonly #sinks: readonly AlertSink[];

  constructor(sinks: readonly AlertSink[]) {
    this.#sinks = sinks;
  }

  send(alerts: readonly SentAlert[]): void {
    for (const sink of this.#sinks) sink.send(alerts);
  }
}
