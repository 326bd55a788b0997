import { besideOtelcol, type Setup } from '../lib/beside.ts';
import type { BenchCase } from '../lib/report.ts';

/** OTLP/gRPC in, OTLP/gRPC out in the same coding, nothing between. */

const EFFORT = { warmUpRequests: 200, requests: 1000, rounds: 2 };

/** So many times otelcol's spans per CPU-second. */
const GOALS = { none: 5, zstd: 3, gzip: 3.5 } as const;

const SETUPS: readonly Setup[] = (['none', 'zstd', 'gzip'] as const).map((grpc) => ({
  what: `OTLP/gRPC in → OTLP/gRPC out, ${grpc === 'none' ? 'without compression' : `both in ${grpc}`}`,
  goal: GOALS[grpc],
  items: 'spans',
  signal: 'traces',
  share: 1,
  grpc,
}));

export const grpcCase: BenchCase = { name: 'grpc', run: () => besideOtelcol(SETUPS, EFFORT) };
