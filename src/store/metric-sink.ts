import { existsSync } from 'node:fs';
import { messageOf, systemClock } from '#base';
import type { FolderUse } from '#base/folder.ts';
import { type Batch, SIGNALS, type Signal } from '#pdata';
import type { KeptRequest, KnownSeries, OwnWrite } from '#wire';
import type { StoreEndpoint } from './endpoint.ts';
import { SpoolError } from './spool/segment-log.ts';
import { StoreWriter } from './writer.ts';
import type { StoreWriterObserver } from './writer-options.ts';

/** Where the server's APIs and rules put metrics: what is pushed to them, what rules record. */
export interface MetricSink {
  /** Resolves when the batch is on disk, from where it reaches the store within about a second, once. Rejects with a SpoolError: try later. */
  write(batch: Batch): Promise<void>;
  /** The same of a request of remote write, which is kept as it came. Samples of series in `series` may come without them. */
  writeRequest(write: OwnWrite, request: KeptRequest): Promise<void>;
  /** Series of remote write that need not be read again; undefined where nothing is known yet. */
  readonly series?: KnownSeries | undefined;
  /** What became of the points so far, where it is counted. */
  readonly counts?: SinkCounts;
}

/** What happened to the items of a sink since it was made. */
export interface SinkCounts {
  /** On disk. */
  readonly accepted: number;
  /** For want of space, or of the folder. */
  readonly refused: number;
  /** In the store. */
  readonly stored: number;
  /** Set aside: the store will never take them. */
  readonly rejected: number;
  /** Unreadable, because their file was damaged. */
  readonly lost: number;
}

export interface StoreSinkOptions {
  readonly endpoint: StoreEndpoint;
  /** The spool's folder. Made with the first batch, and belongs to one process at a time. */
  readonly dir: string;
  /** Of the spool; default 1 GiB. What comes when it is full is refused. */
  readonly limitBytes?: number;
  /** See StoreWriterOptions. */
  readonly member?: string;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
}

const MIB = 1024 * 1024;
/** Less memory than the exporter `signalbox` takes by default: this process answers queries as well. */
const LIMITS = {
  segmentBytes: 16 * MIB,
  segmentItems: 131_072,
  /** Each insert costs the engine some 20 ms, whatever its size. */
  segmentAgeMs: 1000,
  rejectedLimitBytes: 256 * MIB,
} as const;
const DEFAULT_LIMIT_BYTES = 1024 * MIB;
const MEMORY_BYTES = 96 * MIB;
const CONCURRENCY = 2;
const INSERT_TIMEOUT_MS = 60_000;
const SERIES_LIMIT = 200_000;

const USE: FolderUse = {
  kind: "server's spool folder",
  user: 'server',
  wayOut: 'only one server of a data folder takes metrics: give this one another with --data',
};

/**
 * A writer with a spool of its own, for a process that mostly reads. It opens with the first batch, or at once where an earlier process left
 * something, so that a server that takes nothing has no folder and needs no right to write. Retention, and looking after what is
 * stored, are left to the collectors.
 */
export class StoreSink implements MetricSink {
  readonly #options: StoreSinkOptions;
  #writer: Promise<StoreWriter> | undefined = undefined;
  #series: KnownSeries | undefined = undefined;
  #isClosed = false;
  #lastFailure = '';
  readonly #counts = { accepted: 0, refused: 0, stored: 0, rejected: 0, lost: 0 };

  constructor(options: StoreSinkOptions) {
    this.#options = options;
  }

  /**
   * Delivers what an earlier process left. Where that can't be, the log says why, and with each batch it is tried again. Resolves to whether its folder is
   * there and this process's own.
   */
  async start(): Promise<boolean> {
    if (!existsSync(this.#options.dir)) return false;
    return await this.#opened().then(
      () => true,
      () => false,
    );
  }

  write(batch: Batch): Promise<void> {
    return this.#counted(batch.itemCount, (writer) => writer.write(batch));
  }

  writeRequest(write: OwnWrite, request: KeptRequest): Promise<void> {
    return this.#counted(write.itemCount, (writer) => writer.writeRequest(write, request));
  }

  get series(): KnownSeries | undefined {
    return this.#series;
  }

  async #counted(items: number, write: (writer: StoreWriter) => Promise<void>): Promise<void> {
    try {
      await write(await this.#opened());
      this.#counts.accepted += items;
    } catch (error) {
      this.#counts.refused += items;
      throw error instanceof SpoolError
        ? error
        : new SpoolError(messageOf(error), 'spool_write_failed', { cause: error });
    }
  }

  get counts(): SinkCounts {
    return { ...this.#counts };
  }

  /** Delivers what it can within `deadlineMs`; the rest stays for the next process. Safe twice. */
  async close(deadlineMs: number): Promise<void> {
    this.#isClosed = true;
    const writer = await this.#writer?.catch(() => undefined);
    await writer?.stop(deadlineMs);
  }

  #opened(): Promise<StoreWriter> {
    if (this.#isClosed) return Promise.reject(new SpoolError('the server stops', 'spool_write_failed'));
    this.#writer ??= this.#open().catch((error: unknown) => {
      this.#writer = undefined;
      const reason = messageOf(error);
      // Said once, however many senders try.
      if (reason !== this.#lastFailure) this.#options.log('error', reason);
      this.#lastFailure = reason;
      throw error;
    });
    return this.#writer;
  }

  async #open(): Promise<StoreWriter> {
    const { endpoint, dir, limitBytes = DEFAULT_LIMIT_BYTES, member } = this.#options;
    const writer = new StoreWriter({
      endpoint,
      retention: undefined,
      spool: { dir, owner: 'the API', use: USE, ...LIMITS, limitBytes },
      memoryBytes: MEMORY_BYTES,
      concurrency: CONCURRENCY,
      reserveBytes: undefined,
      insertTimeoutMs: INSERT_TIMEOUT_MS,
      member,
      seriesLimit: SERIES_LIMIT,
      clock: systemClock,
      random: Math.random,
      observer: this.#observer(),
    });
    await writer.start();
    this.#series = writer.series;
    return writer;
  }

  #observer(): StoreWriterObserver {
    const { log } = this.#options;
    const counts = this.#counts;
    return {
      log,
      state(state, message) {
        if (state === 'ok') log('info', message);
        else log(state === 'failed' ? 'error' : 'warn', `${message}; pushed metrics wait in the spool`);
      },
      accepting(isAccepting, message) {
        if (isAccepting) log('info', message);
        else log('error', `${message}; senders of metrics are told to try again later`);
      },
      inserted(items) {
        counts.stored += total(items);
      },
      rejected(items) {
        counts.rejected += total(items);
      },
      lost(items) {
        counts.lost += total(items);
      },
      retried: () => undefined,
      damaged: () => undefined,
    };
  }
}

function total(items: Readonly<Record<Signal, number>>): number {
  return SIGNALS.reduce((sum, signal) => sum + items[signal], 0);
}
