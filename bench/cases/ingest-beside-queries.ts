import { type RunningSignalbox, startSignalbox } from '../../test/lib/signalbox.ts';
import { timedText } from '../lib/asked.ts';
import { type LoadResult, sendLoad } from '../lib/collectors.ts';
import { loadStore } from '../lib/promql-load.ts';
import type { BenchCase, CaseResult } from '../lib/report.ts';

/**
 * How long a sender of 20,000 spans a second waits for its answers, alone and while one heavy query in PromQL after the other runs over 10,000
 * series; by turns, each round with both.
 *
 *   BENCH_ROUNDS=n   default 3
 */
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const HOURS = 2;
const SPANS_A_SECOND = 20_000;
const SPANS_A_REQUEST = 200;
const SECONDS = 20;
const MAX_RATIO = 1.5;
const HEAVY: readonly string[] = [
  'sum by (service) (rate(bench_requests_total[5m]))',
  'topk(5, rate(bench_requests_total[5m]))',
  'max by (service) (max_over_time(bench_requests_total[1h]))',
  'histogram_quantile(0.95, sum by (le, service) (rate(bench_duration_seconds_bucket[5m])))',
];

interface Round {
  readonly alone: LoadResult;
  readonly beside: LoadResult;
  /** Heavy queries that were answered meanwhile. */
  readonly queries: number;
}

export const ingestBesideQueriesCase: BenchCase = {
  name: 'ingest-beside-queries',
  async run(): Promise<CaseResult> {
    const signalbox = await startSignalbox();
    try {
      const endMs = Math.floor(Date.now() / 60_000) * 60_000;
      const startMs = endMs - HOURS * 3_600_000;
      await loadStore(signalbox, startMs, endMs);
      const rounds: Round[] = [];
      // The first warms up.
      for (let round = 0; round <= ROUNDS; round++) {
        const alone = await offered(signalbox);
        const asked = askHeavily(signalbox, startMs, endMs);
        const beside = await offered(signalbox);
        const queries = await asked.end();
        if (round > 0) rounds.push({ alone, beside, queries });
      }
      return resultOf(rounds);
    } finally {
      await signalbox.stop();
    }
  },
};

function offered(signalbox: RunningSignalbox): Promise<LoadResult> {
  return sendLoad({
    url: `${signalbox.otlpUrl}/v1/traces`,
    requests: (SPANS_A_SECOND * SECONDS) / SPANS_A_REQUEST,
    spans: SPANS_A_REQUEST,
    rate: SPANS_A_SECOND,
    concurrency: 64,
  });
}

/** One query after the other, until its end; that gives how many were answered. Throws where one fails. */
function askHeavily(signalbox: RunningSignalbox, startMs: number, endMs: number): { end(): Promise<number> } {
  let isEnded = false;
  let count = 0;
  const asking = (async () => {
    for (; !isEnded; count++) {
      const url = new URL(`${signalbox.consoleUrl}/prometheus/api/v1/query_range`);
      const times = { start: String(startMs / 1000 + 3600), end: String(endMs / 1000), step: '60' };
      url.search = new URLSearchParams({ query: HEAVY[count % HEAVY.length]!, ...times }).toString();
      await timedText(String(url));
    }
  })();
  // Its failure is thrown where its end is waited for.
  asking.catch(() => undefined);
  return {
    async end() {
      isEnded = true;
      await asking;
      return count;
    },
  };
}

function resultOf(rounds: readonly Round[]): CaseResult {
  const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
  const [alone, beside] = (['alone', 'beside'] as const).map((side) =>
    middle(rounds.map((round) => round[side].p99Ms)),
  );
  const ratio = middle(rounds.map((round) => round.beside.p99Ms / round.alone.p99Ms));
  const lost = rounds.some((round) => round.alone.failures + round.beside.failures > 0);
  const queries = rounds.reduce((sum, round) => sum + round.queries, 0);
  return {
    raw: { rounds },
    rows: [
      {
        what: 'p99 of answers to 20,000 spans a second while heavy PromQL queries run',
        goal: `≤ ${MAX_RATIO}x of without`,
        measured: `${alone!.toFixed(1)} → ${beside!.toFixed(1)} ms, ${ratio.toFixed(2)}x; ${queries} queries`,
        peer: '',
        met: ratio <= MAX_RATIO && !lost,
      },
    ],
  };
}
