import { type Clock, ConsumeError, cancelledError, isPermanent, messageOf, onAbort } from '#base';
import type { Consumer, Logger } from '#component';
import type { RetryConfig } from '#config';
import type { Batch } from '#pdata';

export interface RetrySettings {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** One attempt may take so long; 0 means no limit. */
  readonly timeoutMs: number;
  readonly retry: RetryConfig;
  /** Called once per failed attempt that will be tried again. */
  onRetry(): void;
}

/**
 * Sends a batch until it is taken, refused for good, or out of time (otelcol exporterhelper/internal/retry_sender.go). Waits grow from
 * `initialIntervalMs` by `multiplier` with jitter; a wait that the server asked for is kept to. After `stop` there are no more waits: each
 * batch gets the attempt that it is owed, and fails if that fails. After `giveBack` those that wait fail at once with the error that they
 * wait for, and no attempt is followed by another.
 */
export class RetrySender {
  readonly #settings: RetrySettings;
  readonly #target: Consumer;
  readonly #wakeUps = new Set<() => void>();
  #end: 'one more attempt' | 'no more attempts' | undefined;

  constructor(settings: RetrySettings, target: Consumer) {
    this.#settings = settings;
    this.#target = target;
  }

  stop(): void {
    this.#end ??= 'one more attempt';
    for (const wakeUp of [...this.#wakeUps]) wakeUp();
  }

  giveBack(): void {
    this.#end = 'no more attempts';
    for (const wakeUp of [...this.#wakeUps]) wakeUp();
  }

  /** Throws the last error when the batch was not taken. */
  async send(batch: Batch, abort?: AbortSignal): Promise<void> {
    const { clock, retry, logger } = this.#settings;
    const startMs = clock.monotonicMs();
    let intervalMs = retry.initialIntervalMs;
    for (;;) {
      // The exporter owns what it gets, so an attempt that may be followed by another gets its own view of the data.
      const isLast = !retry.enabled || this.#end === 'one more attempt';
      const attempt = this.#target.mutatesData && !isLast ? batch.clone() : batch;
      const error = await this.#attempt(attempt, abort);
      if (error === undefined) return;
      const isOver = (): boolean => this.#isGivenBack || abort?.aborted === true;
      if (!retry.enabled || isPermanent(error) || isLast || isOver()) throw error;
      const throttleMs = error instanceof ConsumeError ? (error.retryAfterMs ?? 0) : 0;
      const delayMs = Math.max(this.#jittered(intervalMs), throttleMs);
      intervalMs = Math.min(intervalMs * retry.multiplier, retry.maxIntervalMs);
      const elapsedMs = clock.monotonicMs() - startMs;
      if (retry.maxElapsedTimeMs > 0 && elapsedMs + delayMs > retry.maxElapsedTimeMs) {
        throw new ConsumeError(`no more retries left: ${messageOf(error)}`, {
          reason: 'retries_exhausted',
          cause: error,
        });
      }
      this.#settings.onRetry();
      logger.info('Exporting failed. Will retry the request after interval.', {
        error: messageOf(error),
        interval: `${Math.round(delayMs)}ms`,
      });
      await this.#wait(delayMs, abort);
      if (isOver()) throw error;
    }
  }

  get #isGivenBack(): boolean {
    return this.#end === 'no more attempts';
  }

  #jittered(intervalMs: number): number {
    const delta = this.#settings.retry.randomizationFactor * intervalMs;
    return intervalMs - delta + this.#settings.random() * 2 * delta;
  }

  async #attempt(batch: Batch, abort: AbortSignal | undefined): Promise<unknown> {
    const { clock, timeoutMs } = this.#settings;
    let cancel = (): void => undefined;
    try {
      const end = new AbortController();
      const sending = this.#target.consume(batch, end.signal);
      const over = new Promise<never>((_, reject) => {
        const stop = (error: ConsumeError): void => {
          reject(error);
          end.abort();
        };
        const stopWatching = onAbort(abort, () => stop(cancelledError()));
        const cancelTimer =
          timeoutMs <= 0
            ? undefined
            : clock.after(timeoutMs, () =>
                stop(new ConsumeError(`no answer within ${timeoutMs} ms`, { reason: 'timeout' })),
              );
        cancel = () => {
          stopWatching();
          cancelTimer?.();
        };
      });
      await Promise.race([sending, over]);
      return undefined;
    } catch (error) {
      return error ?? new ConsumeError('refused without a reason');
    } finally {
      cancel();
    }
  }

  async #wait(delayMs: number, abort: AbortSignal | undefined): Promise<void> {
    if (this.#end !== undefined) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#wakeUps.delete(done);
        cancel();
        stopWatching();
        resolve();
      };
      const cancel = this.#settings.clock.after(delayMs, done);
      this.#wakeUps.add(done);
      let stopWatching = (): void => undefined;
      stopWatching = onAbort(abort, done);
    });
  }
}
