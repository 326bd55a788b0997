import type { ClickHouseClient } from '@clickhouse/client';
import { CalendarWatch, type Clock, messageOf } from '#base';
import { createStoreClient } from './client.ts';
import type { StoreEndpoint } from './endpoint.ts';
import { type DiskFigures, readDisk } from './free-space.ts';
import { insertErrorOf } from './inserter.ts';
import type { Retention } from './migrate.ts';
import { type DamagedPart, PartsWatch } from './parts-watch.ts';
import { RetentionSweeper } from './retention.ts';
import { enginesOn } from './schema/index.ts';

const ROUND_MS = 10_000;
/** Parts are read to check them every so many rounds, so many bytes of them: 1 % of what one core checks, 8 GiB an hour. */
const CHECK_ROUNDS = 6;
const CHECK_BYTES = 128 * 1024 * 1024;
const SWEEP_MS = 3_600_000;
/** Parts that are named one by one at the start. */
const NAMED_PARTS = 20;
/** CHECK TABLE reads all of a part. */
const CHECK_LIMIT_SECONDS = 300;

export interface KeeperOptions {
  readonly endpoint: StoreEndpoint;
  /** Undefined: parts and days are another writer's to look after. This one has no rounds, and mends what its inserts find. */
  readonly retention: Retention | undefined;
  readonly clock: Clock;
  readonly observer: KeeperObserver;
}

export interface KeeperObserver {
  log(level: 'info' | 'warn' | 'error', message: string): void;
  /** Parts were found damaged and set aside. */
  damaged(parts: number): void;
}

/** Looks after what is in the store: damaged parts are set aside and named, and what is older than the retention is dropped. */
export class StoreKeeper {
  readonly #options: KeeperOptions;
  readonly #client: ClickHouseClient;
  readonly #watch: CalendarWatch;
  readonly #parts: PartsWatch;
  readonly #sweeper: RetentionSweeper | undefined;
  #cancel: () => void = () => undefined;
  #round: Promise<void> | undefined = undefined;
  #rounds = 0;
  #sweptMs: number;
  #isStopped = false;
  #detached: Set<string> = new Set();
  #lastFailure = '';

