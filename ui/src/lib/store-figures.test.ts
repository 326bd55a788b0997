import { expect, test } from 'vitest';
import { ABSENT, formatUtcDay } from './format.ts';
import { compressionText, mergedText, perItemText, perRowText } from './store-figures.ts';

const table = (rows: number, bytesOnDisk: number, activeBytesOnDisk: number, bytesUncompressed: number) => ({
  name: 'spans',
  signal: 'traces' as const,
  rows,
  bytesOnDisk,
  activeBytesOnDisk,
  bytesUncompressed,
  parts: 1,
  retention: '7 days',
});

test('a row costs, and is compressed, as the parts that hold it are, not those that were merged', () => {
  const spans = table(10_000, 7_740_000, 550_000, 5_500_000);
  expect(perRowText(spans)).toBe('55 B');
  expect(compressionText(spans)).toBe('10.0 : 1');
  expect(mergedText([spans, spans])).toContain('13.7 MiB on disk are parts merged');
  expect(mergedText([table(10, 5, 5, 5)])).toBeUndefined();
});

test('few rows have no figure per row', () => {
  expect(perItemText(999, 3860)).toBe(ABSENT);
  expect(perItemText(1000, 55)).toBe('55 B');
  expect(perRowText(table(2, 7720, 7720, 100))).toBe(ABSENT);
  expect(compressionText(table(2, 7720, 7720, 100))).toBe(ABSENT);
  expect(perRowText(table(0, 0, 0, 0))).toBe(ABSENT);
});

test("a day of the store is UTC's, wherever it is looked at", () => {
  expect(formatUtcDay(Date.UTC(2026, 10, 28))).toBe('2026-11-28');
});
