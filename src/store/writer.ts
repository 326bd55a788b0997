import { messageOf, StartError } from '#base';
import type { Batch, Signal } from '#pdata';
import { encodeKeptRequest, encodeOtlpParts, type KeptRequest, KnownSeries, type OwnWrite } from '#wire';
import { FreeSpace } from './free-space.ts';
import { fileErrorOf, InsertError, Inserter } from './inserter.ts';
import { StoreKeeper } from './keeper.ts';
import { prepareDescriptions, prepareTables } from './migrate.ts';
import { KnownIds, RENEW_SECONDS } from './native/known-ids.ts';
import { SegmentEncoder } from './native/segment-encoder.ts';
import { addFrames, FORM, itemsOf, KINDS, sizeOf } from './segment-frames.ts';
import { SegmentStore } from './segment-store.ts';
import { Backoff, Delivery, DeliveryQueue } from './spool/delivery-queue.ts';
import { NO_ITEMS, type SegmentDamage, totalOf } from './spool/frames.ts';
import type { Segment } from './spool/segment.ts';
import { SegmentLog } from './spool/segment-log.ts';
import type { StoreWriterOptions } from './writer-options.ts';

/**
 * Senders wait when segments take more than this share of the memory that they may take, and no longer than this. The rest is for what is
 * under way then, and for senders that have waited long enough.
 */
const PACE_SHARE = 0.5;
const PACE_LIMIT_MS = 1000;
/** How often and how long after the start the tables are tried to be made before there is data. */
const EARLY_INTERVAL_MS = 100;
const EARLY_ATTEMPTS = 50;
/** How long after a failure it is tried again to describe the tables. */
const DESCRIBE_INTERVAL_MS = 1000;
/** How often it is tried whether the spool takes data again. */
const TRIAL_INTERVAL_MS = 1000;
/** The columns of a segment take less than its file, but their buffers grow ahead of them. */
const MEMORY_PER_BYTE = 1.25;
/** A block that the engine calls wrong is sent once more, in case the way there was at fault. */
const CONTENT_ATTEMPTS = 2;
/** A segment that breaks the connection so often, while others get through, is taken for the cause. */
const BROKEN_ATTEMPTS = 10;
/** What is inserted so soon after a failure is read back. */
const DOUBT_MS = 60_000;
const UNKNOWN_TABLE = 60;
const UNKNOWN_DATABASE = 81;
/** Of known series: rows of series are not due so often, but nobody else can tell when they are. */
const FULL_SECONDS = RENEW_SECONDS / 4;

/**
 * Takes batches into the spool and brings them from there into the store, each exactly once. `write` resolves when the batch is on disk.
 * A segment's blocks go in under tokens made of its id, so sending them again, after a lost answer or in the next process, changes
 * nothing.
 */
