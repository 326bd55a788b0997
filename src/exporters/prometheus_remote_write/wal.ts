import { join, resolve } from 'node:path';
import { ConsumeError, messageOf, reasonOf } from '#base';
import type { Counter, CreateSettings, HistogramInstrument } from '#component';
import type { RetryConfig } from '#config';
import { type Segment, SegmentLog, SpoolError } from '#store';

export interface WalConfig {
  readonly directory: string;
  /** A file is sent when it has so many requests, or is so old. */
  readonly bufferSize: number;
  readonly truncateFrequencyMs: number;
}

export interface WalSettings {
  readonly config: WalConfig;
  readonly retry: RetryConfig;
  /** Of one request; 0 for no limit. */
  readonly timeoutMs: number;
  /** Rejects with a ConsumeError. */
  send(request: WalRequest, abort: AbortSignal): Promise<void>;
}

export interface WalRequest {
  readonly body: Uint8Array;
  readonly isVersion2: boolean;
  /** Of the batch that the request is a part of. */
  readonly points: number;
}

const USE = { kind: 'write-ahead log', wayOut: 'choose another one with wal::directory' };
/** The folder in `directory`, as otelcol names it. */
const FOLDER = 'prom_remotewrite';
const SEGMENT_BYTES = 64 * 1024 * 1024;
const REJECTED_BYTES = 256 * 1024 * 1024;
const POINTS_BYTES = 4;
const LATENCY_BOUNDS = [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

/**
 * Requests on disk, in files of so many, which are sent in their order and then deleted. What is not sent when the process ends is sent by
 * the next one; of a file that was sent in part, all of it once more, which does no harm.
 */
export class WriteAheadLog {
  readonly #settings: CreateSettings;
  readonly #wal: WalSettings;
  readonly #abort = new AbortController();
  readonly #waiting: Segment<undefined>[] = [];
  readonly #metrics: WalMetrics;
  #log: SegmentLog<undefined> | undefined;
  #work: Promise<void> = Promise.resolve();
  #wake = (): void => undefined;
  #endPause = (): void => undefined;
  #isFailing = false;
  #isEnding = false;
  #requests = 0;

  constructor(settings: CreateSettings, wal: WalSettings) {
    this.#settings = settings;
    this.#wal = wal;
    this.#metrics = walMetrics(settings, () => Math.max(0, this.#requests));
  }

  /** Throws a StartError where the folder can't be used. */
  async start(): Promise<void> {
    const { config } = this.#wal;
    const { clock, id, logger } = this.#settings;
    const log = await SegmentLog.open<undefined>(
      {
        dir: join(resolve(config.directory), FOLDER),
        owner: `exporter "${id}"`,
        use: USE,
        segmentBytes: SEGMENT_BYTES,
        segmentItems: config.bufferSize,
        segmentAgeMs: config.truncateFrequencyMs,
        limitBytes: Number.MAX_SAFE_INTEGER,
        rejectedLimitBytes: REJECTED_BYTES,
        clock,
      },
      { opened: () => undefined, closed: (segment) => this.#take(segment) },
    );
    this.#log = log;
    for (const path of log.strangers) logger.error(`${path}: it was in the write-ahead log, and is none of its files`);
    if (log.leftovers.length > 0) logger.info(`${log.leftovers.length} files of the write-ahead log are sent first`);
    for (const segment of log.leftovers) this.#requests += segment.items;
    this.#waiting.push(...log.leftovers);
    this.#work = this.#run();
  }

  /** Resolves when all of them are on disk. Rejects with a ConsumeError that may be retried. */
  async append(requests: readonly WalRequest[]): Promise<void> {
    const { clock } = this.#settings;
    const startMs = clock.monotonicMs();
    const { writes, writesFailures, bytesWritten, writeLatency } = this.#metrics;
    writes.add(1);
    try {
      await Promise.all(requests.map((request) => this.#append(request)));
    } catch (error) {
      writesFailures.add(1);
      const reason = error instanceof SpoolError ? error.reason : 'spool_write_failed';
      throw new ConsumeError(messageOf(error), { cause: error, reason });
    } finally {
      writeLatency.record(clock.monotonicMs() - startMs);
    }
    for (const { body } of requests) bytesWritten.add(body.length);
  }

  async #append({ body, isVersion2, points }: WalRequest): Promise<void> {
    const head = Buffer.alloc(POINTS_BYTES);
    head.writeUInt32LE(points);
    await this.#log!.append(isVersion2 ? 1 : 0, [head, body], 1);
    this.#requests++;
  }

  /** What can't be sent in time stays on disk. */
  async stop(deadlineMs: number): Promise<void> {
    const cancel = this.#settings.clock.after(deadlineMs / 2, () => this.#abort.abort());
    await this.#log?.roll();
    this.#isEnding = true;
    if (this.#isFailing) this.#abort.abort();
    this.#endPause();
    this.#wake();
    await this.#work;
    cancel();
    await this.#log?.close();
    this.#metrics.close();
  }

  #take(segment: Segment<undefined>): void {
    this.#waiting.push(segment);
    this.#wake();
  }

  async #run(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      const [segment] = this.#waiting;
      if (segment !== undefined) {
        if (!(await this.#deliver(segment))) return;
        this.#waiting.shift();
        this.#requests -= segment.items;
      } else if (this.#isEnding) return;
      else await this.#sleep();
    }
  }

  /** False where the process ends before: it stays. */
  async #deliver(segment: Segment<undefined>): Promise<boolean> {
    const { account, logger } = this.#settings;
    let flaw: string | undefined;
    let requests: readonly WalRequest[] = [];
    try {
      const reading = await this.#read(segment);
      requests = reading.requests;
      flaw = reading.damage;
    } catch (error) {
      this.#metrics.readsFailures.add(1);
      account.lost('metrics', segment.items, 'damaged');
      flaw = messageOf(error);
    }
    // One after the other, so that the points of a series arrive in order.
    for (const request of requests) {
      if (!(await this.#sendOne(request))) return false;
    }
    if (flaw !== undefined) account.trouble('damaged_files', 1);
    const log = this.#log!;
    await (flaw === undefined ? log.remove(segment) : log.reject(segment, flaw)).catch((error: unknown) => {
      logger.error(`the write-ahead log keeps a file that was sent: ${messageOf(error)}`);
    });
    return true;
  }

  async #read(segment: Segment<undefined>): Promise<{ requests: readonly WalRequest[]; damage: string | undefined }> {
    const { clock, account } = this.#settings;
    const { reads, bytesRead, readLatency } = this.#metrics;
    const startMs = clock.monotonicMs();
    const { frames, damage } = await this.#log!.read(segment);
    readLatency.record(clock.monotonicMs() - startMs);
    reads.add(frames.length);
    const requests = frames.map(({ kind, payload }) => {
      bytesRead.add(payload.length - POINTS_BYTES);
      const points = new DataView(payload.buffer, payload.byteOffset).getUint32(0, true);
      return { body: payload.subarray(POINTS_BYTES), isVersion2: kind === 1, points };
    });
    if (damage !== undefined) account.lost('metrics', damage.lost[0] + damage.lost[1], 'damaged');
    return { requests, damage: damage?.places };
  }

  /** Until it is taken, or refused for good. False where the process ends before. */
  async #sendOne(request: WalRequest): Promise<boolean> {
    for (let attempt = 0; !this.#abort.signal.aborted; attempt++) {
      try {
        await this.#attempt(request);
        this.#recover();
        return true;
      } catch (error) {
        if (error instanceof ConsumeError && !error.permanent) {
          await this.#pause(attempt, error);
          continue;
        }
        const { account, logger } = this.#settings;
        logger.error('a request of the write-ahead log is refused for good', { error: messageOf(error) });
        account.lost('metrics', request.points, reasonOf(error));
        this.#recover();
        return true;
      }
    }
    return false;
  }

  async #attempt(request: WalRequest): Promise<void> {
    const { timeoutMs, send } = this.#wal;
    const timer = new AbortController();
    const cancel = timeoutMs === 0 ? undefined : this.#settings.clock.after(timeoutMs, () => timer.abort());
    try {
      await send(request, AbortSignal.any([this.#abort.signal, timer.signal]));
    } finally {
      cancel?.();
    }
  }

  #recover(): void {
    if (this.#isFailing) this.#settings.reportStatus('ok');
    this.#isFailing = false;
  }

  /** Waits before the next attempt; not while the process ends. */
  async #pause(attempt: number, error: ConsumeError): Promise<void> {
    const { logger, random, clock, reportStatus } = this.#settings;
    const { initialIntervalMs, multiplier, maxIntervalMs, randomizationFactor } = this.#wal.retry;
    this.#isFailing = true;
    if (this.#isEnding) this.#abort.abort();
    if (this.#abort.signal.aborted) return;
    const grown = Math.min(maxIntervalMs, initialIntervalMs * multiplier ** attempt);
    const waitMs = Math.max(error.retryAfterMs ?? 0, grown * (1 + randomizationFactor * (2 * random() - 1)));
    reportStatus('recoverable_error', error.message);
    logger.warn('a request of the write-ahead log failed, and is sent again', { error: error.message, waitMs });
    await new Promise<void>((resolve) => {
      const cancel = clock.after(waitMs, resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
  }

  async #sleep(): Promise<void> {
    await new Promise<void>((done) => {
      this.#wake = done;
    });
  }
}

interface WalMetrics {
  readonly writes: Counter;
  readonly writesFailures: Counter;
  readonly bytesWritten: Counter;
  readonly writeLatency: HistogramInstrument;
  readonly reads: Counter;
  readonly readsFailures: Counter;
  readonly bytesRead: Counter;
  readonly readLatency: HistogramInstrument;
  readonly close: () => void;
}

/** As otelcol names them. */
function walMetrics({ meter }: CreateSettings, lag: () => number): WalMetrics {
  const name = (end: string): string => `exporter_prometheusremotewrite_wal_${end}`;
  const counter = (end: string, unit: string, description: string): Counter =>
    meter.counter(name(end), { unit, description });
  const latency = (end: string, description: string): HistogramInstrument =>
    meter.histogram(name(end), { unit: 'ms', description, bounds: LATENCY_BOUNDS });
  return {
    writes: counter('writes', '1', 'Number of WAL writes'),
    writesFailures: counter('writes_failures', '1', 'Number of WAL writes that failed'),
    bytesWritten: counter('bytes_written', 'By', 'Total number of bytes written to the WAL'),
    writeLatency: latency('write_latency', 'Response latency in ms for the WAL writes.'),
    reads: counter('reads', '1', 'Number of WAL reads'),
    readsFailures: counter('reads_failures', '1', 'Number of WAL reads that failed'),
    bytesRead: counter('bytes_read', 'By', 'Total number of bytes read from the WAL'),
    readLatency: latency('read_latency', 'Response latency in ms for the WAL reads.'),
    close: meter.gauge(name('lag'), { unit: '1', description: 'WAL lag' }, lag),
  };
}
