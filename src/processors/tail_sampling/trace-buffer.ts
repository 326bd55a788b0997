import { type Clock, HASH_KEY, readWord } from '#base';
import type { Account } from '#component';
import type { Batch, SpanChunk } from '#pdata';
import type { TailSamplingConfig } from './config.ts';
import { DecisionCache } from './decision-cache.ts';
import { HeldSpans, SpanSelection } from './held-spans.ts';
import { MemberLists } from './member-lists.ts';
import type { TailSamplingMetrics } from './metrics.ts';
import { DECISION_NOT_SAMPLED, DECISION_SAMPLED } from './policies.ts';
import type { SpanConditions } from './span-conditions.ts';
import { TRACE_NOT_SAMPLED, TRACE_PENDING, TRACE_SAMPLED, TraceTable } from './trace-table.ts';

/** Where a span belongs that has no trace in the table; slots are 0 and up. */
const UNKNOWN = -1;
const CACHED_SAMPLED = -2;
const CACHED_NOT_SAMPLED = -3;
/** There is no room for its trace. */
const BLOCKED = -4;
/** Its trace finds no place in the table, because too many ids collide with it. */
const COLLIDING = -5;

export interface BufferSettings {
  readonly metrics: TailSamplingMetrics;
  readonly account: Account;
  readonly clock: Clock;
}

export interface BufferFigures {
  readonly traces: number;
  readonly spans: number;
  /** Bytes of the held spans as received. */
  readonly wireBytes: number;
  /** What holding them takes: bodies, columns, the table of traces and the remembered decisions. */
  readonly memoryBytes: number;
  readonly rememberedDecisions: number;
}

/**
 * Takes spans in and knows which traces wait, for how long, and which were decided before.
 *
 *   wheel   a list of traces per second ahead; `advance` moves the list whose second has come to the due list
 *
 *   now ──► [ ] [ ] [a b] [c] … [x]      a trace goes into the list decision_wait + 1 ahead, so it waits at least decision_wait
 */
export class TraceBuffer {
  readonly table: TraceTable;
  readonly #held = new HeldSpans();
  readonly #conditions: SpanConditions;
  readonly #clock: Clock;
  readonly #metrics: TailSamplingMetrics;
  readonly #account: Account;
  readonly #blockOnOverflow: boolean;
  readonly #maximumTraceBytes: number;

  readonly #wheel: MemberLists;
  readonly #wheelSize: number;
  readonly #waitTicks: number;
  /** 0 where a root span changes nothing. */
  readonly #waitTicksAfterRoot: number;
  #position = 0;
  /** While spans of a predecessor are taken in: how long their traces have left to wait. */
  #adoptedTicks: number | undefined = undefined;

  readonly #sampledCache: DecisionCache;
  readonly #notSampledCache: DecisionCache;
  /** Late spans of sampled traces, chained like a trace. */
  #lateFirst = -1;
  #lateLast = -1;
  #wireBytes = 0;

  /**
   * Asked of each trace of a portion, the spans of one resource that came together, where the policies decide by these alone: which policy has
   * decided, by its number; -1 for none.
   */
  judge: ((slot: number) => number) | undefined = undefined;
  #portion = 0;
  /** Traces of the portion at hand. */
  readonly #touched: number[] = [];

  constructor(config: TailSamplingConfig, conditions: SpanConditions, { metrics, account, clock }: BufferSettings) {
    this.#waitTicks = Math.max(1, Math.ceil(config.decisionWaitMs / 1000));
    this.#waitTicksAfterRoot = Math.ceil(config.decisionWaitAfterRootReceivedMs / 1000);
    this.#wheelSize = this.#waitTicks + 2;
    this.table = new TraceTable({
      limit: config.numTraces,
      expected: config.expectedNewTracesPerSec * this.#waitTicks,
      bitWords: conditions.wordCount,
      hashKey: HASH_KEY,
    });
    this.#wheel = new MemberLists(this.#wheelSize + 1, this.table.capacity);
    this.#conditions = conditions;
    this.#metrics = metrics;
    this.#account = account;
    this.#clock = clock;
    this.#blockOnOverflow = config.blockOnOverflow;
    this.#maximumTraceBytes = config.maximumTraceSizeBytes || Number.POSITIVE_INFINITY;
    this.#sampledCache = new DecisionCache(config.sampledCacheSize, HASH_KEY);
    this.#notSampledCache = new DecisionCache(config.nonSampledCacheSize, HASH_KEY);
  }

