import { besideOtelcol, type Effort, type Setup } from '../lib/beside.ts';
import type { BenchCase } from '../lib/report.ts';

/** Statements and conditions in OTTL. */

/** How much is sent. */
export const EFFORT: Effort = { warmUpRequests: 200, requests: 1000, rounds: 3 };

const TRANSFORM: Setup = {
  what: 'transform with two `replace_pattern` on an attribute that every span has',
  goal: 3,
  items: 'spans',
  signal: 'traces',
  share: 1,
  processor: transform('trace', 'span', [
    'replace_pattern(attributes["url.path"], "orders=[^&]+", "orders=REDACTED")',
    'replace_pattern(attributes["url.path"], "orders/[^&]+", "orders/REDACTED")',
  ]),
};
const RENAME: Setup = {
  what: 'transform that renames an attribute of log records of 363 bytes, OTLP/gRPC without compression',
  goal: 2,
  items: 'records',
  signal: 'logs',
  share: 1,
  grpc: 'none',
  processor: transform('log', 'log', [
    'set(attributes["customer"], attributes["customer.id"])',
    'delete_key(attributes, "customer.id")',
  ]),
};
const FILTER: Setup = {
  what: 'filter that drops 95 % of log records',
  goal: 5,
  items: 'records',
  signal: 'logs',
  share: 0.05,
  processor: {
    filter: { error_mode: 'ignore', logs: { log_record: ['severity_number < SEVERITY_NUMBER_INFO'] } },
  },
};

function transform(signal: string, context: string, statements: readonly string[]): Record<string, object> {
  return { transform: { error_mode: 'ignore', [`${signal}_statements`]: [{ context, statements }] } };
}

export const transformCase: BenchCase = { name: 'transform', run: () => besideOtelcol([TRANSFORM, RENAME], EFFORT) };
export const filterCase: BenchCase = { name: 'filter', run: () => besideOtelcol([FILTER], EFFORT) };
