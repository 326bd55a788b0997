import { besideOtelcol, type Setup } from '../lib/beside.ts';
import type { BenchCase } from '../lib/report.ts';

/** A line for each processor that has no figure to reach: what a CPU-second of ours does, and of otelcol. One more is one more row. */

const EFFORT = { warmUpRequests: 200, requests: 800, rounds: 2 };

type Row = readonly [what: string, signal: Setup['signal'], share: number, processor: Record<string, object>];

const SPAN_NAME = ['http.request.method', 'http.route'];

const ROWS: readonly Row[] = [
  ['`attributes`: one inserted, one deleted', 'traces', 1, attributes('actions')],
  ['`resource`: one inserted, one deleted', 'traces', 1, { resource: attributes('attributes').attributes }],
  ['`memory_limiter`', 'traces', 1, { memory_limiter: { check_interval: '1s', limit_mib: 4000 } }],
  ['`probabilistic_sampler`: 10 % of traces', 'traces', 0, { probabilistic_sampler: { sampling_percentage: 10 } }],
  ['`span`: a name of two attributes', 'traces', 1, { span: { name: { from_attributes: SPAN_NAME, separator: ' ' } } }],
  [
    '`redaction`: values that match a pattern',
    'traces',
    1,
    { redaction: { allow_all_keys: true, blocked_values: ['cust-[0-9]+'] } },
  ],
  ['`groupbyattrs`: one key with 8 values', 'logs', 1, { groupbyattrs: { keys: ['thread.name'] } }],
  ['`cumulative_to_delta`', 'metrics', 1, { cumulative_to_delta: { initial_value: 'keep' } }],
  ['`delta_to_cumulative`', 'metrics', 1, { delta_to_cumulative: { max_stale: '1h' } }],
  ['`interval`: all points held', 'metrics', 0, { interval: { interval: '60s' } }],
  ['`metrics_transform`: renamed, and a label added', 'metrics', 1, metricsTransform()],
];

function attributes(list: string): { readonly attributes: object } {
  const actions = [
    { key: 'cluster', value: 'eu-1', action: 'insert' },
    { key: list === 'actions' ? 'url.scheme' : 'service.version', action: 'delete' },
  ];
  return { attributes: { [list]: actions } };
}

function metricsTransform(): Record<string, object> {
  const operations = [{ action: 'add_label', new_label: 'cluster', new_value: 'eu-1' }];
  return {
    metrics_transform: {
      transforms: [
        { include: '^http\\.(.*)$$', match_type: 'regexp', action: 'update', new_name: 'shop.$$1', operations },
      ],
    },
  };
}

export const processorsCase: BenchCase = {
  name: 'processors',
  run: () =>
    besideOtelcol(
      ROWS.map(([what, signal, share, processor]) => ({
        what,
        signal,
        share,
        processor,
        ...(signal === 'metrics' && { isInOrder: true }),
      })),
      EFFORT,
    ),
};