  /**
   * Takes the selected spans of an unmodified chunk in, from the `from`th on. Returns how far it came: less than all where
   * `num_traces` traces wait and none may be dropped for a new one.
   */
  take(chunk: SpanChunk, from: number): number {
    const { arena } = chunk;
    const { traceIdAt } = chunk.columns;
    const nowMs = this.#clock.monotonicMs();
    this.#conditions.prepare(chunk);
    this.#held.begin(chunk);
    let slot = UNKNOWN;
    let word0 = 0;
    let word1 = 0;
    let word2 = 0;
    let word3 = 0;
    let index = from;
    let lateCount = 0;
    let droppedCount = 0;
    let collidingCount = 0;
    let resource = -1;
    for (; index < chunk.count; index++) {
      const row = chunk.rowAt(index);
      if (this.judge !== undefined && chunk.resourceOf(row) !== resource) {
        this.#endPortion();
        resource = chunk.resourceOf(row);
      }
      const at = traceIdAt[row]!;
      const next0 = readWord(arena, at);
      const next1 = readWord(arena, at + 4);
      const next2 = readWord(arena, at + 8);
      const next3 = readWord(arena, at + 12);
      // Spans of a trace often stand next to each other.
      if (slot === UNKNOWN || next3 !== word3 || next2 !== word2 || next1 !== word1 || next0 !== word0) {
        slot = this.#locate(next0, next1, next2, next3, nowMs);
        if (slot === BLOCKED) break;
        word0 = next0;
        word1 = next1;
        word2 = next2;
        word3 = next3;
      }
      const state = slot >= 0 ? this.table.state[slot]! : slot;
      if (state === TRACE_PENDING) {
        this.#hold(chunk, row, slot);
        if (this.table.byteCount[slot]! > this.#maximumTraceBytes) {
          this.#dropTooLarge(slot, nowMs);
          slot = UNKNOWN;
        }
      } else if (state === TRACE_SAMPLED || state === CACHED_SAMPLED) {
        this.#holdLate(chunk, row);
        lateCount++;
        if (state === CACHED_SAMPLED) this.#metrics.earlyReleased.add(1);
      } else if (state === COLLIDING) {
        collidingCount++;
      } else {
        droppedCount++;
        if (state === CACHED_NOT_SAMPLED) this.#metrics.earlyDropped.add(1);
      }
    }
    this.#held.end();
    this.#endPortion();
    if (lateCount > 0) this.#metrics.spans[DECISION_SAMPLED].add(lateCount);
    if (droppedCount > 0) this.#metrics.spans[DECISION_NOT_SAMPLED].add(droppedCount);
    this.#account.sampledOut('traces', droppedCount, 'not_sampled');
    this.#account.dropped('traces', collidingCount, 'colliding_ids');
    return index;
  }

  /** What its traces have decided becomes due. */
  #endPortion(): void {
    const { judge, table } = this;
    if (judge === undefined) return;
    for (const slot of this.#touched) {
      // It may have been dropped since.
      if (table.portion[slot] !== this.#portion || table.state[slot] !== TRACE_PENDING || table.decidedBy[slot] !== 0)
        continue;
      const policy = judge(slot);
      if (policy < 0) continue;
      table.decidedBy[slot] = policy + 1;
      this.#wheel.move(slot, this.#wheelSize);
    }
    this.#touched.length = 0;
    // 0 is of traces that nobody has touched.
    this.#portion = (this.#portion % 0xffff_ffff) + 1;
  }

  #touch(slot: number): void {
    if (this.table.portion[slot] === this.#portion) return;
    this.table.portion[slot] = this.#portion;
    this.table.forget(slot);
    this.#touched.push(slot);
  }

  /** One second has passed: the traces whose time has come become due. */
  advance(): void {
    this.#position = (this.#position + 1) % this.#wheelSize;
    this.#makeDue(this.#position);
  }

