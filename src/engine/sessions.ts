/** Sessions of the HTTP interface (`session_id`): a connection that keeps its settings and temporary tables. */
import type { Connection } from './chdb.ts';
import { engineError } from './errors.ts';
import type { SessionRequest } from './request.ts';

interface Session {
  readonly connection: Connection;
  busy: boolean;
  timer: NodeJS.Timeout | undefined;
}

/** Sessions that may exist at a time; each holds a connection of some 100 kB. */
const maxSessions = 1000;

export class SessionStore {
  readonly #open: () => Connection;
  readonly #sessions = new Map<string, Session>();

  constructor(open: () => Connection) {
    this.#open = open;
  }

  /** Gives the session's connection for one query. Throws EngineError: in use, not found, too many. */
  take(request: SessionRequest): Connection {
    let session = this.#sessions.get(request.id);
    if (session === undefined) {
      if (request.mustExist) throw engineError('SESSION_NOT_FOUND', `Session ${request.id} not found`);
      if (this.#sessions.size >= maxSessions) {
        throw engineError('TOO_MANY_SIMULTANEOUS_QUERIES', `Too many sessions: ${maxSessions} are open`);
      }
      session = { connection: this.#open(), busy: false, timer: undefined };
      this.#sessions.set(request.id, session);
    }
    if (session.busy) throw engineError('SESSION_IS_LOCKED', `Session ${request.id} is locked by a concurrent client`);
    session.busy = true;
    clearTimeout(session.timer);
    return session.connection;
  }

  /** Gives it back; it closes after its timeout without use. */
  give(request: SessionRequest): void {
    const session = this.#sessions.get(request.id);
    if (session === undefined) return;
    session.busy = false;
    if (request.closeAfter) this.#close(request.id, session);
    else session.timer = setTimeout(() => this.#close(request.id, session), request.timeoutMs).unref();
  }

  #close(id: string, session: Session): void {
    clearTimeout(session.timer);
    this.#sessions.delete(id);
    session.connection.close();
  }

  /** Closes all; none may be in use. */
  closeAll(): void {
    for (const [id, session] of this.#sessions) this.#close(id, session);
  }
}
