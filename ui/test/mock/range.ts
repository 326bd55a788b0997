/** The time range of a request and its buckets. */
import type { TimeGrid } from '#api/types.ts';

export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
  readonly environment: string | undefined;
}

export function gridOf({ fromMs, toMs }: Range, buckets: number): TimeGrid {
  const steps = [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200].map(
    (seconds) => seconds * 1000,
  );
  const stepMs = steps.find((step) => (toMs - fromMs) / step <= buckets) ?? 86_400_000;
  const startMs = Math.floor(fromMs / stepMs) * stepMs;
  return { startMs, stepMs, count: Math.max(1, Math.ceil((toMs - startMs) / stepMs)) };
}
