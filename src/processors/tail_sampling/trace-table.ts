import { type HashKey, IdMap } from '#base';
import { MemberLists } from './member-lists.ts';

export const TRACE_FREE = 0;
/** Its spans are held and it waits for its decision. */
export const TRACE_PENDING = 1;
/** Decided, and its spans are gone; late spans follow the decision. */
export const TRACE_SAMPLED = 2;
export const TRACE_NOT_SAMPLED = 3;

const LIST_PENDING = 0;
const LIST_DECIDED = 1;
const FIRST_CAPACITY = 1024;

/**
 * One row of columns per trace: what its spans told so far, so that a decision looks at no span. About 100 bytes per trace.
 * Rows (`slot`) are reused.
 */
export class TraceTable {
  readonly map: IdMap;
  /** TRACE_*. */
  state: Uint8Array;
  /** The ends of its list of held spans (HeldSpans), -1 for none. */
  firstSpan: Int32Array;
  lastSpan: Int32Array;
  spanCount: Uint32Array;
  /** Bytes of its spans as received. */
  byteCount: Float64Array;
  /** Earliest start and latest end in nanoseconds as pairs of words, low word first; 0 while unknown. */
  startWords: Uint32Array;
  endWords: Uint32Array;
  /** `bitWords` words per trace: which conditions some span or resource of it met. */
  bits: Int32Array;
  readonly bitWords: number;
  /** The number of the policy that has decided while its spans still wait to go, and 1; 0 for none. */
  decidedBy: Uint16Array;
  /** Which spans the bits, the start and the end are of, where they are not of all: see TraceBuffer. */
  portion: Uint32Array;
  arrivedMs: Float64Array;
  decidedMs: Float64Array;
  count = 0;
  readonly #limit: number;
  readonly #age: MemberLists;
  /** Free slots are chained through `lastSpan`. */
  #free = -1;
  #used = 0;

  /** `limit` is the number of traces at most; memory for them is taken as they come. */
  constructor(options: {
    readonly limit: number;
    readonly expected: number;
    readonly bitWords: number;
    readonly hashKey: HashKey;
  }) {
    const capacity = Math.min(options.limit, Math.max(FIRST_CAPACITY, options.expected));
    this.#limit = options.limit;
    this.bitWords = options.bitWords;
    this.map = new IdMap(capacity, options.hashKey);
    this.state = new Uint8Array(capacity);
    this.firstSpan = new Int32Array(capacity);
    this.lastSpan = new Int32Array(capacity);
    this.spanCount = new Uint32Array(capacity);
    this.byteCount = new Float64Array(capacity);
    this.startWords = new Uint32Array(capacity * 2);
    this.endWords = new Uint32Array(capacity * 2);
    this.bits = new Int32Array(capacity * options.bitWords);
    this.decidedBy = new Uint16Array(capacity);
    this.portion = new Uint32Array(capacity);
    this.arrivedMs = new Float64Array(capacity);
    this.decidedMs = new Float64Array(capacity);
    this.#age = new MemberLists(2, capacity);
  }

  get isFull(): boolean {
    return this.count >= this.#limit;
  }

  get capacity(): number {
    return this.map.capacity;
  }

  get byteLength(): number {
    return (
      this.map.byteLength +
      this.#age.byteLength +
      this.capacity * (1 + 8 + 4 + 8 + 16 + 2 + 4 + 16) +
      this.bits.byteLength
    );
  }

  /** The trace that arrived first among those that wait, or -1. */
  get oldestPending(): number {
    return this.#age.first(LIST_PENDING);
  }

  /** The trace that was decided first among those that are decided, or -1. */
  get oldestDecided(): number {
    return this.#age.first(LIST_DECIDED);
  }

