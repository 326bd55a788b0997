/** How long spans of an operation usually take. */

export interface Usual {
  readonly p50Ns: number;
  readonly p95Ns: number;
  readonly p99Ns: number;
}

export function againstUsual(durationNs: number, { p50Ns, p95Ns, p99Ns }: Usual): string {
  if (durationNs > p99Ns) return 'longer than 99% usually take';
  if (durationNs > p95Ns) return 'longer than 95% usually take';
  return durationNs > p50Ns ? 'longer than half usually take' : 'no longer than half usually take';
}
