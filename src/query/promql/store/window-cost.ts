import { RANGE_KERNELS } from '../range-kernels.ts';
import type { WindowFunction, WindowRequest } from '../source.ts';
import { USUAL_INTERVAL_MS } from './divide.ts';

/**
 * Who finds windows for less: ClickHouse, or TypeScript from samples that ClickHouse hands out. Figures are ns of CPU per sample, of both
 * processes together, measured in one run: see docs/decisions/promql-windows.md.
 */

const HANDED_OUT_NS = 210;
/** Of functions that TypeScript finds window by window. */
const WINDOW_BY_WINDOW_NS = 310;
/** Less where a sample is kept from an earlier query. */
const NOT_READ_NS = 170;
const IN_STORE_NS: Readonly<Record<WindowFunction, number>> = {
  last: 150,
  last_over_time: 140,
  rate: 260,
  increase: 260,
  delta: 260,
  irate: 180,
  idelta: 180,
  changes: 260,
  resets: 260,
  max_over_time: 100,
  min_over_time: 100,
  present_over_time: 100,
  // Where one sample may come twice, each is noted.
  sum_over_time: 250,
  avg_over_time: 250,
  count_over_time: 250,
};
/** Of one step, a plain aggregate. */
const PLAIN_NS = 25;
/** A value that is handed out. */
const ANSWERED_NS = 60;

/** Below, either is fast, and a statement more is not. */
const FEW_SAMPLES = 200_000;

export interface WindowCost {
  readonly samples: number;
  /** Of all steps of all series. */
  readonly values: number;
  readonly inStoreMs: number;
  readonly hereMs: number;
  readonly isInStoreCheaper: boolean;
}

/** `keptShare`: of the samples that need not be read, since they are kept here. */
export function costOf(
  { fn, grid, rangeMs, group }: WindowRequest,
  seriesCount: number,
  keptShare: number,
): WindowCost {
  const spanMs = (grid.count - 1) * grid.stepMs + rangeMs;
  const samples = Math.ceil(seriesCount * (spanMs / USUAL_INTERVAL_MS));
  const isPlain = grid.count === 1 && (fn === 'max_over_time' || fn === 'min_over_time' || fn === 'present_over_time');
  const values = seriesCount * grid.count;
  const answered = group === undefined ? values : 0;
  const inStoreMs = (samples * (isPlain ? PLAIN_NS : IN_STORE_NS[fn]) + answered * ANSWERED_NS) / 1e6;
  const hereNs = Object.hasOwn(RANGE_KERNELS, fn) ? HANDED_OUT_NS : WINDOW_BY_WINDOW_NS;
  const hereMs = (samples * (hereNs - keptShare * NOT_READ_NS)) / 1e6;
  return { samples, values, inStoreMs, hereMs, isInStoreCheaper: samples >= FEW_SAMPLES && inStoreMs < hereMs };
}

export function costText({ samples, inStoreMs, hereMs, isInStoreCheaper }: WindowCost): string {
  const about = `about ${Math.round(inStoreMs)} ms of CPU in ClickHouse, ${Math.round(hereMs)} ms handed out`;
  const choice = isInStoreCheaper ? 'in ClickHouse' : 'handed out';
  return `${choice}: ${samples} samples, if they are ${USUAL_INTERVAL_MS / 1000} s apart, would take ${about}`;
}