  /** A new pending trace; the table must not be full. Returns its slot. */
  create(word0: number, word1: number, word2: number, word3: number, hash: number, nowMs: number): number {
    let slot = this.#free;
    if (slot >= 0) this.#free = this.lastSpan[slot]!;
    else {
      if (this.#used === this.capacity) this.#grow();
      slot = this.#used++;
    }
    this.map.insert(slot, word0, word1, word2, word3, hash);
    this.state[slot] = TRACE_PENDING;
    this.firstSpan[slot] = -1;
    this.lastSpan[slot] = -1;
    this.spanCount[slot] = 0;
    this.byteCount[slot] = 0;
    this.decidedBy[slot] = 0;
    this.portion[slot] = 0;
    this.forget(slot);
    this.arrivedMs[slot] = nowMs;
    this.decidedMs[slot] = 0;
    this.#age.append(LIST_PENDING, slot);
    this.count++;
    return slot;
  }

  /** Forgets what its spans told, but not how many there are. */
  forget(slot: number): void {
    this.startWords[slot * 2] = 0;
    this.startWords[slot * 2 + 1] = 0;
    this.endWords[slot * 2] = 0;
    this.endWords[slot * 2 + 1] = 0;
    for (let i = 0; i < this.bitWords; i++) this.bits[slot * this.bitWords + i] = 0;
  }

  /** Notes the decision on a trace that stays in the table. */
  decide(slot: number, state: number, nowMs: number): void {
    this.state[slot] = state;
    this.decidedMs[slot] = nowMs;
    this.#age.move(slot, LIST_DECIDED);
  }

  remove(slot: number): void {
    this.map.remove(slot);
    this.#age.remove(slot);
    this.state[slot] = TRACE_FREE;
    this.lastSpan[slot] = this.#free;
    this.#free = slot;
    this.count--;
  }

  /** Calls back with the words of the ids of all traces in a state. */
  eachId(state: number, visit: (word0: number, word1: number, word2: number, word3: number) => void): void {
    const { ids } = this.map;
    for (let slot = 0; slot < this.#used; slot++) {
      if (this.state[slot] !== state) continue;
      const at = slot * 4;
      visit(ids[at]!, ids[at + 1]!, ids[at + 2]!, ids[at + 3]!);
    }
  }

  /** Takes the start and end of a span in: `low` is the index of the low words in the span's columns. */
  extend(slot: number, startWords: Uint32Array, endWords: Uint32Array, low: number): void {
    const at = slot * 2;
    const startLow = startWords[low]!;
    const startHigh = startWords[low + 1]!;
    const earliestHigh = this.startWords[at + 1]!;
    const earliestLow = this.startWords[at]!;
    const isUnknown = earliestHigh === 0 && earliestLow === 0;
    if (isUnknown || startHigh < earliestHigh || (startHigh === earliestHigh && startLow < earliestLow)) {
      // A span without a start time says nothing about the trace's.
      if (startHigh !== 0 || startLow !== 0) {
        this.startWords[at] = startLow;
        this.startWords[at + 1] = startHigh;
      }
    }
    const endLow = endWords[low]!;
    const endHigh = endWords[low + 1]!;
    const latestHigh = this.endWords[at + 1]!;
    if (endHigh > latestHigh || (endHigh === latestHigh && endLow > this.endWords[at]!)) {
      this.endWords[at] = endLow;
      this.endWords[at + 1] = endHigh;
    }
  }

  /** Latest end minus earliest start in whole milliseconds, rounded towards 0 as Go's Duration.Milliseconds does. */
  durationMs(slot: number): number {
    const at = slot * 2;
    const high = this.endWords[at + 1]! - this.startWords[at + 1]!;
    const ns = high * 0x1_0000_0000 + (this.endWords[at]! - this.startWords[at]!);
    return Math.trunc(ns / 1e6);
  }

  #grow(): void {
    const capacity = Math.min(this.#limit, this.capacity * 2);
    this.map.grow(capacity, (slot) => this.state[slot] !== TRACE_FREE);
    this.#age.grow(capacity);
    this.state = enlarge(this.state, new Uint8Array(capacity));
    this.firstSpan = enlarge(this.firstSpan, new Int32Array(capacity));
    this.lastSpan = enlarge(this.lastSpan, new Int32Array(capacity));
    this.spanCount = enlarge(this.spanCount, new Uint32Array(capacity));
    this.byteCount = enlarge(this.byteCount, new Float64Array(capacity));
    this.startWords = enlarge(this.startWords, new Uint32Array(capacity * 2));
    this.endWords = enlarge(this.endWords, new Uint32Array(capacity * 2));
    this.bits = enlarge(this.bits, new Int32Array(capacity * this.bitWords));
    this.decidedBy = enlarge(this.decidedBy, new Uint16Array(capacity));
    this.portion = enlarge(this.portion, new Uint32Array(capacity));
    this.arrivedMs = enlarge(this.arrivedMs, new Float64Array(capacity));
    this.decidedMs = enlarge(this.decidedMs, new Float64Array(capacity));
  }
}

function enlarge<T extends Int32Array | Uint32Array | Uint16Array | Uint8Array | Float64Array>(
  source: T,
  target: T,
): T {
  target.set(source);
  return target;
}
