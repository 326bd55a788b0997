import { ConsumeError, Deadline, messageOf } from '#base';
import type { Batch } from '#pdata';
import type { Consumer, CreateSettings } from './contracts.ts';

/** What a connector has to say at a time; `batch` makes it anew for each pipeline, which may change it. */
export interface MetricsRequest {
  readonly points: number;
  batch(): Batch;
}

export interface MetricsFeedOptions {
  /** 0 for none: only `flush` sends. */
  readonly intervalMs: number;
  /** The points count since those before, so that refused ones must be sent again. */
  readonly isDelta: boolean;
  collect(): MetricsRequest;
}

/** With delta: requests that were refused and wait for the next time. Each has what came in one interval. */
const UNSENT_LIMIT = 5;

/**
 * Sends the metrics that a connector makes of what it takes, every so often and once more at its end, to all pipelines behind it, and says
 * so in its account. A refusal is the next component's own, and reaches no sender: of cumulative points the next ones have it all, delta
 * points are sent again.
 */
export class MetricsFeed {
  readonly #settings: CreateSettings;
  readonly #next: ReadonlyMap<string, Consumer>;
  readonly #options: MetricsFeedOptions;
  /** By pipeline; always empty for cumulative points. */
  readonly #unsent = new Map<string, MetricsRequest[]>();
  #cancelTimer: () => void = () => {};
  #isClosed = false;
  #sending: Promise<void> = Promise.resolve();

  constructor(settings: CreateSettings, next: ReadonlyMap<string, Consumer>, options: MetricsFeedOptions) {
    this.#settings = settings;
    this.#next = next;
    this.#options = options;
  }

  start(): void {
    if (this.#options.intervalMs > 0) this.#schedule();
  }

  /** One at a time, so that points of a series arrive in order. */
  flush(): Promise<void> {
    this.#sending = this.#sending.then(() => this.#send());
    return this.#sending;
  }

  /** The last points, within the time. */
  async close(deadlineMs: number): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelTimer();
    await new Deadline(this.#settings.clock, deadlineMs).isOver(this.flush());
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#cancelTimer = this.#settings.clock.after(this.#options.intervalMs, () => {
      this.#schedule();
      void this.flush();
    });
  }

  async #send(): Promise<void> {
    const request = this.#options.collect();
    for (const [pipeline, consumer] of this.#next) {
      const waiting = this.#unsent.get(pipeline) ?? [];
      if (request.points > 0) waiting.push(request);
      this.#unsent.set(pipeline, await this.#sendAll(pipeline, consumer, waiting));
    }
  }

  /** Returns what is to be sent again. */
  async #sendAll(pipeline: string, consumer: Consumer, requests: readonly MetricsRequest[]): Promise<MetricsRequest[]> {
    for (const [index, request] of requests.entries()) {
      try {
        await consumer.consume(request.batch());
        this.#settings.account.added('metrics', request.points, 'aggregated');
      } catch (error) {
        const isPermanent = error instanceof ConsumeError && error.permanent;
        return this.#kept(pipeline, requests.slice(isPermanent ? index + 1 : index), messageOf(error));
      }
    }
    return [];
  }

  #kept(pipeline: string, rest: readonly MetricsRequest[], error: string): MetricsRequest[] {
    const { logger } = this.#settings;
    if (!this.#options.isDelta) {
      logger.warn('points were refused; the next ones have all that these had', { pipeline, error });
      return [];
    }
    const kept = rest.slice(-UNSENT_LIMIT);
    const lost = rest.length - kept.length;
    logger.warn('points were refused', { pipeline, error, 'requests.waiting': kept.length, 'requests.lost': lost });
    return kept;
  }
}
