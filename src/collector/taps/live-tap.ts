import { type Clock, hexAt, messageOf } from '#base';
import type { Outcome } from '#component';
import { type Item, markedFields, masked, readItem, shownAsIn } from '#inspect';
import { type Batch, type Chunk, Lease, type Signal, type SpanChunk } from '#pdata';
import type { AccountOwner, EdgeOptions } from '../places.ts';
import type { Watcher } from '../watch.ts';
import type { TapCounts, TapEnd, TapEvent, TapItem, TapLimits, TapOutcome } from './events.ts';
import { isEntry, isExit, type TapTarget } from './target.ts';

export interface LiveTapOptions {
  readonly target: TapTarget;
  readonly limits: TapLimits;
  /** Shows also what later components change or remove. */
  readonly isRaw: boolean;
  readonly clock: Clock;
  /** The pipelines that an item can come into from here on. */
  readonly behind: ReadonlySet<string>;
  /** Whether the component, or one behind it, changes items. */
  readonly isChanging: boolean;
  /** Returns how many bytes it took. */
  emit(event: TapEvent): number;
  /** Called once. */
  onEnd(): void;
}

/** An item that is followed from the component to the end of its way. */
interface Followed {
  readonly atMs: number;
  readonly body: Uint8Array;
  readonly row: number;
  /** Of a span: its ids, by which it is found again in a body that was written anew. */
  readonly ids: string | undefined;
  readonly before: Item | undefined;
  after: Item | undefined;
  /** What arrived at exporters. */
  readonly finals: Item[];
  /** All that was made of it is settled. */
  isSettled: boolean;
  isReturned: boolean;
  isRefused: boolean;
  isShown: boolean;
}

/** So many items are followed at a time; the oldest is shown as held where more come. */
const FOLLOWED_LIMIT = 256;
/** Of one batch. */
const BATCH_LIMIT = 8;
const ROW_BYTES_LIMIT = 64 * 1024;
const FINALS_LIMIT = 4;
/** What the far side answered can be a reason, too. */
const REASONS_LIMIT = 32;
const COUNTS_EACH_MS = 1000;
const NOTHING = (): void => undefined;

/**
 * Looks at items on their way through one component. Of each batch some rows are read before the component gets them, and found again
 * behind it: a row keeps its body and place while it is selected and changed, and a span its ids. They are followed to the exporters, and
 * shown when they have arrived: a value that is not in the end as it was here is masked, because a later component, or this one, redacts it
 * perhaps. What never arrives tells nobody what would have been redacted, so that most of it is masked where a later component changes anything.
 */
export class LiveTap implements Watcher {
  readonly #options: LiveTapOptions;
  readonly #followed = new Set<Followed>();
  readonly #byBody = new Map<Uint8Array, Map<number, Followed>>();
  readonly #byIds = new Map<string, Followed>();
  readonly #byBatch = new WeakMap<Batch, { readonly followed: readonly Followed[]; readonly lease: Lease }>();
  /** Bodies that came to the component: what leaves it in another one it made itself. */
  readonly #known = new WeakSet<Uint8Array>();
  readonly #leftOut = new Map<string, number>();
  #cancelTime: () => void = NOTHING;
  #cancelTick: () => void = NOTHING;
  #cancelDue: () => void = NOTHING;
  #in = 0;
  #out = 0;
  #shown = 0;
  #bytes = 0;
  #budget: number;
  #isOver = false;
  #isDue = false;

  constructor(options: LiveTapOptions) {
    this.#options = options;
    const { target, limits, isRaw, clock } = options;
    this.#budget = limits.itemsPerSecond;
    this.#emit({ type: 'start', target, limits, isRaw });
    this.#cancelTime = clock.after(limits.timeMs, () => this.end('time'));
    this.#tick();
  }

  passing(edge: EdgeOptions, batch: Batch): Batch {
    return this.#isOver ? batch : (this.#guarded(() => this.#passing(edge, batch)) ?? batch);
  }

