import {
  type Clock,
  ConsumeError,
  cancelledError,
  Deadline,
  isPermanent,
  messageOf,
  onAbort,
  reasonOf,
  StartError,
} from '#base';
import type {
  Account,
  Capabilities,
  ComponentStatus,
  Exporter,
  Host,
  Ledger,
  Logger,
  Meter,
  MetricLabels,
} from '#component';
import type { DeliveryConfig } from '#config';
import type { Batch, Signal } from '#pdata';
import { type ExportCounters, exportCounters } from './counters.ts';
import { Estate, Inheritance, type Predecessor } from './inheritance.ts';
import { KeptBatches } from './kept-batches.ts';
import { SendingQueue } from './queue.ts';
import { RetrySender } from './retry.ts';
import { type SizeRecorder, sizeRecorder } from './sizes.ts';

const DROPPING = 'Exporting failed. Dropping data.';
const REJECTING = 'Exporting failed. Rejecting data. Try enabling sending_queue to survive temporary failures.';

export interface DeliverySettings {
  readonly id: string;
  readonly signal: Signal;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly account: Account;
  readonly ledger: Ledger;
  /** See ExporterFactory: what is sent and lost is not counted here. */
  readonly countsItself?: boolean;
  readonly peerLabels?: MetricLabels | undefined;
  reportStatus(status: ComponentStatus, message?: string): void;
}

/** So much of the time that a shutdown has goes to the queue; the rest is the exporter's own. */
const DRAINING_SHARE = 0.9;

/**
 * Everything around an exporter's one attempt: queue, batching, timeout, retry, and the counting and logging of what gets through and
 * what is lost, in otelcol's words (exporterhelper). Without a delivery configuration it counts, and passes errors to the caller.
 */
export class DeliveringExporter implements Exporter, Predecessor {
  readonly mutatesData: boolean;
  readonly #exporter: Exporter;
  readonly #settings: DeliverySettings;
  readonly #retry: RetrySender | undefined;
  readonly #queue: SendingQueue | undefined;
  readonly #counters: ExportCounters;
  readonly #enqueueSize: SizeRecorder | undefined;
  readonly #batchSize: SizeRecorder | undefined;
  readonly #gauges: (() => void)[] = [];
  #stopHolding: () => void;
  readonly #waitsForResult: boolean;
  /** The extension that is to keep the queue. */
  readonly #storageId: string | undefined;
  /** The attempts under way. */
  readonly #sending = new Set<Batch>();
  readonly #attempts = new Set<AbortController>();
  readonly #estate = new Estate();
  readonly #inheritance = new Inheritance();
  /** Batches of predecessors that go past the queue. */
  readonly #adopted = new Map<Batch, () => void>();
  #retirement: { readonly deadline: Deadline; readonly hasHeir: boolean } | undefined;
  #isStopping = false;
  #isAbandoned = false;
  #stopped: Promise<void> | undefined;
  #left: Promise<void> = Promise.resolve();
  #hasFailed = false;
  #kept: KeptBatches | undefined;

