import { describe, expect, test } from 'vitest';
import {
  describeRange,
  parseRangeText,
  parseSpan,
  rangeFromSearch,
  rangeToSearch,
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
    ['now-2h to now-1h', NOW - 2 * HOUR, NOW - HOUR],
    ['10:00 to now', NOW - 4 * HOUR, NOW],
    ['1700000000 to 1700000060000', 1_700_000_000_000, 1_700_000_060_000],
  ])('%s is absolute', (text, fromMs, toMs) =>
    expect(parseRangeText(text, NOW)).toEqual({ kind: 'absolute', fromMs, toMs }),
  );

  test.each(['', 'yesterday', '11:00 to 10:00', '2026-11-22 10:00'])('%j is not a range', (text) =>
    expect(parseRangeText(text, NOW)).toBeUndefined(),
  );
});

test('ranges are named', () => {
  expect(describeRange({ kind: 'relative', spanMs: 900_000, text: '15m' })).toBe('Last 15 min');
  const from = new Date(2020, 0, 5, 8, 30).getTime();
  expect(describeRange({ kind: 'absolute', fromMs: from, toMs: from + HOUR })).toBe('01-05 08:30 – 09:30');
  expect(describeRange({ kind: 'absolute', fromMs: from, toMs: from + 30_000 })).toBe('01-05 08:30:00 – 08:30:30');
});
