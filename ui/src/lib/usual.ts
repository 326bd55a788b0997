/** How long spans of an operation usually take. */

export interface Usual {
  readonly p50Ns: number;
  readonly p95Ns: number;
  readonly p99Ns: number;
}

export function againstUsual(durationNs: number, { p50Ns, p95Ns, p99Ns }: Usual): string {
  if (durationNs > p99Ns) return 'more than 99 of 100 usually do';
  if (durationNs > p95Ns) return 'more than 95 of 100 usually do';
  return durationNs > p50Ns ? 'more than half of them usually do' : 'no more than half of them usually do';
}
