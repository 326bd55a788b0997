import { type Clock, ConsumeError, Deadline, messageOf, onAbort } from '#base';
import type { ScrapeConfig } from '#config';
import type { Batch } from '#pdata';
import type { Consumer, Counter, CreateSettings, Host, Receiver } from './contracts.ts';
import { type ReceiverCounters, receiverCounters } from './observe.ts';

/** Fetches metrics when it is told to. The controller around it knows when, for how long, and what to count. */
export interface Scraper {
  /** The label `scraper` of its metrics: `cpu`, `prometheus`. */
  readonly name: string;
  start?(host: Host): Promise<void>;
  shutdown?(): Promise<void>;
  /**
   * One look. Ends soon after `abort`. Rejects where nothing could be read; with a PartialScrape where some could. Is never called again
   * before it has ended.
   */
  scrape(abort: AbortSignal): Promise<Batch>;
}

/** Some of what was asked could be read. */
export class PartialScrape extends Error {
  override name = 'PartialScrape';
  readonly batch: Batch;
  /** Data points that could not be read, as far as that is known. */
  readonly failedCount: number;
  constructor(message: string, batch: Batch, failedCount: number, options?: ErrorOptions) {
    super(message, options);
    this.batch = batch;
    this.failedCount = failedCount;
  }
}

/** The first looks of what starts together are spread over so much of the interval. */
const JITTER_SHARE = 0.1;

/** A receiver made of scrapers: each looks at its own pace, and none waits for another. */
export class ScraperController implements Receiver {
  readonly #clock: Clock;
  readonly #loops: readonly ScrapeLoop[];

  constructor(settings: CreateSettings, config: ScrapeConfig, scrapers: readonly Scraper[], next: Consumer) {
    const counters = receiverCounters(settings, '').metrics;
    this.#clock = settings.clock;
    this.#loops = scrapers.map((scraper) => new ScrapeLoop({ settings, config, scraper, next, counters }));
  }

  async start(host: Host): Promise<void> {
    for (const loop of this.#loops) await loop.start(host);
  }

  /** Ends the looks under way, and waits until their data is taken. */
  async shutdown(deadlineMs: number): Promise<void> {
    const deadline = new Deadline(this.#clock, deadlineMs);
    await Promise.all(this.#loops.map((loop) => loop.shutdown(deadline)));
  }
}

interface LoopSettings {
  readonly settings: CreateSettings;
  readonly config: ScrapeConfig;
  readonly scraper: Scraper;
  readonly next: Consumer;
  readonly counters: ReceiverCounters;
}

/** One scraper's looks, one after the other, at fixed times: what is late leaves the times of the others as they are. */
class ScrapeLoop {
  readonly #all: LoopSettings;
  readonly #scraped: Counter;
  readonly #errored: Counter;
  readonly #stop = new AbortController();
  #nextMs = 0;
  #cancelTimer = (): void => undefined;
  #running: Promise<void> | undefined;
  #hasFailed = false;
  #isStarted = false;

  constructor(all: LoopSettings) {
    const { settings, scraper } = all;
    const unit = '{datapoints}';
    const labels = { scraper: scraper.name };
    this.#all = all;
    this.#scraped = settings.meter.counter(
      'scraper_scraped_metric_points',
      { unit, description: 'Number of metric points successfully scraped' },
      labels,
    );
    this.#errored = settings.meter.counter(
      'scraper_errored_metric_points',
      { unit, description: 'Number of metric points that were unable to be scraped' },
      labels,
    );
  }

  async start(host: Host): Promise<void> {
    const { settings, config, scraper } = this.#all;
    await scraper.start?.(host);
    this.#isStarted = true;
    const jitterMs = settings.random() * JITTER_SHARE * config.intervalMs;
    this.#nextMs = settings.clock.monotonicMs() + config.initialDelayMs + jitterMs;
    this.#schedule();
  }

  async shutdown(deadline: Deadline): Promise<void> {
    this.#cancelTimer();
    this.#stop.abort();
    if (this.#running !== undefined) await deadline.isOver(this.#running);
    if (!this.#isStarted) return;
    this.#isStarted = false;
    await this.#all.scraper.shutdown?.();
  }

  #schedule(): void {
    const { clock } = this.#all.settings;
    this.#cancelTimer = clock.after(Math.max(0, this.#nextMs - clock.monotonicMs()), () => {
      const { intervalMs } = this.#all.config;
      // Where the process stood still, the looks of that time are over.
      const missed = Math.max(0, Math.floor((clock.monotonicMs() - this.#nextMs) / intervalMs));
      this.#nextMs += (missed + 1) * intervalMs;
      this.#schedule();
      if (this.#running !== undefined) return this.#all.settings.account.trouble('scrape_skipped', 1, 'metrics');
      this.#running = this.#look().finally(() => {
        this.#running = undefined;
      });
    });
  }

  async #look(): Promise<void> {
    const { settings, config, scraper } = this.#all;
    const end = new AbortController();
    const stopWatching = onAbort(this.#stop.signal, () => end.abort());
    const cancelTimer =
      config.timeoutMs > 0 ? settings.clock.after(config.timeoutMs, () => end.abort()) : (): void => undefined;
    try {
      const batch = await scraper.scrape(end.signal);
      this.#well();
      await this.#handOn(batch);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#failed(end.signal.aborted ? new Error(`no answer within ${config.timeoutMs} ms`) : error);
      if (error instanceof PartialScrape) await this.#handOn(error.batch);
    } finally {
      cancelTimer();
      stopWatching();
    }
  }

  /** Nobody sends again what is refused here. */
  async #handOn(batch: Batch): Promise<void> {
    const { next, counters } = this.#all;
    const count = batch.itemCount;
    this.#scraped.add(count);
    if (count === 0) return;
    try {
      await next.consume(batch, this.#stop.signal);
      counters.accepted(count);
    } catch (error) {
      counters.lost(
        count,
        error instanceof ConsumeError ? error : new ConsumeError(messageOf(error), { reason: 'failed' }),
      );
    }
  }

  #failed(error: unknown): void {
    const { settings, scraper } = this.#all;
    // What is missing of a look that failed altogether nobody knows, but that something is.
    this.#errored.add(error instanceof PartialScrape ? error.failedCount : 1);
    settings.account.trouble('scrape_failed', 1, 'metrics');
    const message = messageOf(error);
    settings.logger.error('Error scraping metrics', { scraper: scraper.name, error: message });
    this.#hasFailed = true;
    settings.reportStatus('recoverable_error', `scraper "${scraper.name}": ${message}`);
  }

  #well(): void {
    if (!this.#hasFailed) return;
    this.#hasFailed = false;
    this.#all.settings.reportStatus('ok');
  }
}
