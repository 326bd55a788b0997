import { HASH_KEY, IdMap, readWord } from '#base';

/** What is between the two ends of a call (`connection_type`); '' for a plain call. */
export type ConnectionType = '' | 'messaging_system' | 'database' | 'virtual_node';

/** A call of one service by another, of which one end or both were seen. */
export interface Call {
  /** The server's span has no parent: nobody is known who called it. */
  isFromOutside: boolean;
  endsMs: number;
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
  /** By name with its end in front; undefined where the configuration has none. */
  dimensions: Map<string, string> | undefined;
}

const FIRST_CAPACITY = 256;
const NONE = -1;

/**
 * Calls that wait for their other end, by the ids of trace and client span. There are no more than `limit`, and no call is in it that has both
 * ends.
 *
 *   ids         the half of the trace id that is random in all generations of ids, and the span id
 *   highs       the other half of the trace id: two words per index
 *   next, previous   the order in which they came, which is the order in which their time ends
 */
export class WaitingCalls {
  readonly #limit: number;
  readonly #ttlMs: number;
  readonly #map = new IdMap(FIRST_CAPACITY, HASH_KEY);
  #highs = new Int32Array(FIRST_CAPACITY * 2);
  #next = new Int32Array(FIRST_CAPACITY).fill(NONE);
  #previous = new Int32Array(FIRST_CAPACITY).fill(NONE);
  readonly #calls: (Call | undefined)[] = [];
  readonly #free: number[] = [];
  #eldest = NONE;
  #newest = NONE;
  #size = 0;
  /** The ids that were looked for last. */
  readonly #asked = new Int32Array(6);
  #hash = 0;

  constructor(limit: number, ttlMs: number) {
    this.#limit = limit;
    this.#ttlMs = ttlMs;
  }

  get size(): number {
    return this.#size;
  }

  /** The index of the call with these ids, which lie in the arena; `spanAt` is 0 for a call from outside. -1 where none waits. */
  find(arena: Uint8Array, traceAt: number, spanAt: number): number {
    const asked = this.#asked;
    asked[0] = readWord(arena, traceAt + 8);
    asked[1] = readWord(arena, traceAt + 12);
    asked[2] = spanAt === 0 ? 0 : readWord(arena, spanAt);
    asked[3] = spanAt === 0 ? 0 : readWord(arena, spanAt + 4);
    asked[4] = readWord(arena, traceAt);
    asked[5] = readWord(arena, traceAt + 4);
    this.#hash = this.#map.hash(asked[0]!, asked[1]!, asked[2]!, asked[3]!);
    return this.#map.find(asked[0]!, asked[1]!, asked[2]!, asked[3]!, this.#hash);
  }

  /** What `find` looked for has no span: a server's span without a parent. */
  get isForNoSpan(): boolean {
    return (this.#asked[2]! | this.#asked[3]!) === 0;
  }

  /** The call at an index that `find` gave; undefined where the other half of its trace id is another one. */
  at(index: number): Call | undefined {
    const isSame = this.#highs[index * 2] === this.#asked[4] && this.#highs[index * 2 + 1] === this.#asked[5];
    return isSame ? this.#calls[index] : undefined;
  }

  /** Adds a call with the ids that `find` did not find. Returns false where there is no room. */
  add(call: Call, nowMs: number): boolean {
    if (this.#size >= this.#limit || !this.#map.hasPlace(this.#hash)) return false;
    const index = this.#free.pop() ?? this.#calls.length;
    if (index >= this.#map.capacity) this.#grow();
    const asked = this.#asked;
    this.#map.insert(index, asked[0]!, asked[1]!, asked[2]!, asked[3]!, this.#hash);
    this.#highs[index * 2] = asked[4]!;
    this.#highs[index * 2 + 1] = asked[5]!;
    call.endsMs = nowMs + this.#ttlMs;
    this.#calls[index] = call;
    this.#previous[index] = this.#newest;
    this.#next[index] = NONE;
    if (this.#newest === NONE) this.#eldest = index;
    else this.#next[this.#newest] = index;
    this.#newest = index;
    this.#size++;
    return true;
  }

  remove(index: number): void {
    this.#map.remove(index);
    const [previous, next] = [this.#previous[index]!, this.#next[index]!];
    if (previous === NONE) this.#eldest = next;
    else this.#next[previous] = next;
    if (next === NONE) this.#newest = previous;
    else this.#previous[next] = previous;
    this.#calls[index] = undefined;
    this.#free.push(index);
    this.#size--;
  }

  /** Takes out those that have waited too long, the eldest first. */
  *expired(nowMs: number): Generator<Call> {
    while (this.#eldest !== NONE) {
      const call = this.#calls[this.#eldest]!;
      if (call.endsMs >= nowMs) return;
      this.remove(this.#eldest);
      yield call;
    }
  }

  #grow(): void {
    const capacity = this.#map.capacity * 2;
    this.#map.grow(capacity, (index) => this.#calls[index] !== undefined);
    this.#highs = enlarged(this.#highs, capacity * 2);
    this.#next = enlarged(this.#next, capacity);
    this.#previous = enlarged(this.#previous, capacity);
  }
}

function enlarged(column: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(column);
  return larger;
}
