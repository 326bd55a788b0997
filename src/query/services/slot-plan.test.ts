import { expect, test } from 'vitest';
import { type CountedSlot, isDue, planCalls, type SlotSpans, slotStates } from './slot-plan.ts';

const MINUTE_MS = 60_000;
const at = (minute: number): number => minute * MINUTE_MS;

function spans(minute: number, count: number, more: Partial<SlotSpans> = {}): SlotSpans {
  return {
    slotMs: at(minute),
    count,
    headCount: Math.floor(count / 6),
    firstMs: at(minute) + 500,
    lastMs: at(minute + 1) - 500,
    arrivedMs: at(minute + 1),
    longMs: [],
    ...more,
  };
}

function counted(...slots: readonly (readonly [minute: number, covered: number])[]): ReadonlyMap<number, CountedSlot> {
  return new Map(slots.map(([minute, covered]) => [at(minute), { covered, countedMs: at(minute + 2) }]));
}

const RANGE = { fromMs: at(10), toMs: at(14) };
const KNOWN = [9, 10, 11, 12, 13, 14].map((minute) => spans(minute, 60));
/** Of each minute: its own spans, those of the minute before, and the first seconds behind. */
const BEARING = 60 + 60 + 10;

test('spans of the minute before, of the slot and of the first seconds behind bear on its calls', () => {
  const states = slotStates(KNOWN, new Map(), RANGE);
  expect(states.map(({ slotMs, count, bearing }) => [slotMs, count, bearing])).toEqual(
    [10, 11, 12, 13].map((minute) => [at(minute), 60, BEARING]),
  );
});

test('minutes whose counts hold are not joined, a late span has its minute and the one behind joined', () => {
  const all = counted([10, BEARING], [11, BEARING], [12, BEARING], [13, BEARING]);
  expect(planCalls(RANGE, slotStates(KNOWN, all, RANGE), 1000)).toEqual({
    counted: { range: RANGE, without: [] },
    ...{ joined: [], longParents: undefined, fromMs: RANGE.fromMs },
  });
  const late = KNOWN.map((slot) => (slot.slotMs === at(11) ? { ...slot, count: 61 } : slot));
  expect(planCalls(RANGE, slotStates(late, all, RANGE), 1000)).toEqual({
    counted: { range: RANGE, without: [12, 11].map((minute) => at(minute) / 1000) },
    joined: [{ fromMs: at(11), toMs: at(13) }],
    ...{ longParents: undefined, fromMs: RANGE.fromMs },
  });
});

test('of minutes that the range cuts the spans are joined, however well they are counted', () => {
  const all = counted([10, BEARING], [11, BEARING], [12, BEARING], [13, BEARING]);
  const range = { fromMs: at(10) + 501, toMs: at(14) - 500 };
  const { counted: whole, joined } = planCalls(range, slotStates(KNOWN, all, RANGE), 1000);
  expect(whole?.range).toEqual({ fromMs: at(11), toMs: at(13) });
  expect(joined).toEqual([
    { fromMs: range.fromMs, toMs: at(11) },
    { fromMs: at(13), toMs: range.toMs },
  ]);
});

test('a minute that the range cuts where it has no spans is taken as a whole', () => {
  const all = counted(...[10, 11, 12, 13].map((minute) => [minute, BEARING] as const));
  const cut = { fromMs: at(10) + 500, toMs: at(14) - 499 };
  const whole = { counted: { range: { fromMs: at(10), toMs: at(14) }, without: [] }, joined: [] };
  expect(planCalls(cut, slotStates(KNOWN, all, RANGE), 1000)).toMatchObject(whole);
  const cutOne = { ...cut, toMs: at(14) - 500 };
  expect(planCalls(cutOne, slotStates(KNOWN, all, RANGE), 1000).joined).toEqual([
    { fromMs: at(13), toMs: cutOne.toMs },
  ]);
});

test('where too many spans were never counted the newest are joined, and an old count is better than none', () => {
  const states = (slots: ReadonlyMap<number, CountedSlot>) => slotStates(KNOWN, slots, RANGE);
  expect(planCalls(RANGE, states(new Map()), 130)).toMatchObject({ counted: undefined, fromMs: at(12) });
  const old = planCalls(RANGE, states(counted([10, 1], [11, 1])), 130);
  expect(old.counted).toEqual({ range: { fromMs: at(10), toMs: at(12) }, without: [] });
  expect(old.fromMs).toBe(RANGE.fromMs);
  // One minute alone may be too much.
  expect(planCalls(RANGE, states(new Map()), 1)).toMatchObject({
    joined: [{ fromMs: at(13), toMs: at(14) }],
    fromMs: at(13),
  });
});

test('a request that lasted for minutes bears on the slots that it may have called in, and is looked for there', () => {
  const long = KNOWN.map((slot) => (slot.slotMs === at(9) ? { ...slot, longMs: [3 * MINUTE_MS] } : slot));
  const states = slotStates(long, new Map(), RANGE);
  expect(states.map(({ bearing }) => bearing - BEARING)).toEqual([0, 1, 1, 0]);
  expect(planCalls(RANGE, states, 1000).longParents).toEqual({ fromMs: at(9), toMs: RANGE.toMs });
});

const HOUR_MS = 3_600_000;
/** Of 130 spans that bear on it, and of an hour ago. */
const OLD = slotStates(KNOWN, new Map(), RANGE)[0]!;
const NOW_MS = OLD.slotMs + HOUR_MS;

test.each([
  { name: 'its time is not over', state: OLD, nowMs: OLD.slotMs + 70_000, isDueThen: false },
  { name: 'it was never counted', state: OLD, nowMs: NOW_MS, isDueThen: true },
  { name: 'its spans are still coming', state: { ...OLD, arrivedMs: NOW_MS - 5_000 }, nowMs: NOW_MS, isDueThen: false },
  {
    name: 'they never end',
    state: { ...OLD, arrivedMs: NOW_MS - 5_000 },
    nowMs: NOW_MS,
    isFull: true,
    isDueThen: true,
  },
  { name: 'its count holds', state: recounted(BEARING, 1_000), nowMs: NOW_MS, isDueThen: false },
  { name: 'some spans came late', state: recounted(BEARING - 1, 60_000), nowMs: NOW_MS, isDueThen: false },
  {
    name: 'some came late, and it has waited',
    state: recounted(BEARING - 1, HOUR_MS),
    nowMs: NOW_MS + HOUR_MS,
    isDueThen: true,
  },
  { name: 'it was counted while it was filled', state: recounted(BEARING / 2, 60_000), nowMs: NOW_MS, isDueThen: true },
])('a slot is due: $name', ({ state, nowMs, isFull = false, isDueThen }) => {
  expect(isDue(state, nowMs, isFull)).toBe(isDueThen);
});

function recounted(covered: number, agoMs: number): typeof OLD {
  return { ...OLD, arrivedMs: NOW_MS - 30_000, counted: { covered, countedMs: NOW_MS - agoMs } };
}