  constructor(options: KeeperOptions) {
    const { endpoint, retention, clock, observer } = options;
    this.#options = options;
    this.#client = createStoreClient({
      ...endpoint,
      readonly: false,
      maxExecutionTimeSeconds: CHECK_LIMIT_SECONDS,
      maxOpenConnections: 2,
    });
    this.#watch = new CalendarWatch(clock, (byMs) => observer.log('warn', jumpText(byMs)));
    this.#parts = new PartsWatch(this.#client, endpoint.database, clock);
    if (retention !== undefined)
      this.#sweeper = new RetentionSweeper({
        client: this.#client,
        database: endpoint.database,
        retention,
        engines: enginesOn(endpoint.cluster),
        cluster: endpoint.cluster,
        clock,
        watch: this.#watch,
      });
    this.#sweptMs = clock.monotonicMs();
  }

  /** Parts that lie in folders `detached`: damaged ones, and what people put there. */
  get detachedParts(): number {
    return this.#detached.size;
  }

  /** Begins its rounds. The tables must be there. Safe twice. */
  start(): void {
    const { retention, observer } = this.#options;
    if (retention === undefined || this.#rounds > 0 || this.#round !== undefined || this.#isStopped) return;
    observer.log('info', retentionText(retention));
    this.#watch.start();
    this.#round = this.#nextRound();
  }

  async #nextRound(): Promise<void> {
    try {
      await this.round();
      this.#lastFailure = '';
    } catch (error) {
      // The engine is away, which the writer says. Anything else is said once.
      const reason = messageOf(error);
      if (reason !== this.#lastFailure && !this.#isStopped)
        this.#options.observer.log('warn', `looking after the store's parts and retention failed: ${reason}`);
      this.#lastFailure = reason;
    }
    this.#round = undefined;
    if (this.#isStopped) return;
    this.#cancel = this.#options.clock.after(ROUND_MS, () => {
      this.#round = this.#nextRound();
    });
  }

  /** One round. */
  async round(): Promise<void> {
    const isFirst = this.#rounds === 0;
    this.#report(await this.#parts.look());
    if (this.#rounds++ % CHECK_ROUNDS === 0 || this.#parts.isSuspicious)
      this.#report(await this.#parts.checkSome(CHECK_BYTES, isFirst));
    await this.#listDetached();
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#sweptMs < SWEEP_MS) return;
    this.#sweptMs = nowMs;
    for (const { table, day } of (await this.#sweeper?.sweep()) ?? [])
      this.#options.observer.log('info', `retention: ${table} of ${day} is dropped`);
  }

  /** Sets aside what an error's text names, if it is damaged. Gives how many parts that were. */
  async mend(message: string): Promise<number> {
    const damaged = await this.#parts.mend(message);
    this.#report(damaged);
    return damaged.length;
  }

  /**
   * What is free where the store's tables are; undefined where the store doesn't tell, for want of a grant: its inserts say when there is no
   * space. Throws InsertError.
   */
  async disk(): Promise<DiskFigures | undefined> {
    try {
      return await readDisk(this.#client, this.#options.endpoint.database);
    } catch (error) {
      const failure = insertErrorOf(error);
      if (failure.code === 0) throw failure;
      return undefined;
    }
  }

  #report(parts: readonly DamagedPart[]): void {
    const { observer, endpoint } = this.#options;
    for (const { table, name, rows, bytes, reason } of parts) {
      this.#detached.add(`${table}/${name}`);
      observer.log(
        'error',
        `part ${name} of ${endpoint.database}.${table} is damaged and was set aside, with ${rows} rows in ${bytes} bytes: ${reason}; ` +
          wayOut(endpoint.database, table, name),
      );
    }
    if (parts.length > 0) observer.damaged(parts.length);
  }

  /** Names what lies in folders `detached` since the last time, for example what the engine found broken at its start. */
  async #listDetached(): Promise<void> {
    const { observer, endpoint } = this.#options;
    const answer = await this.#client.query({
      query: `SELECT table, name, any(reason) AS reason FROM system.detached_parts WHERE database = '${endpoint.database}'
        GROUP BY table, name ORDER BY table, name LIMIT 10000`,
      format: 'JSONEachRow',
    });
    const known = this.#detached;
    const now = await answer.json<{ table: string; name: string; reason: string }>();
    const fresh = now.filter(({ table, name }) => !known.has(`${table}/${name}`));
    this.#detached = new Set(now.map(({ table, name }) => `${table}/${name}`));
    for (const { table, name, reason } of fresh.slice(0, NAMED_PARTS)) {
      const because = reason === '' ? '' : ` (${reason})`;
      observer.log(
        'warn',
        `part ${name} of ${endpoint.database}.${table} lies aside${because}, queries don't see its rows; ` +
          wayOut(endpoint.database, table, name),
      );
    }
    if (fresh.length > NAMED_PARTS)
      observer.log('warn', `${fresh.length - NAMED_PARTS} more parts lie aside, see system.detached_parts`);
    const broken = fresh.filter(({ reason }) => reason.startsWith('broken')).length;
    if (broken > 0) observer.damaged(broken);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    this.#watch.stop();
    await this.#client.close();
    await this.#round;
  }
}

function wayOut(database: string, table: string, name: string): string {
  return (
    `put its files back from a backup into the table's folder detached and run ALTER TABLE ${database}.${table} ATTACH PART '${name}', ` +
    'or delete it there'
  );
}

function jumpText(byMs: number): string {
  const seconds = Math.round(Math.abs(byMs) / 1000);
  const size = seconds < 7200 ? `${seconds} s` : `${(seconds / 3600).toFixed(1)} h`;
  const way = byMs > 0 ? 'ahead (set, or the machine was suspended)' : 'back';
  return `the clock jumped ${size} ${way}; nothing expires until it has held for an hour`;
}

const SECONDS_PER_HOUR = 3600;
const SECONDS_PER_DAY = 86_400;

/** For the log: `retention: traces 14 days, logs for ever, …`. */
function retentionText(retention: Retention): string {
  const texts = (['traces', 'logs', 'metrics'] as const).map((signal) => `${signal} ${spanText(retention[signal])}`);
  return `retention: ${texts.join(', ')}`;
}

function spanText(seconds: number): string {
  if (seconds === 0) return 'for ever';
  if (seconds % SECONDS_PER_DAY === 0) return `${seconds / SECONDS_PER_DAY} days`;
  return `${Math.round((seconds / SECONDS_PER_HOUR) * 100) / 100} hours`;
}