  #passing(edge: EdgeOptions, batch: Batch): Batch {
    const { target } = this.#options;
    if (isEntry(target, edge)) {
      const passing = this.#enter(batch);
      // What an exporter is given is the end.
      if (target.role === 'exporter' && !target.isConnector) this.#arrive(passing);
      return passing;
    }
    if (isExit(target, edge)) this.#leave(batch, edge);
    else if (edge.kind === 'exporter' && edge.out !== undefined && this.#options.behind.has(edge.out))
      this.#arrive(batch);
    return batch;
  }

  passed(edge: EdgeOptions, batch: Batch, error: unknown): void {
    const looked = this.#byBatch.get(batch);
    if (looked === undefined || !isEntry(this.#options.target, edge)) return;
    for (const one of looked.followed) {
      one.isReturned = true;
      one.isRefused = error !== undefined;
    }
    looked.lease.release();
    this.#showSoon();
  }

  reported(
    { kind, id, pipeline }: AccountOwner,
    outcome: Outcome,
    signal: Signal,
    count: number,
    reason: string,
  ): void {
    const { target } = this.#options;
    const isOurs = id === target.id && (pipeline === '' || pipeline === target.pipeline) && signal === target.signal;
    if (!isOurs || kind !== (target.isConnector ? 'connector' : target.role)) return;
    if (outcome === 'added' || outcome === 'refused') return;
    if (this.#leftOut.size < REASONS_LIMIT || this.#leftOut.has(reason)) {
      this.#leftOut.set(reason, (this.#leftOut.get(reason) ?? 0) + count);
    }
  }

  /** Shows what it has, and stops. */
  end(reason: TapEnd, message?: string): void {
    if (this.#isOver) return;
    this.#guarded(() => this.#showAll());
    this.#finish(reason, message);
  }

  /** Nobody looks any more. */
  close(): void {
    if (!this.#isOver) this.#finish(undefined);
  }

  #finish(reason: TapEnd | undefined, message?: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const cancel of [this.#cancelTime, this.#cancelTick, this.#cancelDue]) cancel();
    this.#followed.clear();
    this.#byBody.clear();
    this.#byIds.clear();
    if (reason !== undefined) {
      this.#options.emit(this.#counts());
      this.#options.emit({ type: 'end', reason, ...(message !== undefined && { message }) });
    }
    this.#options.onEnd();
  }

  /** The batch comes to the component. Some of its rows are read; their chunks are replaced by ones that nobody else has. */
  #enter(batch: Batch): Batch {
    this.#in += batch.itemCount;
    for (const { layout } of batch.chunks) this.#known.add(layout.body);
    const wanted = Math.min(this.#budget, BATCH_LIMIT, batch.itemCount);
    if (wanted < 1) return batch;
    const own = batch.with(batch.chunks.map((chunk) => chunk.select(rowsOf(chunk))));
    const followed: Followed[] = [];
    const each = Math.ceil(wanted / Math.max(1, own.chunks.length));
    for (const chunk of own.chunks) {
      const rows = spread(chunk, Math.min(each, wanted - followed.length));
      for (const row of rows) if (isSmall(chunk, row)) followed.push(this.#follow(chunk, row));
    }
    if (followed.length === 0) return batch;
    this.#budget -= followed.length;
    const lease = new Lease(() => {
      for (const one of followed) one.isSettled = true;
      this.#showSoon();
    });
    own.lend(lease);
    this.#byBatch.set(own, { followed, lease });
    return own;
  }

  #follow(chunk: Chunk, row: number): Followed {
    const isBegin = this.#options.target.role === 'receiver';
    const item = readItem(chunk, row);
    const { body } = chunk.layout;
    const one: Followed = {
      atMs: this.#options.clock.nowMs(),
      body,
      row,
      ids: idsOf(chunk, row),
      before: isBegin ? undefined : item,
      after: isBegin || this.#isEnd ? item : undefined,
      finals: [],
      isSettled: false,
      isReturned: false,
      isRefused: false,
      isShown: false,
    };
    this.#followed.add(one);
    const rows = this.#byBody.get(body) ?? new Map<number, Followed>();
    this.#byBody.set(body, rows.set(row, one));
    if (one.ids !== undefined) this.#byIds.set(one.ids, one);
    if (this.#followed.size > FOLLOWED_LIMIT) this.#show(this.#followed.values().next().value!);
    return one;
  }

  get #isEnd(): boolean {
    const { role, isConnector } = this.#options.target;
    return role === 'exporter' && !isConnector;
  }

  #leave(batch: Batch, edge: EdgeOptions): void {
    this.#out += batch.itemCount;
    for (const chunk of batch.chunks) {
      const isSameSignal = edge.signal === this.#options.target.signal;
      for (const [one, row] of isSameSignal ? this.#foundIn(chunk) : []) one.after ??= readItem(chunk, row);
      if (!this.#known.has(chunk.layout.body) && (!isSameSignal || chunk.signal !== 'traces')) this.#showAdded(chunk);
    }
  }

  /** What the component made itself. Where it goes from here is not followed. */
  #showAdded(chunk: Chunk): void {
    const wanted = Math.min(this.#budget, BATCH_LIMIT, chunk.count);
    for (const row of spread(chunk, wanted)) {
      if (!isSmall(chunk, row)) continue;
      this.#budget--;
      const { clock } = this.#options;
      this.#emitItem(clock.nowMs(), undefined, readItem(chunk, row), { outcome: 'added', finals: [] });
    }
  }

  #arrive(batch: Batch): void {
    for (const chunk of batch.chunks) {
      if (chunk.signal !== this.#options.target.signal) continue;
      for (const [one, row] of this.#foundIn(chunk)) {
        if (one.finals.length < FINALS_LIMIT) one.finals.push(readItem(chunk, row));
      }
    }
    this.#showSoon();
  }

  /** The followed items that a chunk has, with their rows in it. */
  #foundIn(chunk: Chunk): (readonly [Followed, number])[] {
    const rows = this.#byBody.get(chunk.layout.body);
    if (rows !== undefined)
      return [...rows].filter(([row]) => isSelected(chunk, row)).map(([row, one]) => [one, row] as const);
    if (chunk.signal !== 'traces' || this.#byIds.size === 0 || this.#known.has(chunk.layout.body)) return [];
    const found: (readonly [Followed, number])[] = [];
    for (let index = 0; index < chunk.count; index++) {
      const row = chunk.rowAt(index);
      const one = this.#byIds.get(idsOf(chunk, row)!);
      if (one !== undefined) found.push([one, row]);
    }
    return found;
  }

  /** When what is under way has come as far as it can in one go. */
  #showSoon(): void {
    if (this.#isDue || this.#isOver) return;
    this.#isDue = true;
    this.#cancelDue = this.#options.clock.after(0, () => {
      this.#isDue = false;
      this.#guarded(() => {
        for (const one of this.#followed) {
          if (one.isRefused || (one.isReturned && (one.finals.length > 0 || one.isSettled))) this.#show(one);
        }
      });
    });
  }

