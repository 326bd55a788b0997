import { type Clock, ConsumeError, isPermanent, messageOf } from '#base';
import type { ComponentStatus, Counter, Exporter, Host, Logger, Meter } from '#component';
import type { DeliveryConfig } from '#config';
import { type Batch, ITEM_NAME, type Signal } from '#pdata';
import { SendingQueue } from './queue.ts';
import { RetrySender } from './retry.ts';

const REJECTING = 'Exporting failed. Rejecting data. Try enabling sending_queue to survive temporary failures.';

export interface DeliverySettings {
  readonly id: string;
  readonly signal: Signal;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly meter: Meter;
  /** See ExporterFactory: what is sent and lost is not counted here. */
  readonly countsItself?: boolean;
  reportStatus(status: ComponentStatus, message?: string): void;
}

/**
 * Everything around an exporter's one attempt: queue, batching, timeout, retry, and the counting and logging of what gets through and
 * what is lost, in otelcol's words (exporterhelper). Without a delivery configuration it counts, and passes errors to the caller.
 */
export class DeliveringExporter implements Exporter {
  readonly mutatesData: boolean;
  readonly #exporter: Exporter;
  readonly #settings: DeliverySettings;
  readonly #retry: RetrySender | undefined;
  readonly #queue: SendingQueue | undefined;
  readonly #counters: Readonly<Record<'sent' | 'sendFailed' | 'enqueueFailed' | 'retries', Counter>>;
  readonly #gauges: (() => void)[] = [];
  readonly #waitsForResult: boolean;
  #leftovers: Batch[] | undefined = undefined;
  #isStopping = false;
  #isAbandoned = false;
  #stopped: Promise<void> | undefined;
  #hasFailed = false;

