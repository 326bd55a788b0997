/** Sessions of the HTTP interface (`session_id`): a connection that keeps its settings and temporary tables. */
import { after, type Timer } from '#base';
import type { Connection } from './chdb.ts';
import { engineError } from './errors.ts';
import type { SessionRequest } from './request.ts';

interface Session {
  /** Undefined while it is being opened. */
  connection: Connection | undefined;
  busy: boolean;
  timer: Timer | undefined;
}

/** Sessions that may exist at a time; each holds a connection of some 100 kB. */
const MAX_SESSIONS = 1000;

export class SessionStore {
  readonly #open: () => Promise<Connection>;
  readonly #sessions = new Map<string, Session>();

  constructor(open: () => Promise<Connection>) {
    this.#open = open;
  }

  /** Gives the session's connection for one query. Throws EngineError: in use, not found, too many. */
  async take(request: SessionRequest): Promise<Connection> {
    let session = this.#sessions.get(request.id);
    if (session?.busy === true) {
      throw engineError('SESSION_IS_LOCKED', `Session ${request.id} is locked by a concurrent client`);
    }
    if (session !== undefined) {
      session.busy = true;
      session.timer?.cancel();
      return session.connection!;
    }
    if (request.mustExist) throw engineError('SESSION_NOT_FOUND', `Session ${request.id} not found`);
    if (this.#sessions.size >= MAX_SESSIONS) {
      throw engineError('TOO_MANY_SIMULTANEOUS_QUERIES', `Too many sessions: ${MAX_SESSIONS} are open`);
    }
    session = { connection: undefined, busy: true, timer: undefined };
    this.#sessions.set(request.id, session);
    try {
      session.connection = await this.#open();
      return session.connection;
    } catch (error) {
      this.#sessions.delete(request.id);
      throw error;
    }
  }

  /** Gives it back; it closes after its timeout without use. */
  give(request: SessionRequest): void {
    const session = this.#sessions.get(request.id);
    if (session === undefined) return;
    session.busy = false;
    if (request.closeAfter) this.#close(request.id, session);
    else session.timer = after(request.timeoutMs, () => this.#close(request.id, session));
  }

  #close(id: string, session: Session): void {
    session.timer?.cancel();
    this.#sessions.delete(id);
    session.connection?.close();
  }

  /** Closes all; none may be in use. */
  closeAll(): void {
    for (const [id, session] of this.#sessions) this.#close(id, session);
  }
}
