/**
 * The queries under way, by the ids that their clients gave them. chDB gives each an id of its own and takes none, so this is where
 * KILL QUERY, SHOW PROCESSLIST and a second query with the same id are settled.
 */
import { engineError } from './errors.ts';
import type { UserName } from './request.ts';
import { quoteString } from './sql-text.ts';

export interface RunningQuery {
  readonly id: string;
  readonly user: UserName;
  /** As it came, cut to what a list shows. */
  readonly text: string;
  /** The query ends with QUERY_WAS_CANCELLED, as soon as ClickHouse notices. */
  readonly cancel: () => void;
  /** By this ClickHouse knows it (Seat.tag); undefined while it waits for its turn. */
  tag: string | undefined;
}

/** What `KILL QUERY WHERE query_id = '…'` asks for, read from text that ClickHouse's formatter wrote. */
export interface KillRequest {
  readonly id: string;
  readonly mode: 'ASYNC' | 'SYNC' | 'TEST';
}

const killPattern = /^KILL QUERY WHERE query_id = '((?:[^'\\]|\\['\\])*)'(?: (SYNC|ASYNC|TEST))?$/;

export function killRequestOf(formatted: string): KillRequest | undefined {
  const match = killPattern.exec(formatted);
  if (match === null) return undefined;
  return { id: match[1]!.replace(/\\(.)/g, '$1'), mode: (match[2] as KillRequest['mode'] | undefined) ?? 'ASYNC' };
}

export class RunningQueries {
  readonly #byId = new Map<string, { readonly query: RunningQuery; readonly ended: Promise<void> }>();

  /** The function returned is to be called when the query has ended. Throws EngineError where one with this id is running. */
  begin(query: RunningQuery): () => void {
    if (this.#byId.has(query.id)) {
      throw engineError(
        'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING',
        `Query with id = ${query.id.slice(0, 80)} is already running`,
      );
    }
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#byId.set(query.id, { query, ended });
    return () => {
      this.#byId.delete(query.id);
      end();
    };
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** The client's id of the query that ClickHouse knows by this tag. */
  idOf(tag: string): string | undefined {
    return [...this.#byId.values()].find(({ query }) => query.tag === tag)?.query.id;
  }

  /**
   * Cancels a query, as KILL QUERY does: `signalbox` may cancel all, `reader` those of reader. Returns the statement whose result is
   * ClickHouse's answer. With SYNC it resolves when the query has ended.
   */
  async kill({ id, mode }: KillRequest, user: UserName): Promise<string> {
    const found = this.#byId.get(id);
    const isAllowed = found !== undefined && (user === 'signalbox' || found.query.user === user);
    if (!isAllowed) return `${killResult('', '', '', '')} LIMIT 0`;
    const { query, ended } = found;
    if (mode !== 'TEST') query.cancel();
    if (mode === 'SYNC') await ended;
    const status = { SYNC: 'finished', ASYNC: 'waiting', TEST: 'unknown_status' }[mode];
    return killResult(status, query.id, query.user, query.text);
  }

  /** SHOW PROCESSLIST with the clients' ids and users in place of ClickHouse's own. */
  processList(): string {
    const known = [...this.#byId.values()].filter(({ query }) => query.tag !== undefined);
    const list = (values: readonly string[]): string => `[${values.map(quoteString).join(', ')}]::Array(String)`;
    const tags = list(known.map(({ query }) => query.tag!));
    const named = (column: string, values: readonly string[]): string =>
      `transform(Settings['log_comment'], ${tags}, ${list(values)}, ${column}) AS ${column}`;
    const ids = named(
      'query_id',
      known.map(({ query }) => query.id),
    );
    const users = named(
      'user',
      known.map(({ query }) => query.user),
    );
    return `SELECT * REPLACE (${ids}, ${users}) FROM system.processes ORDER BY elapsed DESC`;
  }
}

function killResult(status: string, id: string, user: string, text: string): string {
  return (
    `SELECT ${quoteString(status)} AS kill_status, ${quoteString(id)} AS query_id, ` +
    `${quoteString(user)} AS user, ${quoteString(text)} AS query`
  );
}