export class StoreWriter {
  readonly #options: StoreWriterOptions;
  readonly #inserter: Inserter;
  readonly #space: FreeSpace;
  readonly #keeper: StoreKeeper;
  readonly #segments: SegmentStore;
  readonly #known: KnownIds;
  /** Series of remote write that need not be read again. */
  readonly series: KnownSeries;
  readonly #queue: DeliveryQueue<SegmentEncoder>;
  readonly #backoff: Backoff;
  /** Encoders that are not in use. Their buffers serve the next segments. */
  readonly #encoders: SegmentEncoder[] = [];
  #log: SegmentLog<SegmentEncoder> | undefined = undefined;
  #heldBytes = 0;
  /** Senders that wait for the store to catch up. */
  #paced: (() => void)[] = [];
  #workers: Promise<void>[] = [];
  #merging: Promise<void> | undefined = undefined;
  #preparing: Promise<boolean> | undefined = undefined;
  #describing: Promise<void> | undefined = undefined;
  /** Set off when the writer stops: what is not made by then is made by the next process. */
  readonly #stopped = new AbortController();
  #isStopping = false;
  /** The store can't be used as it is, for example because a newer version made it. */
  #isRefused = false;
  #isAvailable = true;
  #isAccepting = true;
  #cancelTrial = (): void => undefined;
  #cancelEarly = (): void => undefined;
  /** Inserts that failed, or whose end is unknown. */
  #doubts = 0;
  #doubtUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: StoreWriterOptions) {
    this.#options = options;
    this.#inserter = new Inserter(options.endpoint, options.insertTimeoutMs, options.member);
    this.#keeper = new StoreKeeper(options);
    this.#space = new FreeSpace(() => this.#keeper.disk(), options.clock, options.reserveBytes);
    this.#segments = new SegmentStore(this.#inserter, this.#space, (message) => this.#keeper.mend(message));
    this.#known = new KnownIds(options.seriesLimit);
    this.series = new KnownSeries(options.seriesLimit, FULL_SECONDS);
    this.#queue = new DeliveryQueue(options.clock);
    this.#backoff = new Backoff(options.random);
  }

  /** Opens the spool and begins to deliver what an earlier process left. Doesn't wait for the engine. Throws StartError. */
  async start(): Promise<void> {
    const { spool, clock, observer, concurrency } = this.#options;
    this.#log = await SegmentLog.open<SegmentEncoder>(
      { ...spool, clock },
      {
        opened: () => this.#encoderToKeep(),
        closed: (segment) => this.#take(segment),
        // What the store takes costs it less in few large blocks: while it is at work the next one grows.
        isBusy: () => this.#queue.isBusy,
      },
    );
    if (this.#log.leftovers.length > 0)
      observer.log('info', `${this.#log.leftovers.length} segments of an earlier run are delivered first`);
    if (this.#log.wasOpenToOthers)
      observer.log('warn', `spool folder ${spool.dir}: others could read it; now only its owner can (mode 700)`);
    for (const path of this.#log.strangers) {
      observer.log('error', `${path}: it was in the spool folder, but no segment has such a name`);
      observer.lost(itemsOf(NO_ITEMS));
    }
    for (const segment of this.#log.leftovers) this.#queue.add(new Delivery(segment, segment.isSent));
    this.#workers = Array.from({ length: concurrency }, () => this.#work());
    void this.#prepareEarly();
  }

  /** Makes the tables before the first data comes, so that it need not wait for them. The engine may still be starting. */
  async #prepareEarly(): Promise<void> {
    for (let attempt = 0; attempt < EARLY_ATTEMPTS && !this.#isStopping && !this.#isRefused; attempt++) {
      if ((await this.#prepared()) || this.#isStopping) return;
      await new Promise<void>((resolve) => {
        this.#cancelEarly = this.#options.clock.after(EARLY_INTERVAL_MS, resolve);
      });
    }
  }

  /** Bytes in the spool, written or about to be. */
  get spoolBytes(): number {
    return this.#log?.bytes ?? 0;
  }

  get segmentCount(): number {
    return this.#log?.segmentCount ?? 0;
  }

  /** The age of the oldest data that is not in the store yet; 0 where all is. */
  get lagMs(): number {
    const oldestMs = this.#queue.oldestMs();
    return oldestMs === undefined ? 0 : Math.max(0, this.#options.clock.nowMs() - oldestMs);
  }

  /** Parts of the store that lie aside, most of them damaged. */
  get detachedParts(): number {
    return this.#keeper.detachedParts;
  }

  /** What is free on the store's disk, where that is known. */
  get freeBytes(): number | undefined {
    return this.#space.freeBytes;
  }

  /** Resolves when the batch is on disk. Rejects with a SpoolError where it can't be. */
  async write(batch: Batch): Promise<void> {
    await this.#append(batch.signal, FORM.otlp, batch.itemCount, encodeOtlpParts(batch), (encoder) => {
      for (const chunk of batch.chunks) encoder.add(chunk);
      return true;
    });
  }

  /** The same of a request of remote write, which the spool keeps as it came. */
  async writeRequest(write: OwnWrite, request: KeptRequest): Promise<void> {
    const { known, itemCount: items } = write;
    await this.#append('metrics', FORM.remoteWrite, items, encodeKeptRequest(request), (encoder) => {
      const isCurrent = known === undefined || this.series.isCurrent(known);
      if (isCurrent) encoder.addWrite(write, this.series, Math.floor(this.#options.clock.nowMs() / 1000));
      if (known !== undefined) this.series.release(known);
      return isCurrent;
    });
  }

  /** `encode` adds what is on disk then to the segment's encoder; false: it has to be read from there. */
  async #append(
    signal: Signal,
    form: number,
    items: number,
    parts: readonly Uint8Array[],
    encode: (encoder: SegmentEncoder) => boolean,
  ): Promise<void> {
    if (items === 0) return;
    if (this.#isAvailable && this.#heldBytes > this.#options.memoryBytes * PACE_SHARE) await this.#pace();
    try {
      await this.#log!.append(KINDS.indexOf(signal), parts, items, (segment) => this.#encode(segment, encode), form);
    } catch (error) {
      this.#refuse(messageOf(error), sizeOf(parts));
      throw error;
    }
    this.#accept();
  }

  /** Says that nothing is accepted, and tries until something would be: who asks before sending would wait for ever. */
  #refuse(message: string, bytes: number): void {
    if (!this.#isAccepting || this.#isStopping) return;
    this.#isAccepting = false;
    this.#options.observer.accepting(false, message);
    const tryLater = (): void => {
      this.#cancelTrial = this.#options.clock.after(TRIAL_INTERVAL_MS, () => {
        void this.#log!.canTake(bytes).then((canTake) => {
          if (this.#isAccepting || this.#isStopping) return;
          if (canTake) this.#accept();
          else tryLater();
        });
      });
    };
    tryLater();
  }

  #accept(): void {
    if (this.#isAccepting) return;
    this.#cancelTrial();
    this.#isAccepting = true;
    this.#options.observer.accepting(true, 'the spool takes data again');
  }

  /** Hands what has just reached the disk to the segment's encoder. */
  #encode(segment: Segment<SegmentEncoder>, encode: (encoder: SegmentEncoder) => boolean): void {
    try {
      if (segment.kept !== undefined && !encode(segment.kept)) segment.kept = undefined;
    } catch (error) {
      // The same happens when it is read back from the spool, and there it is counted.
      segment.kept = undefined;
      this.#options.observer.log('warn', `segment ${segment.id}: ${messageOf(error)}`);
    }
  }

  /**
   * The store takes data, but slower than it comes. Senders wait a moment for it to catch up, because data that no longer fits in memory
   * must be read back and decoded a second time, which costs as much again. Not for long: the spool is there to take more.
   */
  async #pace(): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(PACE_LIMIT_MS, resolve);
      this.#paced.push(() => {
        cancel();
        resolve();
      });
    });
  }

  /** What a new segment is encoded with, if the memory has room for it. */
  #encoderToKeep(): SegmentEncoder | undefined {
    const { spool, memoryBytes } = this.#options;
    if (this.#heldBytes + spool.segmentBytes * MEMORY_PER_BYTE > memoryBytes) return undefined;
    return this.#takeEncoder();
  }

  #takeEncoder(): SegmentEncoder {
    return this.#encoders.pop() ?? new SegmentEncoder();
  }

  #giveBack(encoder: SegmentEncoder): void {
    const { traces, metrics, logs } = encoder.items;
    // It has grown for an unusually large request, and would hold that for good.
    if (traces + metrics + logs > this.#options.spool.segmentItems * 4) return;
    encoder.reset();
    // One for each worker and one for the open segment; more were needed for a burst.
    if (this.#encoders.length <= this.#options.concurrency) this.#encoders.push(encoder);
  }

  #take(segment: Segment<SegmentEncoder>): void {
    this.#heldBytes += heldBytesOf(segment);
    this.#queue.add(new Delivery(segment, false));
    this.#merging ??= this.#mergeBacklog().finally(() => {
      this.#merging = undefined;
    });
  }

  /**
   * While the store is away, or slow, small segments pile up, one a second. Each costs it some inserts whatever its size, so those that were
   * never sent become fewer. What they have in memory is given up for that: it is read back.
   */
  async #mergeBacklog(): Promise<void> {
    while (!this.#isStopping) {
      const run = this.#queue.takeRun(this.#options.spool);
      if (run.length === 0) return;
      let merged: Segment<SegmentEncoder> | undefined;
      try {
        merged = await this.#log!.merge(run.map(({ segment }) => segment));
      } catch {
        // The log was closed: the next process goes on with what is on disk.
        return;
      }
      if (merged === undefined) for (const delivery of run) delivery.mayMerge = false;
      else for (const { segment } of run) this.#release(segment);
      this.#queue.replace(run, merged === undefined ? run : [new Delivery(merged, false)]);
      this.#log!.closeOld();
    }
  }

  async #work(): Promise<void> {
    for (;;) {
      const delivery = await this.#queue.next();
      if (delivery === undefined) return;
      if (!(await this.#prepared())) {
        this.#queue.putBack(delivery, this.#backoff.nextMs());
        this.#log!.closeOld();
        if (this.#isStopping) return;
        continue;
      }
      try {
        await this.#deliver(delivery);
      } catch (error) {
        await this.#retry(delivery, error);
      }
      this.#log!.closeOld();
    }
  }

  /** Makes sure that the tables exist, once for all workers. False where that failed; the next call tries again. */
  #prepared(): Promise<boolean> {
    const { endpoint, retention } = this.#options;
    this.#preparing ??= prepareTables({ endpoint, retention, signal: this.#stopped.signal }).then(
      () => {
        this.#backoff.reset();
        this.#setAvailable(true, 'the store is ready');
        this.#keeper.start();
        this.#describing ??= this.#describe().finally(() => {
          this.#describing = undefined;
        });
        return true;
      },
      (error: unknown) => {
        this.#preparing = undefined;
        if (this.#stopped.signal.aborted) return false;
        if (error instanceof StartError) {
          this.#isRefused = true;
          this.#options.observer.state('failed', error.message);
        } else this.#setAvailable(false, `the store can't be reached: ${messageOf(error)}`);
        return false;
      },
    );
    return this.#preparing;
  }

  /** Beside the first inserts. Says once why it can't, and tries again until it can. */
  async #describe(): Promise<void> {
    const { endpoint, retention, clock, observer } = this.#options;
    const { signal } = this.#stopped;
    let lastFailure = '';
    while (!signal.aborted) {
      try {
        await prepareDescriptions({ endpoint, retention, signal });
        return;
      } catch (error) {
        const reason = messageOf(error);
        if (reason !== lastFailure && !signal.aborted)
          observer.log('warn', `making the views for SQL and noting the retention failed: ${reason}`);
        lastFailure = reason;
      }
      await new Promise<void>((resolve) => {
        const cancel = clock.after(DESCRIBE_INTERVAL_MS, resolve);
        signal.addEventListener(
          'abort',
          () => {
            cancel();
            resolve();
          },
          { once: true },
        );
      });
    }
  }

  async #deliver(delivery: Delivery<SegmentEncoder>): Promise<void> {
    const { segment } = delivery;
    const startMs = this.#options.clock.monotonicMs();
    await this.#markSent(segment);
    let damage: SegmentDamage | undefined;
    // Where it isn't sure that the series of its points were written, they are read with them from the spool.
    if (segment.kept?.isComplete(this.series.generation) === false) this.#release(segment);
    if (segment.kept !== undefined) await this.#store(delivery, segment.kept);
    else {
      const encoder = this.#takeEncoder();
      try {
        damage = await this.#readBack(segment, encoder);
        await this.#store(delivery, encoder);
      } finally {
        this.#giveBack(encoder);
      }
    }
    this.#release(segment);
    // Only then is it done: who waits for the queue to be empty finds the spool empty too.
    if (damage === undefined) await this.#removeFile(segment);
    else await this.#setAside(delivery, damage);
    this.#queue.done(delivery);
    this.#backoff.reset();
    this.#setAvailable(true, 'the store takes data again');
    this.#options.observer.inserted(delivery.items, (this.#options.clock.monotonicMs() - startMs) / 1000);
  }

  /** What the next process finds unmarked was never sent, and may be merged with others. */
  async #markSent(segment: Segment<SegmentEncoder>): Promise<void> {
    await this.#log!.markSent(segment).catch((error: unknown) => {
      throw new InsertError(`segment ${segment.id} can't be marked: ${messageOf(error)}`, 'refused', 0, {
        cause: error,
      });
    });
  }

  /**
   * Stores the segment, and reads it back where that is in doubt: it may have been sent before, or something else failed meanwhile or a
   * moment ago, and the answer that all is well is not believed.
   */
  async #store(delivery: Delivery<SegmentEncoder>, encoder: SegmentEncoder): Promise<void> {
    if (this.#options.clock.monotonicMs() < this.#doubtUntilMs) delivery.isDoubtful = true;
    const doubts = this.#doubts;
    await this.#segments.store(delivery, encoder, this.#known);
    if (this.#doubts === doubts || delivery.isDoubtful) return;
    delivery.isDoubtful = true;
    await this.#segments.store(delivery, encoder, this.#known);
  }

  async #removeFile(segment: Segment<SegmentEncoder>): Promise<void> {
    try {
      await this.#log!.remove(segment);
    } catch (error) {
      // Its rows are in the store, where the next start will find them.
      const reason = messageOf(error);
      this.#options.observer.log('warn', `segment ${segment.id} is stored, but its file can't be removed: ${reason}`);
    }
  }

  /** Adds what is whole in the segment's file to the encoder. Returns what is not. */
  async #readBack(segment: Segment<SegmentEncoder>, encoder: SegmentEncoder): Promise<SegmentDamage | undefined> {
    const { frames, damage, tornBytes } = await this.#log!.read(segment).catch((error: unknown) => {
      throw fileErrorOf(error);
    });
    if (tornBytes > 0)
      this.#options.observer.log(
        'info',
        `segment ${segment.id}: ${tornBytes} bytes at its end were never acknowledged`,
      );
    return addFrames(encoder, frames, damage);
  }

  /** What was whole in a damaged segment is stored: keeps the file, and says what is lost. */
  async #setAside({ segment, items }: Delivery<SegmentEncoder>, damage: SegmentDamage): Promise<void> {
    const { observer } = this.#options;
    const stored = items.traces + items.metrics + items.logs;
    const count = totalOf(damage.lost);
    const lost = damage.isMoreLost ? `at least ${count}` : String(count);
    const what = `damaged (${damage.places}): ${stored} items were whole and are stored, ${lost} are lost`;
    try {
      const path = await this.#log!.reject(segment, what);
      observer.log('error', `segment ${segment.id} is ${what}; its file was moved to ${path}`);
    } catch (error) {
      observer.log('error', `segment ${segment.id} is ${what}; its file can't be moved aside: ${messageOf(error)}`);
    }
    observer.lost(itemsOf(damage.lost));
  }

  async #retry(delivery: Delivery<SegmentEncoder>, error: unknown): Promise<void> {
    // Whatever series, resources and scopes this segment brought are written again with the next rows that name them.
    this.#known.clear();
    this.series.forget();
    const failure = error instanceof InsertError ? error.failure : 'content';
    delivery.lastError = messageOf(error);
    if (failure === 'fenced') return await this.#giveUp(delivery);
    if (failure === 'content') {
      this.#doubt(delivery);
      if (++delivery.contentFailures >= CONTENT_ATTEMPTS) return await this.#reject(delivery);
      this.#queue.putBack(delivery, this.#backoff.nextMs());
    } else if (failure === 'refused') {
      this.#doubt(delivery);
      const { code } = error as InsertError;
      if (code === UNKNOWN_TABLE || code === UNKNOWN_DATABASE) this.#preparing = undefined;
      this.#queue.putBack(delivery, delivery.backoffMs(this.#options.random));
    } else if (failure === 'full') {
      if ((error as InsertError).code !== 0) this.#doubt(delivery);
      this.#setAvailable(false, delivery.lastError);
      const waitMs = this.#backoff.nextMs();
      this.#queue.pause(waitMs);
      this.#queue.putBack(delivery, waitMs);
    } else {
      this.#doubt(delivery);
      this.#setAvailable(false, delivery.lastError);
      if (++delivery.brokenCount >= BROKEN_ATTEMPTS && this.#queue.overtaken(delivery))
        return await this.#reject(delivery);
      const waitMs = this.#backoff.nextMs();
      this.#queue.pause(waitMs);
      this.#queue.putBack(delivery, waitMs);
    }
    this.#options.observer.retried();
  }

  /** An insert failed, so that it may be stored all the same, or stored in part; others may be, too. */
  #doubt(delivery: Delivery<SegmentEncoder>): void {
    delivery.isDoubtful = true;
    this.#doubts++;
    this.#doubtUntilMs = this.#options.clock.monotonicMs() + DOUBT_MS;
  }

  /** Another server goes on with what this one wrote: nobody wants the segment any more. */
  async #giveUp(delivery: Delivery<SegmentEncoder>): Promise<void> {
    const { segment, items } = delivery;
    this.#release(segment);
    await this.#removeFile(segment);
    this.#queue.done(delivery);
    this.#options.observer.log('warn', `segment ${segment.id} is not stored: another server has taken over its rules`);
    this.#options.observer.rejected(items);
  }

  /** Moves a segment aside that the store will never take. */
  async #reject(delivery: Delivery<SegmentEncoder>): Promise<void> {
    const { segment } = delivery;
    const { observer } = this.#options;
    this.#release(segment);
    try {
      const path = await this.#log!.reject(segment, delivery.lastError);
      observer.log('error', `segment ${segment.id} can't be stored and was moved to ${path}: ${delivery.lastError}`);
    } catch (error) {
      const reason = messageOf(error);
      observer.log('error', `segment ${segment.id} can't be stored (${delivery.lastError}) nor moved aside: ${reason}`);
    }
    this.#queue.done(delivery);
    const { traces, metrics, logs } = delivery.items;
    // Where it could not even be read, the segment's name says what was in it.
    observer.rejected(traces + metrics + logs > 0 ? delivery.items : itemsOf(segment.counts));
  }

  #release(segment: Segment<SegmentEncoder>): void {
    this.#heldBytes -= heldBytesOf(segment);
    if (segment.kept !== undefined) this.#giveBack(segment.kept);
    segment.kept = undefined;
    if (this.#paced.length === 0 || this.#heldBytes > this.#options.memoryBytes * PACE_SHARE) return;
    for (const go of this.#paced.splice(0)) go();
  }

  #setAvailable(isAvailable: boolean, message: string): void {
    if (!isAvailable && this.#isStopping) this.#queue.giveUpDraining();
    if (this.#isAvailable === isAvailable) return;
    this.#isAvailable = isAvailable;
    this.#options.observer.state(isAvailable ? 'ok' : 'unavailable', message);
  }

  /** Closes the open segment at once and resolves when nothing waits to be stored, or the time is over. */
  async drain(deadlineMs: number): Promise<void> {
    await this.#log?.roll();
    await this.#queue.drained(deadlineMs);
  }

  /**
   * Delivers what it can within `deadlineMs`, unless the engine is away; the rest stays in the spool for the next start. Safe twice and
   * without `start`.
   */
  async stop(deadlineMs: number): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#cancelTrial();
    this.#cancelEarly();
    for (const go of this.#paced.splice(0)) go();
    if (this.#log !== undefined) {
      if (this.#isAvailable) await this.drain(deadlineMs);
      else await this.#log.roll();
    }
    this.#stopped.abort();
    this.#queue.close();
    this.#inserter.close();
    await this.#keeper.stop();
    await this.#describing;
    await Promise.all(this.#workers);
    await this.#merging;
    await this.#log?.close();
  }
}

function heldBytesOf(segment: Segment<SegmentEncoder>): number {
  return segment.kept === undefined ? 0 : segment.bytes * MEMORY_PER_BYTE;
}
