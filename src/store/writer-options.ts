import type { Clock } from '#base';
import type { Signal } from '#pdata';
import type { StoreEndpoint } from './endpoint.ts';
import type { KeeperObserver } from './keeper.ts';
import type { Retention } from './migrate.ts';
import type { SegmentLogOptions } from './spool/segment-log.ts';

/** What the writer tells the component around it. All are called outside of hot loops. */
export interface StoreWriterObserver extends KeeperObserver {
  /** `failed` is for a mistake that retrying does not mend. */
  state(state: 'ok' | 'unavailable' | 'failed', message: string): void;
  /** Whether batches find a place in the spool. */
  accepting(isAccepting: boolean, message: string): void;
  /** A segment is in the store. `seconds` is what encoding and inserting took. */
  inserted(items: Readonly<Record<Signal, number>>, seconds: number): void;
  /** A segment was moved aside, because the store will never take it. */
  rejected(items: Readonly<Record<Signal, number>>): void;
  /** A segment's file is damaged or gone: these items can't be read from it any more. What is whole was stored, what is left set aside. */
  lost(items: Readonly<Record<Signal, number>>): void;
  /** An attempt failed and will be made again. */
  retried(): void;
}

export interface StoreWriterOptions {
  readonly endpoint: StoreEndpoint;
  /** Undefined: another writer notes the retention and looks after the store. */
  readonly retention: Retention | undefined;
  readonly spool: Omit<SegmentLogOptions, 'clock'>;
  /** Segments are kept in memory as columns up to so many bytes; beyond that they are read back from the spool. */
  readonly memoryBytes: number;
  /** Segments that are encoded and inserted at a time. */
  readonly concurrency: number;
  /** What inserts leave free of the store's disk. Undefined: by the disk's size, see free-space.ts. */
  readonly reserveBytes: number | undefined;
  /** One insert may take so long. */
  readonly insertTimeoutMs: number;
  /** Items are stored only while this is one of the servers' members (fence.ts); what comes too late is counted as rejected, and not kept. */
  readonly member?: string | undefined;
  /** Series ids that are remembered, so as not to write a series with each of its points. */
  readonly seriesLimit: number;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly observer: StoreWriterObserver;
}