  constructor(exporter: Exporter, config: DeliveryConfig | undefined, settings: DeliverySettings) {
    this.#exporter = exporter;
    this.#settings = settings;
    // A queue holds batches that others may still read; only the exporter itself can say that it changes them.
    this.mutatesData = exporter.mutatesData;
    this.#stopHolding = settings.account.holds(settings.signal, () => this.#heldItems);
    this.#counters = exportCounters(settings.meter, {
      signal: settings.signal,
      countsItself: settings.countsItself === true,
      peerLabels: settings.peerLabels ?? {},
    });
    this.#waitsForResult = config?.queue.waitForResult === true;
    this.#storageId = config?.queue.enabled === true ? config.queue.storage : undefined;
    if (config !== undefined) {
      this.#retry = new RetrySender(
        {
          clock: settings.clock,
          random: settings.random,
          logger: settings.logger,
          timeoutMs: config.timeoutMs,
          retry: config.retry,
          onRetry: () => settings.account.trouble('retried', 1, settings.signal),
        },
        exporter,
      );
    }
    if (config?.queue.enabled === true) {
      this.#enqueueSize = sizeRecorder(settings.meter, 'enqueue', {});
      if (config.queue.batch !== undefined)
        this.#batchSize = sizeRecorder(settings.meter, 'queue_batch_send', settings.peerLabels ?? {});
      this.#queue = new SendingQueue(config.queue, {
        clock: settings.clock,
        send: (batch) => this.#send(batch, DROPPING, this.#waitsForResult),
        onSentAgain: (items) => settings.account.added(settings.signal, items, 'sent_again'),
      });
      this.#registerGauges(this.#queue, config.queue.sizer);
    }
  }

  /** Resolves when a reload has no more work here: see `retire`. */
  get left(): Promise<void> {
    return this.#left;
  }

  async start(host: Host): Promise<void> {
    const kept = await this.#openStorage(host);
    await this.#exporter.start(host);
    for (const { key, batch } of kept) void this.#queue?.adopt(batch, key);
  }

  /** What was kept before. Throws a StartError where the extension isn't there. */
  async #openStorage(host: Host): Promise<readonly { readonly key: string; readonly batch: Batch }[]> {
    if (this.#storageId === undefined) return [];
    const { id, signal, logger, account } = this.#settings;
    let storage: Capabilities['storage'];
    try {
      storage = host.extension(this.#storageId, 'storage');
    } catch (error) {
      const place = `exporters::${id}::sending_queue::storage: ${messageOf(error)}`;
      throw new StartError(place, 'leave it out for a queue in memory', { cause: error });
    }
    this.#kept = new KeptBatches(await storage.open({ kind: 'exporter', id, name: signal }), {
      signal,
      logger,
      account,
    });
    this.#queue?.keepIn({
      put: (batch) => this.#kept!.put(batch),
      remove: (key) => this.#kept!.remove(key),
      isForLater: (error) => this.#isKept(error),
    });
    return this.#kept.load();
  }

  /** At the end, what could still be sent stays on disk for the next run. */
  #isKept(error: unknown): boolean {
    return this.#kept !== undefined && this.#isStopping && !isPermanent(error);
  }

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    const { account, ledger, signal } = this.#settings;
    const items = batch.itemCount;
    ledger.begin(items);
    try {
      await this.#consume(batch, items, abort);
      ledger.end(items, true);
    } catch (error) {
      ledger.end(items, false);
      account.refused(signal, items, reasonOf(error));
      throw error;
    }
  }

  async #consume(batch: Batch, items: number, abort: AbortSignal | undefined): Promise<void> {
    if (this.#queue === undefined) {
      // An exporter without these settings can't be told to use them.
      const message = this.#retry === undefined ? 'Exporting failed. Rejecting data.' : REJECTING;
      await this.#send(batch, message, true, abort);
      return;
    }
    this.#enqueueSize?.(batch);
    let offered: { readonly done: Promise<void> };
    try {
      offered = await this.#queue.offer(batch, abort);
    } catch (error) {
      if (this.#isInheritable() && !isPermanent(error)) {
        this.#estate.leave(batch);
        return;
      }
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
   * Before a shutdown that is part of a reload. Nobody waits for the far side then: with an heir, what is queued, or fails from now on, is
   * kept for it (`takeOver`), and without one it is sent behind the reload's back. `left` says when that is over. The attempts under way
   * have until the deadline; what became of those that are open then is not known, so the heir sends them again.
   * Senders that wait for the result get an error, and send again.
   */
  retire(deadline: Deadline, hasHeir: boolean): void {
    this.#retirement = { deadline, hasHeir };
    if (!hasHeir) return;
    this.#isStopping = true;
    this.#retry?.giveBack();
    const error = new ConsumeError('the exporter is being restarted', { reason: 'shutdown' });
    this.#queue?.giveBack(error, (batch) => {
      // What is on disk the heir finds there.
      if (this.#kept !== undefined)
        this.#settings.account.absorbed(this.#settings.signal, batch.itemCount, 'kept_on_disk');
      else if (!this.#waitsForResult) this.#estate.leave(batch);
    });
  }

  /** Takes what an exporter that has retired left, and what it will leave. */
  takeOver(before: DeliveringExporter): void {
    this.#inheritance.expectFrom(before);
    before.#estate.passTo((batch) => this.#adopt(batch));
  }

  /** No exporter follows after all: what was kept for one is lost. */
  disinherit(): void {
    this.#estate.passTo((batch) => this.#lose(batch.itemCount, batch.itemCount));
  }

  /** What was taken, and is neither sent nor given up nor with an heir. */
  get #heldItems(): number {
    const kept = this.#estate.itemCount;
    return this.#isAbandoned ? kept : kept + (this.#queue?.itemCount ?? 0) + itemsOf(this.#adopted.keys());
  }

  #adopt(batch: Batch): void {
    if (this.#retirement?.hasHeir === true) this.#estate.leave(batch);
    else if (this.#isAbandoned) this.#lose(batch.itemCount, batch.itemCount);
    // In a queue that answers its senders nobody could tell those from batches that have none.
    else if (this.#queue !== undefined && !this.#waitsForResult && !this.#isStopping) void this.#queue.adopt(batch);
    else {
      this.#adopted.set(batch, batch.hold());
      this.#inheritance.send(() => this.#sendAdopted(batch));
    }
  }

  async #sendAdopted(batch: Batch): Promise<void> {
    // What is given up counts in `abandon`, any other failure in `#send`.
    if (!this.#isAbandoned) await this.#send(batch, DROPPING, false).catch(() => undefined);
    this.#adopted.get(batch)?.();
    this.#adopted.delete(batch);
  }

  /**
   * Stops retrying, sends what is queued once more, and shuts the exporter down. What is left at the deadline is lost, counted and
   * logged. After `retire` it only begins all that.
   */
  shutdown(deadlineMs: number): Promise<void> {
    if (this.#stopped !== undefined) return this.#stopped;
    const { clock } = this.#settings;
    const isEmpty = this.#queue === undefined || (this.#queue.itemCount === 0 && this.#inheritance.isSettled);
    // Whoever follows reads what is on disk: this one has to have left.
    if (this.#retirement === undefined || isEmpty || this.#kept !== undefined) {
      this.#stopped = this.#shutdown(new Deadline(clock, deadlineMs));
      this.#left = this.#stopped;
    } else {
      this.#stopped = Promise.resolve();
      this.#left = this.#shutdown(this.#retirement.deadline).catch((error: unknown) =>
        this.#settings.logger.error('Failed to shut down a component', { error: messageOf(error) }),
      );
    }
    return this.#stopped;
  }

  async #shutdown(deadline: Deadline): Promise<void> {
    this.#isStopping = true;
    this.#retry?.stop();
    const draining = Promise.all([this.#queue?.drain(), this.#inheritance.settled()]);
    if (!(await deadline.part(DRAINING_SHARE).isOver(draining))) this.abandon();
    for (const remove of this.#gauges.splice(0)) remove();
    await this.#exporter.shutdown(deadline.budgetMs);
    await this.#kept?.close();
    // What an heir will take is held until it does.
    this.#estate.whenEmpty(this.#stopHolding);
  }

  /** `isAnswered`: somebody waits for the outcome, and is told of a failure. */
  async #send(batch: Batch, failureMessage: string, isAnswered: boolean, abort?: AbortSignal): Promise<void> {
    if (this.#isAbandoned) throw cancelledError();
    const items = batch.itemCount;
    const attempt = new AbortController();
    const stopWatching = onAbort(abort, () => attempt.abort());
    this.#attempts.add(attempt);
    this.#sending.add(batch);
    this.#batchSize?.(batch);
    try {
      if (this.#retry === undefined) await this.#exporter.consume(batch, attempt.signal);
      else await this.#retry.send(batch, attempt.signal);
    } catch (error) {
      if (this.#isAbandoned) throw error;
      if (this.#isKept(error)) {
        this.#settings.account.absorbed(this.#settings.signal, items, 'kept_on_disk');
        throw error;
      }
      if (this.#isInheritable() && !isPermanent(error)) return this.#estate.leave(batch);
      this.#counters.failed(items, error);
      if (!isAnswered) this.#settings.account.dropped(this.#settings.signal, items, reasonOf(error));
      this.#settings.logger.error(failureMessage, {
        error: messageOf(error),
        dropped_items: items,
        permanent: isPermanent(error),
      });
      if (!this.#isStopping && abort?.aborted !== true) {
        this.#hasFailed = true;
        this.#settings.reportStatus('recoverable_error', messageOf(error));
      }
      throw error;
    } finally {
      stopWatching();
      this.#attempts.delete(attempt);
      this.#sending.delete(batch);
    }
    // What was given up counts as lost, whatever becomes of it.
    if (this.#isAbandoned && !isAnswered) return;
    this.#settings.ledger.produced(items);
    this.#counters.sent.add(items);
    if (this.#hasFailed && !this.#isStopping) {
      this.#hasFailed = false;
      this.#settings.reportStatus('ok');
    }
  }

  /** Whether what could not be sent goes to an heir: nobody else knows of it. */
  #isInheritable(): boolean {
    const isQueued = this.#queue !== undefined && this.#kept === undefined;
    return this.#retirement?.hasHeir === true && isQueued && !this.#waitsForResult;
  }

  /** Gives up what is still here: it goes to the heir or counts as lost now, whatever becomes of the attempts under way. */
  abandon(): void {
    if (this.#isAbandoned) return;
    this.#isAbandoned = true;
    this.#inheritance.abandon();
    if (this.#isInheritable()) for (const batch of this.#sending) this.#estate.leave(batch);
    else {
      const queued = this.#queue?.itemCount ?? 0;
      const adopted = itemsOf(this.#adopted.keys());
      this.#lose(queued + adopted, this.#waitsForResult ? adopted : queued + adopted);
      for (const endHold of this.#adopted.values()) endHold();
    }
    this.#queue?.letGo();
    this.#retry?.giveBack();
    for (const attempt of this.#attempts) attempt.abort();
  }

  /** `unanswered` of them have no sender that waits. */
  #lose(items: number, unanswered: number): void {
    if (items === 0) return;
    if (this.#kept !== undefined) {
      this.#settings.account.absorbed(this.#settings.signal, items, 'kept_on_disk');
      this.#settings.logger.info('What could not be sent stays on disk for the next start', { items });
      return;
    }
    const error = new ConsumeError('the queue was not empty at the end of the shutdown', { reason: 'shutdown' });
    this.#counters.failed(items, error);
    this.#settings.account.dropped(this.#settings.signal, unanswered, error.reason);
    this.#settings.logger.error(DROPPING, { error: error.message, dropped_items: items });
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

function itemsOf(batches: Iterable<Batch>): number {
  let sum = 0;
  for (const batch of batches) sum += batch.itemCount;
  return sum;
}
