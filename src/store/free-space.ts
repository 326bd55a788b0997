import type { ClickHouseClient } from '@clickhouse/client';
import type { Clock } from '#base';

const MIB = 1024 * 1024;
const LEAST_RESERVE_BYTES = 16 * MIB;
const MOST_RESERVE_BYTES = 1024 * MIB;
const RESERVE_SHARE = 0.05;
/** What was seen holds for so long, while little is inserted. */
const FRESH_MS = 10_000;
/** Of a block's bytes, what reaches the disk at most: ids and other random bytes don't shrink, all else does. */
const WRITTEN_SHARE = 0.5;
/** And until this share of what may still be used was inserted. */
const TRUSTED_SHARE = 0.25;

/** What merges, dropping old days and the engine's own files need of a disk of this size: 5 %, from 16 MiB to 1 GiB. */
export function reserveOf(totalBytes: number): number {
  return Math.min(MOST_RESERVE_BYTES, Math.max(LEAST_RESERVE_BYTES, totalBytes * RESERVE_SHARE));
}

export interface DiskFigures {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** What is free where a database's tables are, or would be; undefined where the store doesn't tell. */
export async function readDisk(client: ClickHouseClient, database: string): Promise<DiskFigures | undefined> {
  const answer = await client.query({
    query: `SELECT toFloat64(sum(free_space)) AS free, toFloat64(sum(total_space)) AS total FROM system.disks
      WHERE is_remote = 0 AND name IN (SELECT arrayJoin(disks) FROM system.storage_policies WHERE policy_name = 'default' OR
        policy_name IN (SELECT storage_policy FROM system.tables WHERE database = '${database}'))`,
    format: 'JSONEachRow',
  });
  const [row] = await answer.json<{ free: number; total: number }>();
  return row === undefined || row.total === 0 ? undefined : { freeBytes: row.free, totalBytes: row.total };
}

/** Says before each insert whether it may take from the disk. A disk that fills while a part is written leaves broken parts. */
export class FreeSpace {
  readonly #read: () => Promise<DiskFigures | undefined>;
  readonly #clock: Clock;
  readonly #reserveBytes: number | undefined;
  #seen: DiskFigures | undefined = undefined;
  #seenAtMs = Number.NEGATIVE_INFINITY;
  #insertedBytes = 0;

  /** `read` gives undefined where the store doesn't tell. `reserveBytes`: default by the size of the disk. */
  constructor(read: () => Promise<DiskFigures | undefined>, clock: Clock, reserveBytes: number | undefined) {
    this.#read = read;
    this.#clock = clock;
    this.#reserveBytes = reserveBytes;
  }

  /** Bytes free when last looked. */
  get freeBytes(): number | undefined {
    return this.#seen?.freeBytes;
  }

  /** Why nothing of this size may be inserted now, in words; undefined where it may. */
  async obstacle(byteLength: number): Promise<string | undefined> {
    this.#insertedBytes += byteLength;
    if (!this.#isKnown()) {
      this.#seen = await this.#read();
      this.#seenAtMs = this.#clock.monotonicMs();
      this.#insertedBytes = byteLength;
    }
    if (this.#seen === undefined) return undefined;
    const { freeBytes, totalBytes } = this.#seen;
    const reserveBytes = this.#reserveBytes ?? reserveOf(totalBytes);
    if (freeBytes - byteLength * WRITTEN_SHARE >= reserveBytes) return undefined;
    this.#seenAtMs = Number.NEGATIVE_INFINITY;
    return fullText(this.#seen, reserveBytes);
  }

  /** The disk turned out to be full: look before the next insert. */
  doubt(): void {
    this.#seenAtMs = Number.NEGATIVE_INFINITY;
  }

  #isKnown(): boolean {
    if (this.#clock.monotonicMs() - this.#seenAtMs > FRESH_MS) return false;
    if (this.#seen === undefined) return true;
    const usableBytes = this.#seen.freeBytes - (this.#reserveBytes ?? reserveOf(this.#seen.totalBytes));
    return this.#insertedBytes < usableBytes * TRUSTED_SHARE;
  }
}

/** The state of a disk with too little space, in words. */
export function fullText({ freeBytes, totalBytes }: DiskFigures, reserveBytes: number): string {
  return (
    `the store is out of disk: ${mib(freeBytes)} of ${mib(totalBytes)} MiB are free, ${mib(reserveBytes)} are kept in reserve; ` +
    'free some space or shorten the retention'
  );
}

function mib(bytes: number): string {
  return String(Math.floor(bytes / MIB));
}
