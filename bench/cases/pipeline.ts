import { besideOtelcol, type Setup } from '../lib/beside.ts';
import type { BenchCase } from '../lib/report.ts';

/** OTLP/HTTP in, `batch`, OTLP/HTTP out. */

const EFFORT = { warmUpRequests: 200, requests: 1000, rounds: 3 };

const SETUPS: readonly Setup[] = [
  { what: 'OTLP/HTTP in → batch → OTLP/HTTP out', goal: 3, items: 'spans', signal: 'traces', share: 1 },
  {
    what: 'OTLP/HTTP in → batch → OTLP/HTTP out in gzip',
    items: 'spans',
    signal: 'traces',
    share: 1,
    compression: 'gzip',
  },
];

export const pipelineCase: BenchCase = { name: 'pipeline', run: () => besideOtelcol(SETUPS, EFFORT) };
