/** Which slots of a range have a count that holds, and which spans are joined instead. */
import { CALL_SLOT_MS, type TimeRange } from '../source/index.ts';
import { LONG_PARENT_MS, PARENT_AFTER_MS, PARENT_BEFORE_MS } from './found-calls.ts';

/** What the writer counted of a slot's spans. */
export interface SlotSpans {
  readonly slotMs: number;
  readonly count: number;
  /** Of them in the slot's first seconds: `PARENT_AFTER_MS`. */
  readonly headCount: number;
  /** When the first and the last of them begin. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** When the last of them came. */
  readonly arrivedMs: number;
  /** How long requests took that were longer than `PARENT_BEFORE_MS`. */
  readonly longMs: readonly number[];
}

/** What is noted of a slot whose calls were counted. */
export interface CountedSlot {
  /** As `SlotState.bearing` was then. */
  readonly covered: number;
  readonly countedMs: number;
}

export interface SlotState {
  readonly slotMs: number;
  readonly count: number;
  /** When the first and the last of its spans begin. */
  readonly firstMs: number;
  readonly lastMs: number;
  /**
   * The spans, and long requests, that bear on the slot's calls: its own spans, those a minute before, where callers begin, and the first seconds
   * after. Whatever comes late changes it.
   */
  readonly bearing: number;
  /** When the last of them came. */
  readonly arrivedMs: number;
  /** The earliest start of a long request that may call in this slot; undefined without any. */
  readonly longFromMs: number | undefined;
  readonly counted: CountedSlot | undefined;
}

function holds({ counted, bearing }: SlotState): boolean {
  return counted !== undefined && counted.covered === bearing;
}

/** Spans are in the store so long after they began, as a rule. Later ones have their slot counted again. */
const SETTLE_MS = 15_000;
/** No span came for so long: those of old slots come no longer, for now. */
export const QUIET_MS = 20_000;
/** A count that lacks a larger share is of a slot that was filled long after its time, and was counted in the middle of that. */
const FAR_OFF = 0.1;
/** A slot to which some spans come now and then waits for as long as it is old, but not longer. */
const MOST_WAIT_MS = 3_600_000;

/** Whether a slot is to be counted now. `isFull`: even where spans still come, since it may be that they never end. */
export function isDue(state: SlotState, nowMs: number, isFull: boolean): boolean {
  const { slotMs, count, counted, bearing, arrivedMs } = state;
  const closedMs = slotMs + CALL_SLOT_MS + PARENT_AFTER_MS + SETTLE_MS;
  if (count === 0 || nowMs < closedMs || holds(state)) return false;
  const isQuiet = nowMs - arrivedMs >= QUIET_MS;
  if (counted === undefined) return isQuiet || isFull;
  if (isQuiet && Math.abs(bearing - counted.covered) > bearing * FAR_OFF) return true;
  const waitMs = Math.min(MOST_WAIT_MS, Math.max(CALL_SLOT_MS, counted.countedMs - closedMs));
  return nowMs - counted.countedMs >= waitMs;
}

/** `known`: of a range that begins a slot, or with long requests `LONG_PARENT_MS`, earlier, and ends a slot later. */
export function slotStates(
  known: readonly SlotSpans[],
  counted: ReadonlyMap<number, CountedSlot>,
  range: TimeRange,
): readonly SlotState[] {
  const bySlot = new Map(known.map((slot) => [slot.slotMs, slot]));
  const calling = callingLong(known);
  const times = new Set([...bySlot.keys(), ...counted.keys()]);
  const states: SlotState[] = [];
  for (const slotMs of [...times].sort((a, b) => a - b)) {
    if (slotMs < range.fromMs || slotMs >= range.toMs) continue;
    const [before, own, behind] = [slotMs - CALL_SLOT_MS, slotMs, slotMs + CALL_SLOT_MS].map((ms) => bySlot.get(ms));
    const long = calling.get(slotMs);
    states.push({
      slotMs,
      count: own?.count ?? 0,
      firstMs: own?.firstMs ?? slotMs,
      lastMs: own?.lastMs ?? slotMs,
      bearing: (before?.count ?? 0) + (own?.count ?? 0) + (behind?.headCount ?? 0) + (long?.count ?? 0),
      arrivedMs: Math.max(before?.arrivedMs ?? 0, own?.arrivedMs ?? 0, behind?.arrivedMs ?? 0),
      longFromMs: long?.fromMs,
      counted: counted.get(slotMs),
    });
  }
  return states;
}