  constructor(exporter: Exporter, config: DeliveryConfig | undefined, settings: DeliverySettings) {
    this.#exporter = exporter;
    this.#settings = settings;
    // A queue holds batches that others may still read; only the exporter itself can say that it changes them.
    this.mutatesData = exporter.mutatesData;
    this.#counters = exportCounters(settings);
    this.#waitsForResult = config?.queue.waitForResult === true;
    if (config !== undefined) {
      this.#retry = new RetrySender(
        {
          clock: settings.clock,
          random: settings.random,
          logger: settings.logger,
          timeoutMs: config.timeoutMs,
          retry: config.retry,
          onRetry: () => this.#counters.retries.add(1),
        },
        exporter,
      );
    }
    if (config?.queue.enabled === true) {
      this.#queue = new SendingQueue(config.queue, {
        clock: settings.clock,
        send: (batch) => this.#send(batch, 'Exporting failed. Dropping data.'),
      });
      this.#registerGauges(this.#queue, config.queue.sizer);
    }
  }

  start(host: Host): Promise<void> {
    return this.#exporter.start(host);
  }

  async consume(batch: Batch): Promise<void> {
    if (this.#queue === undefined) {
      // An exporter without these settings can't be told to use them.
      await this.#send(batch, this.#retry === undefined ? 'Exporting failed. Rejecting data.' : REJECTING);
      return;
    }
    const items = batch.itemCount;
    let offered: { readonly done: Promise<void> };
    try {
      offered = await this.#queue.offer(batch);
    } catch (error) {
      this.#counters.enqueueFailed.add(items);
      this.#settings.logger.error('Exporting failed. Rejecting data.', {
        error: messageOf(error),
        rejected_items: items,
      });
      throw error;
    }
    if (this.#waitsForResult) await offered.done;
  }

  /**
   * Before a shutdown that another exporter follows (a reload): what is queued, or fails from now on, is kept for `takeOver` in place of
   * being tried once more and dropped. Senders that wait for the result get an error, and send again.
   */
  keepLeftovers(): void {
    if (this.#queue !== undefined) this.#leftovers = [];
  }

  /** Takes what an exporter that was shut down has kept. What does not fit into the queue counts as lost. */
  async takeOver(before: DeliveringExporter): Promise<void> {
    for (const batch of before.#leftovers?.splice(0) ?? []) await this.consume(batch).catch(() => undefined);
  }

  /** Stops retrying, sends what is queued once more, and shuts the exporter down. What is left at the deadline is lost and counted. */
  shutdown(deadlineMs: number): Promise<void> {
    this.#stopped ??= this.#shutdown(deadlineMs);
    return this.#stopped;
  }

  async #shutdown(deadlineMs: number): Promise<void> {
    const { clock } = this.#settings;
    const endMs = clock.nowMs() + deadlineMs;
    this.#isStopping = true;
    this.#retry?.stop();
    if (this.#queue !== undefined) {
      let cancel = (): void => undefined;
      const timeout = new Promise<boolean>((resolve) => {
        cancel = clock.after(deadlineMs, () => resolve(false));
      });
      const drained = await Promise.race([this.#queue.drain().then(() => true), timeout]);
      cancel();
      if (!drained) this.#abandon(this.#queue);
    }
    for (const remove of this.#gauges.splice(0)) remove();
    await this.#exporter.shutdown(Math.max(0, endMs - clock.nowMs()));
  }

  async #send(batch: Batch, failureMessage: string): Promise<void> {
    const items = batch.itemCount;
    if (this.#leftovers !== undefined && this.#isStopping) return this.#keep(batch);
    try {
      if (this.#retry === undefined) await this.#exporter.consume(batch);
      else await this.#retry.send(batch);
    } catch (error) {
      if (this.#isAbandoned) throw error;
      if (this.#leftovers !== undefined && this.#isStopping && !isPermanent(error)) return this.#keep(batch);
      this.#counters.sendFailed.add(items);
      this.#settings.logger.error(failureMessage, {
        error: messageOf(error),
        dropped_items: items,
        permanent: isPermanent(error),
      });
      if (!this.#isStopping) {
        this.#hasFailed = true;
        this.#settings.reportStatus('recoverable_error', messageOf(error));
      }
      throw error;
    }
    if (this.#isAbandoned) return;
    this.#counters.sent.add(items);
    if (this.#hasFailed && !this.#isStopping) {
      this.#hasFailed = false;
      this.#settings.reportStatus('ok');
    }
  }

  #keep(batch: Batch): void {
    if (this.#waitsForResult) throw new ConsumeError('the exporter is being restarted', { reason: 'stopped' });
    this.#leftovers!.push(batch);
  }

  /** Gives up what is still queued: it counts as lost now, whatever becomes of the attempts under way. */
  #abandon(queue: SendingQueue): void {
    this.#isAbandoned = true;
    this.#counters.sendFailed.add(queue.itemCount);
    this.#settings.logger.error('Exporting failed. Dropping data.', {
      error: 'the queue was not empty at the end of the shutdown',
      dropped_items: queue.itemCount,
    });
  }

  #registerGauges(queue: SendingQueue, sizer: string): void {
    const { meter, signal } = this.#settings;
    const labels = { data_type: signal };
    const unit = `{${sizer}}`;
    this.#gauges.push(
      meter.gauge(
        'exporter_queue_size',
        { unit, description: 'Current size of the sending queue' },
        () => queue.size,
        labels,
      ),
      meter.gauge(
        'exporter_queue_capacity',
        { unit, description: 'Fixed capacity of the sending queue' },
        () => queue.capacity,
        labels,
      ),
      meter.gauge(
        'exporter_in_flight_requests',
        { unit: '{requests}', description: 'Requests that are being sent, waits for a retry included' },
        () => queue.inFlight,
        labels,
      ),
    );
  }
}

const UNCOUNTED: Counter = { add: () => undefined };

function exportCounters(
  settings: DeliverySettings,
): Record<'sent' | 'sendFailed' | 'enqueueFailed' | 'retries', Counter> {
  const items = ITEM_NAME[settings.signal];
  const of = (name: string, description: string): Counter =>
    settings.countsItself === true
      ? UNCOUNTED
      : settings.meter.counter(`exporter_${name}_${items}`, { unit: `{${items}}`, description });
  return {
    sent: of('sent', `Number of ${items} successfully sent to destination`),
    sendFailed: of('send_failed', `Number of ${items} in failed attempts to send to destination`),
    enqueueFailed: of('enqueue_failed', `Number of ${items} failed to be added to the sending queue`),
    retries: settings.meter.counter(
      'exporter_retried_requests',
      { unit: '{requests}', description: 'Number of attempts that failed and were tried again' },
      { data_type: settings.signal },
    ),
  };
}
