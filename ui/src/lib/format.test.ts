import { describe, expect, test } from 'vitest';
import {
  formatAgo,
  formatAxisTime,
  formatBytes,
  formatClock,
  formatCompact,
  formatDuration,
  formatExactTime,
  formatNumber,
  formatPercent,
  formatRate,
  parseDuration,
  plural,
  printDuration,
  tickText,
  unitFormatter,
} from './format.ts';

describe('durations', () => {
  test.each([
    [0, '0'],
    [850, '850 ns'],
    [1_000, '1.00 µs'],
    [12_345, '12.3 µs'],
    [999_400, '999 µs'],
    [999_600, '1.00 ms'],
    [4_560_000, '4.56 ms'],
    [123_400_000, '123 ms'],
    [999_700_000, '1.00 s'],
    [2_040_000_000, '2.04 s'],
    [59_940_000_000, '59.9 s'],
    [59_960_000_000, '1m 00s'],
    [125_000_000_000, '2m 05s'],
    [3_720_000_000_000, '1h 02m'],
    [187_220_000_000_000, '2d 04h'],
    [-1_500_000, '-1.50 ms'],
    [Number.NaN, '–'],
  ])('%d ns is written %s', (ns, text) => expect(formatDuration(ns)).toBe(text));

  test.each([
    ['250ms', 250e6],
    ['1.5s', 1.5e9],
    ['2m', 12e10],
    ['10us', 1e4],
    ['80', 80e6],
    [' 3 s ', 3e9],
  ])('%s is read', (text, ns) => expect(parseDuration(text)).toBe(ns));

  test.each(['', 'abc', '1.2.3s', '-4s', '5 lightyears'])('%j is not a duration', (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  );

  test('what is printed for the filter language is read back as the same', () => {
    for (const ns of [1, 999, 1_500, 250_000_000, 1_500_000_000, 61_000_000_000])
      expect(parseDuration(printDuration(ns))).toBe(ns);
  });
});

describe('numbers', () => {
  test.each([
    [0, '0'],
    [0.1234, '0.123'],
    [0.00001, '1.0e-5'],
    [7, '7'],
    [1.5, '1.50'],
    [12.34, '12.3'],
    [123.4, '123'],
    [12_345, '12,345'],
    [1_234_567, '1.23M'],
    [Number.POSITIVE_INFINITY, '∞'],
  ])('%d is written %s', (value, text) => expect(formatNumber(value)).toBe(text));

  test.each([
    [950, '950'],
    [1_200, '1.2k'],
    [34_500, '34.5k'],
    [999_950, '1M'],
    [2_881_204_412, '2.88B'],
  ])('%d is short for %s', (value, text) => expect(formatCompact(value)).toBe(text));

  test.each([
    [0, '0/s'],
    [0.042, '0.042/s'],
    [0.004, '0.24/min'],
    [0.42, '0.42/s'],
    [16.24, '16.2/s'],
    [4120, '4,120/s'],
    [42_000, '42k/s'],
  ])('a rate of %d is written %s', (value, text) => expect(formatRate(value)).toBe(text));

  test.each([
    [0, '0%'],
    [0.000_01, '<0.01%'],
    [0.0037, '0.37%'],
    [0.04, '4.0%'],
    [0.5, '50%'],
    [0.9999, '>99.5%'],
    [1, '100%'],
  ])('a ratio of %d is written %s', (ratio, text) => expect(formatPercent(ratio)).toBe(text));

  test.each([
    [0, '0 B'],
    [2.3, '2.3 B'],
    [512, '512 B'],
    [1536, '1.50 KiB'],
    [1_048_575, '1.00 MiB'],
    [2.1e8, '200 MiB'],
    [-2048, '-2.00 KiB'],
  ])('%d bytes are written %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  test('a word is counted', () => {
    expect(plural(1, 'span')).toBe('1 span');
    expect(plural(1234, 'span')).toBe('1,234 spans');
    expect(plural(2, 'child', 'children')).toBe('2 children');
  });

  test.each([
    ['1.00 s', '1 s'],
    ['1.50 s', '1.5 s'],
    ['100 ms', '100 ms'],
    ['0.50%', '0.5%'],
    ['20.0/s', '20/s'],
    ['1,000', '1,000'],
  ])('the tick for %s is %s', (text, tick) => expect(tickText(text)).toBe(tick));
});

describe('units of metrics', () => {
  test.each([
    ['s', 0.25, '250 ms'],
    ['ms', 1500, '1.50 s'],
    ['By', 2048, '2.00 KiB'],
    ['By/s', 2048, '2.00 KiB/s'],
    ['%', 12.5, '12.5%'],
    ['1', 0.32, '0.32'],
    ['{request}', 14, '14'],
    ['{order}/s', 4.2, '4.20/s'],
    ['EUR', 62, '62 EUR'],
    ['', 3, '3'],
  ])('unit %j', (unit, value, text) => expect(unitFormatter(unit)(value)).toBe(text));
});

describe('times', () => {
  const atMs = new Date(2026, 10, 22, 14, 3, 7, 123).getTime();

  test('a clock shows local time, to the millisecond on demand', () => {
    expect(formatClock(atMs)).toBe('14:03:07');
    expect(formatClock(atMs, true)).toBe('14:03:07.123');
  });

  test('a nanosecond time keeps all its digits', () => {
    expect(formatExactTime(`${atMs}456789`)).toBe('2026-11-22 14:03:07.123456789');
  });

  test('ages have one unit', () => {
    expect(formatAgo(1000, 1500)).toBe('just now');
    expect(formatAgo(0, 42_000)).toBe('42 s ago');
    expect(formatAgo(0, 300_000)).toBe('5 min ago');
    expect(formatAgo(0, 5_400_000)).toBe('1.5 h ago');
    expect(formatAgo(10_000, 0)).toBe('in 10 s');
  });

  test('an axis is as exact as its span is short', () => {
    expect(formatAxisTime(atMs, 3_600_000)).toBe('14:03');
    expect(formatAxisTime(atMs, 60_000)).toBe('14:03:07');
    expect(formatAxisTime(atMs, 2_000)).toBe('03:07.123');
    expect(formatAxisTime(atMs, 10 * 86_400_000)).toBe('11-22');
  });
});
