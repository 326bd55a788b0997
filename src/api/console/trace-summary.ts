import type { FoundTrace } from '#query';
import type { TraceSummary } from './types.ts';

export function traceSummary({ startNs, endNs, ...trace }: FoundTrace): TraceSummary {
  return { ...trace, startMs: msOf(startNs), durationNs: Number(endNs - startNs) };
}

/** Microseconds are kept. */
export function msOf(ns: bigint): number {
  return Number(ns / 1000n) / 1000;
}
