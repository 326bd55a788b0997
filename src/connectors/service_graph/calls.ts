/** What is between the two ends of a call (`connection_type`); '' for a plain call. */
export type ConnectionType = '' | 'messaging_system' | 'database' | 'virtual_node';

/** A call of one service by another, of which one end or both were seen. */
export interface Call {
  readonly key: string;
  /** The server's span has no parent: nobody is known who called it. */
  readonly isFromOutside: boolean;
  readonly endsMs: number;
  connectionType: ConnectionType;
  /** '' for not seen yet. */
  client: string;
  server: string;
  clientSeconds: number;
  serverSeconds: number;
  failed: boolean;
  virtualNode: '' | 'client' | 'server';
  /** What a server that sends no spans would be called. */
  peer: string;
  /** By name with its end in front. */
  readonly dimensions: Map<string, string>;
}

/**
 * Calls that wait for their other end, by the ids of trace and client span. There are no more than `limit`, the one that came first leaves
 * first, and no call is in it that has both ends.
 */
export class WaitingCalls {
  readonly #limit: number;
  readonly #ttlMs: number;
  readonly #calls = new Map<string, Call>();

  constructor(limit: number, ttlMs: number) {
    this.#limit = limit;
    this.#ttlMs = ttlMs;
  }

  get size(): number {
    return this.#calls.size;
  }

  get isFull(): boolean {
    return this.#calls.size >= this.#limit;
  }

  /** The call with this key; a new one, which doesn't wait yet, where none is there. */
  get(key: string, isFromOutside: boolean, nowMs: number): Call {
    return (
      this.#calls.get(key) ?? {
        key,
        isFromOutside,
        endsMs: nowMs + this.#ttlMs,
        connectionType: '',
        client: '',
        server: '',
        clientSeconds: 0,
        serverSeconds: 0,
        failed: false,
        virtualNode: '',
        peer: '',
        dimensions: new Map(),
      }
    );
  }

  has(call: Call): boolean {
    return this.#calls.has(call.key);
  }

  add(call: Call): void {
    this.#calls.set(call.key, call);
  }

  remove(call: Call): void {
    this.#calls.delete(call.key);
  }

  /** Takes out those that have waited too long, the eldest first. */
  *expired(nowMs: number): Generator<Call> {
    for (const call of this.#calls.values()) {
      if (call.endsMs >= nowMs) return;
      this.#calls.delete(call.key);
      yield call;
    }
  }
}
