/** Counts calls of minutes that are over, in the background, so that a map of a day need not join the day's spans. */
import { type Clock, messageOf } from '#base';
import type { StoreReader } from '../reader/index.ts';
import { CALL_SLOT_MS, requestsIn, slotsTouchedSince, spans, type TimeRange } from '../source/index.ts';
import { sql } from '../sql/index.ts';
import { readSlotStates } from './calls.ts';
import { CALL_COLUMNS, callsFromSpans, PARENT_AFTER_MS, PARENT_BEFORE_MS, widened } from './found-calls.ts';
import { isDue, QUIET_MS, type SlotState } from './slot-plan.ts';

/** Where counted calls are kept: CallWriter of the store. */
export interface CallSink {
  tenants(): Promise<readonly string[]>;
  write(calls: {
    readonly tenant: string;
    readonly selects: readonly { readonly text: string; readonly params: { readonly [name: string]: unknown } }[];
    readonly columns: readonly string[];
    readonly slots: readonly { readonly slot: number; readonly spanCount: number }[];
  }): Promise<void>;
}

export interface CallCounterOptions {
  readonly reader: StoreReader;
  readonly sink: CallSink;
  readonly clock: Clock;
  /** Told once of each failure that is not as the one before. */
  readonly failed: (message: string) => void;
}

const ROUND_MS = 15_000;
/**
 * Each round looks at the newest slots, and at those in which older spans begin that came since shortly before the last one. Every so many rounds it
 * looks at all: those that had to wait, and what came while no server ran.
 */
const RECENT_MS = 15 * 60_000;
const TOUCHED_MS = 2 * ROUND_MS + QUIET_MS;
const FULL_ROUNDS = 40;
/** Spans whose calls one statement counts: its memory is some hundred bytes for each. */
const SPANS_AT_A_TIME = 2_000_000;
const SLOTS_AT_A_TIME = 60;
/** What the writer counted and the store lacks after so long was refused by it. */
const LOST_AFTER_MS = 600_000;

/**
 * Each round finds slots that were never counted, or whose spans are others now, and counts them, the newest first. It rests for as long as it works: so
 * it takes half of a core at most, where a whole store is to be counted.
 */
export class CallCounter {
  readonly #options: CallCounterOptions;
  #cancel: () => void = () => undefined;
  #round: Promise<void> | undefined = undefined;
  #rounds = 0;
  /** When the last round began. */
  #lookedMs = Number.POSITIVE_INFINITY;
  #isStopped = false;
  #lastFailure = '';

  constructor(options: CallCounterOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#round === undefined && !this.#isStopped) this.#round = this.#nextRound();
  }

