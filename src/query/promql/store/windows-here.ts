import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ReadOptions, StoreReader } from '../../reader/index.ts';
import { RANGE_KERNELS } from '../range-kernels.ts';
import type { WindowRequest, WindowSeries } from '../source.ts';
import { numbersOf } from './kept/index.ts';
import type { SeriesRow } from './series.ts';
import type { FoundWindows, WindowReading } from './windows.ts';

/** After so long others may have their turn. */
const TURN_MS = 8;

/** Whether samples alone say what a window is, whatever the series. */
export function canFindHere({ fn, usesStarts }: WindowRequest): boolean {
  return !usesStarts && Object.hasOwn(RANGE_KERNELS, fn);
}

/** What `readWindows` has ClickHouse find, found here of samples that it hands out. */
export async function findWindows(
  reader: StoreReader,
  { request, range, inStore, selector, isWhole }: WindowReading,
  options: ReadOptions,
): Promise<FoundWindows> {
  const kernel = RANGE_KERNELS[request.fn]!;
  const { grid, rangeMs } = request;
  const windows = { endMs: grid.startMs, stepMs: grid.stepMs, rangeMs, rangeSeconds: rangeMs / 1000 };
  const labels = new Map(inStore.map((each) => [each.row, each.labels]));
  const reading = { rows: [...labels.keys()], selector, isWhole, range, needsStarts: false, isBrief: true };
  const series: WindowSeries[] = [];
  const odd: SeriesRow[] = [];
  let turnMs = performance.now();
  for await (const slice of numbersOf(reader, reading, options)) {
    for (const { row, floats } of slice.found) {
      const values = new Float64Array(grid.count);
      const present = new Uint8Array(grid.count);
      if (kernel(floats, windows, { kinds: present, floats: values }))
        series.push({ labels: labels.get(row)!, values, present });
      if (performance.now() - turnMs < TURN_MS) continue;
      await nextTurn();
      turnMs = performance.now();
    }
    odd.push(...slice.odd, ...slice.detailed.map(({ row }) => row));
  }
  return { series, odd };
}