/** For each slot the requests that began earlier than what is read for it anyway, and lasted into it. */
function callingLong(
  known: readonly SlotSpans[],
): ReadonlyMap<number, { readonly count: number; readonly fromMs: number }> {
  const calling = new Map<number, { count: number; fromMs: number }>();
  for (const { slotMs: fromMs, longMs } of known) {
    for (const ms of longMs) {
      const endMs = fromMs + CALL_SLOT_MS + Math.min(ms, LONG_PARENT_MS);
      for (let slotMs = fromMs + 2 * CALL_SLOT_MS; slotMs < endMs; slotMs += CALL_SLOT_MS) {
        const entry = calling.get(slotMs) ?? { count: 0, fromMs };
        entry.count++;
        entry.fromMs = Math.min(entry.fromMs, fromMs);
        calling.set(slotMs, entry);
      }
    }
  }
  return calling;
}

/** Where the calls of a range are read. */
export interface CallPlan {
  /** Slots with counts, of which those in `without` don't hold; undefined where there are none. */
  readonly counted: { readonly range: TimeRange; readonly without: readonly number[] } | undefined;
  /** Ranges whose spans are joined. */
  readonly joined: readonly TimeRange[];
  readonly longParents: TimeRange | undefined;
  /** From here on the calls are known; later than the range begins where too much was never counted. */
  readonly fromMs: number;
}

/** A statement names so many ranges, and not many more. */
const MOST_RANGES = 16;

/**
 * `mostSpans`: so many are joined, the newest. Where there are more without a count that holds, an old count stands for them; without any, the
 * answer begins behind them.
 */
export function planCalls(range: TimeRange, states: readonly SlotState[], mostSpans: number): CallPlan {
  const joined: { fromMs: number; toMs: number }[] = [];
  let isJoining = false;
  const without: number[] = [];
  let [left, fromMs, countedFromMs, countedToMs] = [mostSpans, range.fromMs, 0, 0];
  let longFromMs: number | undefined;
  for (const state of [...states].sort((a, b) => b.slotMs - a.slotMs)) {
    const { slotMs, count } = state;
    const part = { fromMs: Math.max(slotMs, range.fromMs), toMs: Math.min(slotMs + CALL_SLOT_MS, range.toMs) };
    // Also one that the range cuts where it has no spans.
    const isWhole = state.firstMs >= range.fromMs && state.lastMs < range.toMs;
    const isFirstJoin = joined.length === 0 && left === mostSpans;
    const isTooMuch = count > left || (!isJoining && joined.length >= MOST_RANGES);
    if (isWhole && state.counted !== undefined && (holds(state) || isTooMuch)) {
      isJoining = false;
      if (countedToMs === 0) countedToMs = slotMs + CALL_SLOT_MS;
      countedFromMs = slotMs;
    } else if (count <= left || isFirstJoin) {
      left = Math.max(0, left - count);
      if (isWhole && state.counted !== undefined) without.push(slotMs / 1000);
      if (count > 0 && isJoining) joined.at(-1)!.fromMs = part.fromMs;
      else if (count > 0) joined.push(part);
      isJoining ||= count > 0;
      if (count > 0 && state.longFromMs !== undefined) longFromMs = Math.min(longFromMs ?? Infinity, state.longFromMs);
    } else {
      fromMs = part.toMs;
      break;
    }
  }
  return {
    counted: countedToMs === 0 ? undefined : { range: { fromMs: countedFromMs, toMs: countedToMs }, without },
    joined: joined.reverse(),
    longParents: longFromMs === undefined ? undefined : { fromMs: longFromMs, toMs: range.toMs },
    fromMs,
  };
}

/** What is read of the writer's counts to know the states of a range's slots. */
export function bearingRange(range: TimeRange): TimeRange {
  const slots = wholeSlots(range);
  return { fromMs: Math.max(0, slots.fromMs - LONG_PARENT_MS), toMs: slots.toMs + CALL_SLOT_MS };
}

/** The slots that a range touches. */
export function wholeSlots({ fromMs, toMs }: TimeRange): TimeRange {
  return {
    fromMs: Math.floor(fromMs / CALL_SLOT_MS) * CALL_SLOT_MS,
    toMs: Math.ceil(toMs / CALL_SLOT_MS) * CALL_SLOT_MS,
  };
}

export const HEAD_SECONDS: number = PARENT_AFTER_MS / 1000;
export const LONG_NS: number = PARENT_BEFORE_MS * 1e6;
