import { describe, expect, test } from 'vitest';
import {
  describeRange,
  isMoving,
  NAMED_RANGES,
  parseRangeText,
  parseSpan,
  rangeFromSearch,
  rangeToSearch,
  readRange,
  resolveRange,
  shiftRange,
  zoomOutRange,
} from './time-range.ts';

const NOW = new Date(2026, 10, 22, 14, 0, 0).getTime();
const HOUR = 3_600_000;

test('spans are read', () => {
  expect(parseSpan('15m')).toBe(900_000);
  expect(parseSpan('1.5h')).toBe(5_400_000);
  expect(parseSpan('7d')).toBe(604_800_000);
  for (const wrong of ['', '0m', '15', 'm', '9999d', '-1h']) expect(parseSpan(wrong)).toBeUndefined();
});

describe('search parameters', () => {
  test('without any, the last quarter of an hour', () => {
    expect(rangeFromSearch({})).toEqual({ kind: 'relative', spanMs: HOUR / 4, text: '15m' });
  });

  test('two times win over a relative range; times in the wrong order are ignored', () => {
    expect(rangeFromSearch({ range: '6h', from: 1000, to: 2000 })).toEqual({
      kind: 'absolute',
      fromMs: 1000,
      toMs: 2000,
    });
    expect(rangeFromSearch({ range: '6h', from: 2000, to: 1000 })).toMatchObject({ kind: 'relative', text: '6h' });
    expect(rangeFromSearch({ range: 'nonsense' })).toMatchObject({ text: '15m' });
  });

  test('writing and reading give the same range', () => {
    for (const range of [parseRangeText('6h', NOW)!, { kind: 'absolute', fromMs: 5, toMs: 10 } as const]) {
      const search = Object.fromEntries(
        Object.entries(rangeToSearch(range)).filter(([, value]) => value !== undefined),
      );
      expect(rangeFromSearch(search)).toEqual(range);
    }
  });
});

test('a relative range ends now', () => {
  expect(resolveRange({ kind: 'relative', spanMs: HOUR, text: '1h' }, NOW)).toEqual({ fromMs: NOW - HOUR, toMs: NOW });
});

describe('ranges of the calendar', () => {
  const read = (text: string) => readRange(text, NOW)!;
  const midnight = new Date(2026, 10, 22).getTime();
  const dayMs = 24 * HOUR;

  test.each([
    ['now/d..now', midnight, NOW],
    ['now/d..now/d', midnight, midnight + dayMs - 1],
    ['now-1d/d..now-1d/d', midnight - dayMs, midnight - 1],
    ['now-2h..now-1h', NOW - 2 * HOUR, NOW - HOUR],
    [`${midnight}..now`, midnight, NOW],
  ])('%s', (text, fromMs, toMs) => {
    const range = read(text);
    expect(resolveRange(range, NOW)).toEqual({ fromMs, toMs });
    expect(rangeFromSearch({ range: text }, NOW)).toEqual(range);
    expect(rangeToSearch(range).range).toBe(text);
  });

  test('what ends now and begins a span before is like a span', () =>
    expect(read('now-6h..now')).toEqual({ kind: 'relative', spanMs: 6 * HOUR, text: '6h' }));

  test.each(['now..now-1h', 'now-1h', '1..2', 'now/d..now/x', 'now-1h..now..now', 'now-999999y..now'])(
    '%s is none',
    (text) => expect(readRange(text, NOW)).toBeUndefined(),
  );

  test('today has a length at midnight too', () => {
    const { fromMs, toMs } = resolveRange(readRange('now/d..now', NOW)!, midnight);
    expect(toMs).toBeGreaterThan(fromMs);
    expect(readRange('now/d..now', midnight)).toBeDefined();
  });

  test('which are live', () => {
    for (const text of ['15m', 'now/d..now', 'now/d..now/d', 'now-1M..now'])
      expect(isMoving(read(text), NOW)).toBe(true);
    for (const text of ['now-1d/d..now-1d/d', 'now-2h..now-1h']) expect(isMoving(read(text), NOW)).toBe(false);
    expect(isMoving({ kind: 'absolute', fromMs: NOW, toMs: NOW + HOUR }, NOW)).toBe(false);
  });

  test('they have names', () => {
    for (const { name, text } of NAMED_RANGES) {
      expect(describeRange(read(text))).toBe(name);
      expect(parseRangeText(name.toLowerCase(), NOW)).toEqual(read(text));
    }
    expect(describeRange(read('now-2h..now-1h'))).toBe('now-2h to now-1h');
    expect(parseRangeText('now/d to now/d', NOW)).toEqual(read('now/d..now/d'));
    expect(parseRangeText('now-1d/d - now', NOW)).toEqual(read('now-1d/d..now'));
    expect(parseRangeText('now-1M to now', NOW)).toEqual(read('now-1M..now'));
  });

  test('they are shifted and zoomed as the times that they are', () => {
    const today = read('now/d..now/d');
    expect(shiftRange(today, NOW, -1)).toMatchObject({ kind: 'absolute', fromMs: midnight - dayMs / 2 + 0.5 });
    expect(zoomOutRange(read('now-2h..now-1h'), NOW)).toEqual({
      kind: 'absolute',
      fromMs: NOW - 2.5 * HOUR,
      toMs: NOW - 0.5 * HOUR,
    });
  });
});