  async #nextRound(): Promise<void> {
    try {
      await this.round();
      this.#lastFailure = '';
    } catch (error) {
      const reason = messageOf(error);
      if (reason !== this.#lastFailure && !this.#isStopped) this.#options.failed(reason);
      this.#lastFailure = reason;
    }
    if (this.#isStopped) return;
    this.#cancel = this.#options.clock.after(ROUND_MS, () => {
      this.#round = this.#nextRound();
    });
  }

  /** One round over all tenants. Gives how many slots were counted. */
  async round(): Promise<number> {
    const { reader, sink, clock } = this.#options;
    const isFull = this.#rounds % FULL_ROUNDS === 0;
    const nowMs = clock.nowMs();
    const sinceMs = Math.min(nowMs, this.#lookedMs) - TOUCHED_MS;
    let slotCount = 0;
    for (const tenant of await sink.tenants())
      slotCount += await this.#count(reader.ofTenant(tenant), nowMs, isFull ? undefined : sinceMs);
    // One that failed on the way is done once more.
    this.#rounds++;
    this.#lookedMs = nowMs;
    return slotCount;
  }

  /** `touchedMs`: since when spans came to the old slots that are looked at; undefined for all slots. */
  async #count(reader: StoreReader, nowMs: number, touchedMs: number | undefined): Promise<number> {
    const { clock } = this.#options;
    const recent = { fromMs: Math.max(0, nowMs - RECENT_MS), toMs: nowMs };
    const isFull = touchedMs === undefined;
    const ranges = isFull ? [{ fromMs: 0, toMs: nowMs }] : await touchedRanges(reader, recent, touchedMs);
    const states: SlotState[] = [];
    for (const range of ranges) states.push(...(await readSlotStates(reader, range)));
    let slotCount = 0;
    for (const run of runsOf(states.filter((state) => isDue(state, nowMs, isFull)))) {
      if (this.#isStopped) break;
      const beganMs = clock.monotonicMs();
      if (await this.#countRun(reader, run)) slotCount += run.length;
      await this.#rest(clock.monotonicMs() - beganMs);
    }
    return slotCount;
  }

  /** Neighbouring slots, in order. False where spans of theirs are still on their way. */
  async #countRun(reader: StoreReader, run: readonly SlotState[]): Promise<boolean> {
    const { sink, clock } = this.#options;
    const range = { fromMs: run[0]!.slotMs, toMs: run.at(-1)!.slotMs + CALL_SLOT_MS };
    const arrivedMs = Math.max(...run.map((state) => state.arrivedMs));
    if (!(await isStored(reader, range)) && clock.nowMs() - arrivedMs < LOST_AFTER_MS) return false;
    const long = run.flatMap(({ longFromMs }) => longFromMs ?? []);
    const spanCount = run.reduce((sum, { count }) => sum + count, 0);
    const count = Math.max(1, Math.ceil(spanCount / SPANS_AT_A_TIME));
    const asked = {
      ...{ ranges: [range], isPerSlot: true },
      longParents: long.length === 0 ? undefined : { fromMs: Math.min(...long), toMs: range.toMs },
    };
    await sink.write({
      tenant: reader.tenant,
      selects: Array.from({ length: count }, (_, index) =>
        reader.rendered(callsFromSpans({ ...asked, part: { index, count } })),
      ),
      columns: CALL_COLUMNS,
      slots: run.map(({ slotMs, bearing }) => ({ slot: slotMs / 1000, spanCount: bearing })),
    });
    return true;
  }

  async #rest(ms: number): Promise<void> {
    if (ms === 0) return;
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(ms, resolve);
      this.#cancel = () => {
        cancel();
        resolve();
      };
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#round;
  }
}

/** Apart from each other, in order, the recent one among them. */
async function touchedRanges(reader: StoreReader, recent: TimeRange, sinceMs: number): Promise<readonly TimeRange[]> {
  const table = await reader.read(slotsTouchedSince(sinceMs), { cost: 'bounded' });
  const slots = table.numbers('slot').map((second) => ({ fromMs: second * 1000, toMs: (second + 1) * 1000 }));
  // A late span bears on the slot behind its own, too.
  return widened([...slots, recent], 0, 2 * CALL_SLOT_MS).map(({ fromMs, toMs }) => ({
    fromMs,
    toMs: Math.min(toMs, recent.toMs),
  }));
}

/** Neighbouring slots that are counted at a time, the newest run first. */
function runsOf(states: readonly SlotState[]): readonly (readonly SlotState[])[] {
  const runs: SlotState[][] = [];
  let spanCount = 0;
  for (const state of states) {
    const run = runs.at(-1);
    const isNext = run?.at(-1)?.slotMs === state.slotMs - CALL_SLOT_MS;
    spanCount += state.count;
    if (run !== undefined && isNext && run.length < SLOTS_AT_A_TIME && spanCount <= SPANS_AT_A_TIME) run.push(state);
    else {
      runs.push([state]);
      spanCount = state.count;
    }
  }
  return runs.reverse();
}

/** The writer counts spans before it stores them: whether all that bear on a range's calls are there. */
async function isStored(reader: StoreReader, range: TimeRange): Promise<boolean> {
  const [wide] = widened([range], PARENT_BEFORE_MS, PARENT_AFTER_MS);
  const table = await reader.read(
    sql`SELECT (SELECT sum(span_count) ${requestsIn(wide!)}) AS counted, (SELECT count() ${spans.in(wide!)}) AS stored`,
    { cost: 'bounded' },
  );
  return table.numbers('stored')[0]! >= table.numbers('counted')[0]!;
}
