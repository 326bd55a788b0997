/** What a read may say of itself, and what it is told it took. */
import type { ClickHouseSettings } from '@clickhouse/client';
import type { StatementCost } from '../answers/index.ts';
import type { ReusedMemory } from './reused-memory.ts';

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  /** Further settings of ClickHouse, such as a limit on what is read. */
  readonly settings?: ClickHouseSettings;
  /** Default `heavy`. */
  readonly cost?: ReadCost;
  /** Counts what the statements of one request take of the store. */
  readonly spent?: SpentOnRequest;
  /** The answer may not be longer. Default 32 MiB; a statement that can give more has to cut values and rows itself. */
  readonly maxBytes?: number;
  /** Where the answer's bytes are kept; the table that is made of them is good for as long as what is there. */
  readonly memory?: ReusedMemory;
}

/**
 * - `cheap`: reads little however much is stored: a few index ranges, a trace by its id. Such reads pass the others.
 * - `bounded`: stops when it has enough, as the newest in the order of the sort key do, or nobody chose its range. What it will read can't be
 *   told before; the limit on bytes holds while it reads.
 * - `heavy`: what it reads grows with the range. Refused before it begins where that is more rows than allowed.
 */
export type ReadCost = 'cheap' | 'bounded' | 'heavy';

/** How much one statement may read. */
export interface ReadLimits {
  readonly rows: number;
  /** Uncompressed, of the columns that are read. */
  readonly bytes: number;
}

export interface SpentOnRequest {
  ms: number;
  /** Where it is there, each statement is noted, and estimated before it runs. */
  readonly statements?: StatementCost[];
}
