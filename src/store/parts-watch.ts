import type { ClickHouseClient } from '@clickhouse/client';
import { type Clock, messageOf } from '#base';

/**
 * ClickHouse's codes for what a damaged part gives when it is read: ends too early, wrong checksums and sizes, missing and unreadable files,
 * data that can't be. Source: ClickHouse src/Common/ErrorCodes.cpp.
 */
const DAMAGE_CODES: readonly number[] = [
  6, 23, 27, 32, 33, 40, 74, 76, 85, 87, 107, 117, 130, 131, 226, 228, 246, 271, 432, 521, 740, 1001,
];
/** Larger parts are only checked when a read of them failed. */
const CHECKED_PART_BYTES = 4 * 1024 ** 3;
/** A part that is younger will soon be merged into another one. */
const SETTLED_SECONDS = 600;
const LISTED_PARTS = 1000;
const SUSPECT_EVERY_MS = 600_000;

/** A part that was found damaged and set aside. */
export interface DamagedPart {
  readonly table: string;
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  readonly reason: string;
}

interface ActivePart {
  readonly table: string;
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Looks for parts that can't be read, and sets them aside (ALTER TABLE … DETACH PART), so that queries go on without them. A part is
 * suspected when ClickHouse's own list of errors names it, and each part is read once, a few at a time. Only CHECK TABLE decides.
 */
export class PartsWatch {
  readonly #clock: Clock;
  readonly #client: ClickHouseClient;
  readonly #database: string;
  /** How often each code had occurred when we looked last. */
  readonly #seen: Map<number, number> = new Map();
  #checked: Set<string> = new Set();
  /** An error spoke of damage without naming a part: all parts are read once more. */
  #isSuspicious = false;
  #suspectedMs = Number.NEGATIVE_INFINITY;

  constructor(client: ClickHouseClient, database: string, clock: Clock) {
    this.#clock = clock;
    this.#client = client;
    this.#database = database;
  }

  /** What has gone wrong since the last look. */
  async look(): Promise<readonly DamagedPart[]> {
    const errors = await this.#rows<{ code: number; count: string; message: string }>(
      `SELECT code, toString(value) AS count, last_error_message AS message FROM system.errors
        WHERE code IN (${DAMAGE_CODES.join(', ')})`,
    );
    const messages: string[] = [];
    for (const { code, count, message } of errors) {
      if (this.#seen.get(code) === Number(count)) continue;
      this.#seen.set(code, Number(count));
      messages.push(message);
    }
    if (messages.length === 0) return [];
    const damaged = await this.mend(messages.join('\n'));
    if (damaged.length === 0) this.#suspect();
    return damaged;
  }

  /** Not each time: whoever may send statements can raise such errors. */
  #suspect(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#suspectedMs < SUSPECT_EVERY_MS) return;
    this.#suspectedMs = nowMs;
    this.#isSuspicious = true;
    this.#checked.clear();
  }

  /** Whether parts should be read sooner than at leisure. */
  get isSuspicious(): boolean {
    return this.#isSuspicious;
  }

  /** Checks the parts that an error's text names. */
  async mend(message: string): Promise<readonly DamagedPart[]> {
    const suspects = await this.#rows<ActivePart>(
      `${this.#select} AND position({message:String}, name) > 0`,
      // A text that lists parts without end is cut.
      { message: message.slice(0, 20_000) },
    );
    return await this.#check(suspects);
  }

  /** Reads parts that were not read yet, the youngest first, until they are `budgetBytes`. `all` includes those that may soon be merged. */
  async checkSome(budgetBytes: number, all: boolean): Promise<readonly DamagedPart[]> {
    const settled = all || this.#isSuspicious ? '' : `AND modification_time < now() - ${SETTLED_SECONDS}`;
    const parts = await this.#rows<ActivePart>(
      `${this.#select} ${settled} AND bytes_on_disk <= ${CHECKED_PART_BYTES} ORDER BY modification_time DESC LIMIT ${LISTED_PARTS}`,
    );
    const known = new Set<string>();
    const due: ActivePart[] = [];
    let bytes = 0;
    for (const part of parts) {
      const key = `${part.table}/${part.name}`;
      if (this.#checked.has(key)) known.add(key);
      else if (bytes < budgetBytes) {
        due.push(part);
        known.add(key);
        bytes += part.bytes;
      }
    }
    this.#checked = known;
    if (due.length === 0) this.#isSuspicious = false;
    return await this.#check(due);
  }

  get #select(): string {
    return `SELECT table, name, toUInt32(rows) AS rows, toFloat64(bytes_on_disk) AS bytes FROM system.parts
      WHERE database = '${this.#database}' AND active AND rows > 0`;
  }

  async #check(parts: readonly ActivePart[]): Promise<readonly DamagedPart[]> {
    const damaged: DamagedPart[] = [];
    for (const part of parts) {
      const reason = await this.#damageOf(part);
      if (reason === undefined) continue;
      await this.#client.command({ query: `ALTER TABLE ${this.#place(part)} DETACH PART '${part.name}'` });
      damaged.push({ ...part, reason });
    }
    return damaged;
  }

  /** What CHECK TABLE finds wrong with a part; undefined where it is whole, or no longer there. */
  async #damageOf(part: ActivePart): Promise<string | undefined> {
    try {
      const answer = await this.#client.query({
        query: `CHECK TABLE ${this.#place(part)} PART '${part.name}'`,
        format: 'JSONEachRow',
        clickhouse_settings: { check_query_single_value_result: '0' as never },
      });
      const [result] = await answer.json<{ is_passed: number | boolean; message: string }>();
      return result === undefined || Number(result.is_passed) === 1 ? undefined : result.message.slice(0, 300);
    } catch (error) {
      // It was merged away meanwhile, or can't be checked now. Whatever reads it next brings it here again.
      if (/NO_SUCH_DATA_PART|MEMORY_LIMIT|TIMEOUT|No such data part/i.test(messageOf(error))) return undefined;
      throw error;
    }
  }

  #place(part: ActivePart): string {
    return `${this.#database}.${part.table}`;
  }

  async #rows<Row>(query: string, params: Readonly<Record<string, string>> = {}): Promise<Row[]> {
    const answer = await this.#client.query({ query, format: 'JSONEachRow', query_params: params });
    return await answer.json<Row>();
  }
}