test('shifting moves by half and fixes the times', () => {
  expect(shiftRange({ kind: 'relative', spanMs: HOUR, text: '1h' }, NOW, -1)).toEqual({
    kind: 'absolute',
    fromMs: NOW - 1.5 * HOUR,
    toMs: NOW - HOUR / 2,
  });
});

test('zooming out doubles around the middle, never past now', () => {
  expect(zoomOutRange({ kind: 'relative', spanMs: HOUR, text: '1h' }, NOW)).toMatchObject({ text: '3h' });
  expect(zoomOutRange({ kind: 'absolute', fromMs: NOW - 10 * HOUR, toMs: NOW - 8 * HOUR }, NOW)).toEqual({
    kind: 'absolute',
    fromMs: NOW - 11 * HOUR,
    toMs: NOW - 7 * HOUR,
  });
  expect(zoomOutRange({ kind: 'absolute', fromMs: NOW - HOUR, toMs: NOW }, NOW)).toEqual({
    kind: 'absolute',
    fromMs: NOW - 2 * HOUR,
    toMs: NOW,
  });
});

describe('what a person types', () => {
  test.each([
    ['2h', 2 * HOUR],
    ['last 15m', 900_000],
    ['now-3h', 3 * HOUR],
    [' 45 m ', 2_700_000],
  ])('%s is relative', (text, spanMs) => expect(parseRangeText(text, NOW)).toMatchObject({ kind: 'relative', spanMs }));

  test.each([
    ['2026-11-22 10:00 to 2026-11-22 11:30', NOW - 4 * HOUR, NOW - 2.5 * HOUR],
    ['10:00 to 11:30', NOW - 4 * HOUR, NOW - 2.5 * HOUR],
    ['9:00 - 9:30', NOW - 5 * HOUR, NOW - 4.5 * HOUR],
    ['now-1.5h to now-1h', NOW - 1.5 * HOUR, NOW - HOUR],
    ['10:00 to now', NOW - 4 * HOUR, NOW],
    ['1700000000 to 1700000060000', 1_700_000_000_000, 1_700_000_060_000],
  ])('%s is absolute', (text, fromMs, toMs) =>
    expect(parseRangeText(text, NOW)).toEqual({ kind: 'absolute', fromMs, toMs }),
  );

  test.each(['', 'the day before', '11:00 to 10:00', '2026-11-22 10:00'])('%j is not a range', (text) =>
    expect(parseRangeText(text, NOW)).toBeUndefined(),
  );
});

test('ranges are named', () => {
  expect(describeRange({ kind: 'relative', spanMs: 900_000, text: '15m' })).toBe('Last 15 min');
  const from = new Date(2020, 0, 5, 8, 30).getTime();
  expect(describeRange({ kind: 'absolute', fromMs: from, toMs: from + HOUR })).toBe('01-05 08:30 – 09:30');
  expect(describeRange({ kind: 'absolute', fromMs: from, toMs: from + 30_000 })).toBe('01-05 08:30:00 – 08:30:30');
});
