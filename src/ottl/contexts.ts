import type { Signal } from '#pdata';

/** What a statement is run on, one item at a time. */
export type Context = 'resource' | 'scope' | 'span' | 'spanevent' | 'metric' | 'datapoint' | 'exemplar' | 'log';

export const CONTEXTS: readonly Context[] = [
  'resource',
  'scope',
  'span',
  'spanevent',
  'metric',
  'datapoint',
  'exemplar',
  'log',
];

const COMMON = ['resource', 'scope', 'instrumentation_scope', 'otelcol'] as const;

/** What paths may begin with in a context. The first is the context itself, which a path without a prefix means. */
export const PATH_PREFIXES: Readonly<Record<Context, readonly string[]>> = {
  resource: ['resource', 'otelcol'],
  scope: ['scope', 'instrumentation_scope', 'resource', 'otelcol'],
  span: ['span', ...COMMON],
  spanevent: ['spanevent', 'span', ...COMMON],
  metric: ['metric', ...COMMON],
  datapoint: ['datapoint', 'metric', ...COMMON],
  exemplar: ['exemplar', 'datapoint', 'metric', ...COMMON],
  log: ['log', ...COMMON],
};

/** The contexts that the items of a signal have, those that others lie in last. */
export const SIGNAL_CONTEXTS: Readonly<Record<Signal, readonly Context[]>> = {
  traces: ['spanevent', 'span', 'scope', 'resource'],
  metrics: ['exemplar', 'datapoint', 'metric', 'scope', 'resource'],
  logs: ['log', 'scope', 'resource'],
};