  /** A fault of the tap must not become one of the pipeline. */
  #guarded<T>(look: () => T): T | undefined {
    try {
      return look();
    } catch (error) {
      this.#finish('fault', messageOf(error));
      return undefined;
    }
  }

  #showAll(): void {
    for (const one of this.#followed) this.#show(one);
  }

  #show(one: Followed): void {
    if (one.isShown || this.#isOver) return;
    one.isShown = true;
    this.#forget(one);
    const { before, after, finals } = one;
    const isLater =
      after !== undefined && finals.length === 0 && one.isSettled && !one.isRefused && !this.#isConnectorEnd;
    this.#emitItem(one.atMs, before, after, {
      outcome: this.#outcomeOf(one),
      finals,
      ...(isLater && { isDroppedLater: true as const }),
    });
  }

  /** A connector makes something else of what it takes: that it is settled doesn't mean that it was dropped. */
  get #isConnectorEnd(): boolean {
    const { role, isConnector } = this.#options.target;
    return isConnector && role === 'exporter';
  }

  #outcomeOf({ before, after, isRefused, isSettled }: Followed): TapOutcome {
    if (isRefused) return 'refused';
    if (after === undefined)
      return isSettled && !this.#isConnectorEnd ? 'dropped' : this.#isConnectorEnd ? 'passed' : 'held';
    if (before === undefined) return 'passed';
    return JSON.stringify(before.fields) === JSON.stringify(after.fields) ? 'passed' : 'changed';
  }

  #forget(one: Followed): void {
    this.#followed.delete(one);
    const rows = this.#byBody.get(one.body);
    rows?.delete(one.row);
    if (rows?.size === 0) this.#byBody.delete(one.body);
    if (one.ids !== undefined && this.#byIds.get(one.ids) === one) this.#byIds.delete(one.ids);
  }

  #emitItem(
    atMs: number,
    before: Item | undefined,
    after: Item | undefined,
    { outcome, finals, isDroppedLater }: { outcome: TapOutcome; finals: readonly Item[]; isDroppedLater?: true },
  ): void {
    const { isRaw, isChanging, limits } = this.#options;
    const now = (after ?? before)!;
    const all = markedFields(before ?? now, now);
    const isFinal = finals.length === 0 && !isChanging;
    const fields = isRaw || isFinal ? all : masked(all, shownAsIn(finals));
    const [reason, ...others] = this.#leftOut.keys();
    const event: TapItem = {
      type: 'item',
      atMs,
      signal: now.signal,
      outcome,
      ...(outcome === 'dropped' && reason !== undefined && others.length === 0 && { reason }),
      ...(isDroppedLater && { isDroppedLater }),
      maskedCount: fields.filter((field) => field.masked !== undefined).length,
      fields,
    };
    this.#shown++;
    this.#emit(event);
    if (this.#bytes > limits.bytes) this.#finish('bytes');
    else if (this.#shown >= limits.items) this.#finish('items');
  }

  #emit(event: TapEvent): void {
    this.#bytes += this.#options.emit(event);
  }

  #tick(): void {
    this.#cancelTick = this.#options.clock.after(COUNTS_EACH_MS, () => {
      this.#budget = this.#options.limits.itemsPerSecond;
      this.#emit(this.#counts());
      this.#tick();
    });
  }

  #counts(): TapCounts {
    return {
      type: 'counts',
      in: this.#in,
      out: this.#out,
      shown: this.#shown,
      waiting: this.#followed.size,
      leftOut: Object.fromEntries(this.#leftOut),
    };
  }
}

function rowsOf(chunk: Chunk): Uint32Array {
  return Uint32Array.from({ length: chunk.count }, (_, index) => chunk.rowAt(index));
}

/** So many rows of a chunk, apart from each other. */
function spread(chunk: Chunk, count: number): number[] {
  return Array.from({ length: Math.max(0, count) }, (_, index) =>
    chunk.rowAt(Math.floor((index * chunk.count) / count)),
  );
}

function isSmall({ layout }: Chunk, row: number): boolean {
  return layout.rowEnd[row]! - layout.rowStart[row]! <= ROW_BYTES_LIMIT;
}

function isSelected(chunk: Chunk, row: number): boolean {
  if (chunk.rows === undefined) return row < chunk.rowCount;
  let from = 0;
  let to = chunk.rows.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (chunk.rows[middle]! < row) from = middle + 1;
    else to = middle;
  }
  return chunk.rows[from] === row;
}

function idsOf(chunk: Chunk, row: number): string | undefined {
  if (chunk.signal !== 'traces') return undefined;
  const { traceIdAt, spanIdAt } = (chunk as SpanChunk).columns;
  return hexAt(chunk.arena, traceIdAt[row]!, 16) + hexAt(chunk.arena, spanIdAt[row]!, 8);
}
