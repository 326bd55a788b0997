/** What the store's figures say per row and per item: of the parts that hold the rows now, and of enough of them. */
import type { StoreView } from '#api/types.ts';
import { ABSENT, formatBytes } from './format.ts';

type StoreTable = StoreView['tables'][number];

/** A part has a fixed cost of its own: below so many rows a figure per row says what a file costs, not what a row does. */
const ENOUGH_ROWS = 1000;

export function perItemText(count: number, bytesPerItem: number): string {
  return count < ENOUGH_ROWS || bytesPerItem <= 0 ? ABSENT : formatBytes(bytesPerItem);
}

export function perRowText({ rows, activeBytesOnDisk }: StoreTable): string {
  return perItemText(rows, rows > 0 ? activeBytesOnDisk / rows : 0);
}

export function compressionText({ rows, activeBytesOnDisk, bytesUncompressed }: StoreTable): string {
  if (rows < ENOUGH_ROWS || activeBytesOnDisk <= 0) return ABSENT;
  return `${(bytesUncompressed / activeBytesOnDisk).toFixed(1)} : 1`;
}

/** What of the disk's figures goes away by itself: parts that were merged into others. Undefined where there is little of it. */
export function mergedText(tables: readonly StoreTable[]): string | undefined {
  const bytes = tables.reduce((sum, { bytesOnDisk, activeBytesOnDisk }) => sum + bytesOnDisk - activeBytesOnDisk, 0);
  return bytes > 0 ? `${formatBytes(bytes)} on disk are parts merged into others, deleted soon` : undefined;
}