  /** Every trace that waits becomes due. */
  advanceToEnd(): void {
    for (let list = 0; list < this.#wheelSize; list++) this.#makeDue(list);
  }

  /** The trace that has been due for longest, or -1. */
  get nextDue(): number {
    return this.#wheel.first(this.#wheelSize);
  }

  get hasLateSpans(): boolean {
    return this.#lateFirst >= 0;
  }

  /** Must be called before spans are moved out, if spans were taken in since. */
  seal(): void {
    this.#held.seal();
  }

  /** Moves the late spans of sampled traces into the selection. */
  releaseLate(selection: SpanSelection): void {
    const before = selection.byteCount;
    this.#held.moveTo(selection, this.#lateFirst);
    this.#wireBytes -= selection.byteCount - before;
    this.#lateFirst = -1;
    this.#lateLast = -1;
  }

  /** Carries out a decision: the spans go into the selection or away, and the decision is remembered for late spans. */
  settle(slot: number, isSampled: boolean, selection: SpanSelection, nowMs: number): void {
    const first = this.table.firstSpan[slot]!;
    if (isSampled) this.#held.moveTo(selection, first);
    else this.#held.release(first);
    this.#remember(slot, isSampled, nowMs);
  }

  /**
   * Gives all traces that wait to the buffer of the instance that follows this one, by the time that they have left, and the decisions that
   * are remembered. The spans are looked at anew there, by its policies.
   */
  handTo(successor: TraceBuffer): void {
    this.seal();
    const selection = new SpanSelection();
    // Due ones first: with the list whose second comes next they are the oldest.
    for (const list of [this.#wheelSize, ...Array.from({ length: this.#wheelSize }, (_, i) => this.#listAhead(i))]) {
      const ticks = list === this.#wheelSize ? 0 : this.#ticksTo(list) - 1;
      for (let slot = this.#wheel.first(list); slot >= 0; slot = this.#wheel.first(list)) {
        this.#held.moveTo(selection, this.table.firstSpan[slot]!);
        this.#wireBytes -= this.table.byteCount[slot]!;
        this.#wheel.remove(slot);
        this.table.remove(slot);
      }
      if (selection.spanCount > 0) selection.moveTo((batch) => successor.#adopt(batch, Math.max(0, ticks)));
    }
    for (const isSampled of [true, false]) {
      const cache = isSampled ? this.#sampledCache : this.#notSampledCache;
      cache.eachId((...id) => successor.#adoptDecision(isSampled, ...id));
      const state = isSampled ? TRACE_SAMPLED : TRACE_NOT_SAMPLED;
      this.table.eachId(state, (...id) => successor.#adoptDecision(isSampled, ...id));
    }
  }

  #listAhead(i: number): number {
    return (this.#position + 1 + i) % this.#wheelSize;
  }

  #ticksTo(list: number): number {
    return (list - this.#position + this.#wheelSize) % this.#wheelSize || this.#wheelSize;
  }

  #adopt(batch: Batch, ticks: number): void {
    this.#adoptedTicks = ticks;
    for (const chunk of batch.chunks) this.take(chunk as SpanChunk, 0);
    this.#adoptedTicks = undefined;
  }

  #adoptDecision(isSampled: boolean, word0: number, word1: number, word2: number, word3: number): void {
    const { table } = this;
    const hash = table.map.hash(word0, word1, word2, word3);
    const cache = isSampled ? this.#sampledCache : this.#notSampledCache;
    if (cache.isOn) cache.add(word0, word1, word2, word3, hash);
    else if (!table.isFull && table.map.hasPlace(hash) && table.map.find(word0, word1, word2, word3, hash) < 0) {
      const nowMs = this.#clock.monotonicMs();
      const slot = table.create(word0, word1, word2, word3, hash, nowMs);
      if (table.capacity > this.#wheel.capacity) this.#wheel.grow(table.capacity);
      table.decide(slot, isSampled ? TRACE_SAMPLED : TRACE_NOT_SAMPLED, nowMs);
    }
  }

  /** Lets a trace go without a decision. Returns how many spans it had. */
  discard(slot: number, nowMs: number): number {
    const spanCount = this.#held.release(this.table.firstSpan[slot]!);
    this.#wireBytes -= this.table.byteCount[slot]!;
    this.#remove(slot, nowMs);
    return spanCount;
  }

  /** Lets the late spans go undelivered. Returns how many. */
  discardLate(): number {
    const spanCount = this.#held.release(this.#lateFirst);
    this.#lateFirst = -1;
    this.#lateLast = -1;
    return spanCount;
  }

  figures(): BufferFigures {
    return {
      traces: this.table.count,
      spans: this.#held.spanCount,
      wireBytes: this.#wireBytes,
      memoryBytes:
        this.#held.byteLength +
        this.table.byteLength +
        this.#wheel.byteLength +
        this.#sampledCache.byteLength +
        this.#notSampledCache.byteLength,
      rememberedDecisions: this.#sampledCache.count + this.#notSampledCache.count,
    };
  }

  /** The slot of a trace, which is made if it is new; or one of the constants above. */
  #locate(word0: number, word1: number, word2: number, word3: number, nowMs: number): number {
    const { table } = this;
    const hash = table.map.hash(word0, word1, word2, word3);
    const known = table.map.find(word0, word1, word2, word3, hash);
    if (known >= 0) {
      if (table.state[known] !== TRACE_PENDING) {
        this.#metrics.lateSpanAgeS.record(Math.floor((nowMs - table.decidedMs[known]!) / 1000));
      }
      return known;
    }
    if (this.#sampledCache.has(word0, word1, word2, word3, hash)) return CACHED_SAMPLED;
    if (this.#notSampledCache.has(word0, word1, word2, word3, hash)) return CACHED_NOT_SAMPLED;
    if (!table.map.hasPlace(hash)) return COLLIDING;
    if (table.isFull && !this.#makeRoom(nowMs)) return BLOCKED;
    const slot = table.create(word0, word1, word2, word3, hash, nowMs);
    if (table.capacity > this.#wheel.capacity) this.#wheel.grow(table.capacity);
    const waitTicks = Math.min(this.#waitTicks, this.#adoptedTicks ?? this.#waitTicks);
    this.#wheel.append((this.#position + 1 + waitTicks) % this.#wheelSize, slot);
    if (this.#adoptedTicks === undefined) this.#metrics.newTraces.add(1);
    return slot;
  }

  #hold(chunk: SpanChunk, row: number, slot: number): void {
    const { table } = this;
    const { columns, layout } = chunk;
    if (this.judge !== undefined) this.#touch(slot);
    const span = this.#held.add(row, table.lastSpan[slot]!);
    if (table.firstSpan[slot]! < 0) table.firstSpan[slot] = span;
    table.lastSpan[slot] = span;
    table.spanCount[slot]!++;
    const bytes = layout.rowEnd[row]! - layout.rowStart[row]!;
    table.byteCount[slot]! += bytes;
    this.#wireBytes += bytes;
    table.extend(slot, columns.startWords, columns.endWords, row * 2);
    this.#conditions.collect(row, table.bits, slot * table.bitWords);
    if (this.#waitTicksAfterRoot > 0 && columns.parentSpanIdAt[row] === 0) this.#hurry(slot);
  }

  #holdLate(chunk: SpanChunk, row: number): void {
    this.#lateLast = this.#held.add(row, this.#lateLast);
    if (this.#lateFirst < 0) this.#lateFirst = this.#lateLast;
    this.#wireBytes += chunk.layout.rowEnd[row]! - chunk.layout.rowStart[row]!;
  }

  /** The root has come: the trace is due sooner, if that is sooner. */
  #hurry(slot: number): void {
    const list = this.#wheel.listOf(slot);
    if (list === this.#wheelSize) return;
    const ticksLeft = (list - this.#position + this.#wheelSize) % this.#wheelSize;
    if (this.#waitTicksAfterRoot + 1 >= ticksLeft) return;
    this.#wheel.move(slot, (this.#position + 1 + this.#waitTicksAfterRoot) % this.#wheelSize);
  }

  #makeDue(list: number): void {
    for (let slot = this.#wheel.first(list); slot >= 0; slot = this.#wheel.first(list)) {
      this.#wheel.move(slot, this.#wheelSize);
    }
  }

  /** Removes the oldest decided trace, else the oldest one that waits, unless senders are to wait instead. */
  #makeRoom(nowMs: number): boolean {
    const decided = this.table.oldestDecided;
    if (decided >= 0) {
      this.#remove(decided, nowMs);
      return true;
    }
    if (this.#blockOnOverflow && this.#adoptedTicks === undefined) return false;
    this.#metrics.droppedTooEarly.add(1);
    this.#account.dropped('traces', this.discard(this.table.oldestPending, nowMs), 'dropped_too_early');
    return true;
  }

  #dropTooLarge(slot: number, nowMs: number): void {
    this.#metrics.droppedTooLarge.add(1);
    this.#account.dropped('traces', this.#held.release(this.table.firstSpan[slot]!), 'trace_too_large');
    this.#remember(slot, false, nowMs);
  }

  /** The trace's spans are gone: keeps its decision, in a cache or else in the table. */
  #remember(slot: number, isSampled: boolean, nowMs: number): void {
    const { table } = this;
    this.#wireBytes -= table.byteCount[slot]!;
    const cache = isSampled ? this.#sampledCache : this.#notSampledCache;
    if (!cache.isOn) {
      table.firstSpan[slot] = -1;
      table.lastSpan[slot] = -1;
      this.#wheel.remove(slot);
      table.decide(slot, isSampled ? TRACE_SAMPLED : TRACE_NOT_SAMPLED, nowMs);
      return;
    }
    const { ids } = table.map;
    const at = slot * 4;
    const word0 = ids[at]!;
    const word1 = ids[at + 1]!;
    const word2 = ids[at + 2]!;
    const word3 = ids[at + 3]!;
    cache.add(word0, word1, word2, word3, table.map.hash(word0, word1, word2, word3));
    this.#remove(slot, nowMs);
  }

  #remove(slot: number, nowMs: number): void {
    this.#metrics.removalAgeS.record(Math.floor((nowMs - this.table.arrivedMs[slot]!) / 1000));
    this.#wheel.remove(slot);
    this.table.remove(slot);
  }
}
