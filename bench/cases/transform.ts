import { besideOtelcol, type Effort, type Setup } from '../lib/beside.ts';
import type { BenchCase } from '../lib/report.ts';

/** Statements and conditions in OTTL. */

/** How much is sent. */
export const EFFORT: Effort = {
  warmUpRequests: 100,
  requests: Number(process.env.BENCH_OTTL_REQUESTS ?? 500),
  rounds: Number(process.env.BENCH_OTTL_ROUNDS ?? 3),
};

const TRANSFORM: Setup = {
  what: 'transform with two `replace_pattern` on an attribute that every span has',
  goal: 3,
  signal: 'traces',
  share: 1,
  processor: `
  transform:
    error_mode: ignore
    trace_statements:
      - context: span
        statements:
          - replace_pattern(attributes["url.path"], "orders=[^&]+", "orders=REDACTED")
          - replace_pattern(attributes["url.path"], "orders/[^&]+", "orders/REDACTED")`,
};
const RENAME: Setup = {
  what: 'transform that renames an attribute of log records',
  goal: 2,
  signal: 'logs',
  share: 1,
  processor: `
  transform:
    error_mode: ignore
    log_statements:
      - context: log
        statements:
          - set(attributes["customer"], attributes["customer.id"])
          - delete_key(attributes, "customer.id")`,
};
const FILTER: Setup = {
  what: 'filter that drops 95 % of log records',
  goal: 5,
  signal: 'logs',
  share: 0.05,
  processor: `
  filter:
    error_mode: ignore
    logs:
      log_record:
        - severity_number < SEVERITY_NUMBER_INFO`,
};

export const transformCase: BenchCase = { name: 'transform', run: () => besideOtelcol([TRANSFORM, RENAME], EFFORT) };
export const filterCase: BenchCase = { name: 'filter', run: () => besideOtelcol([FILTER], EFFORT) };
