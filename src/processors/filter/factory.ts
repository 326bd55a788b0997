import type { ProcessorFactory } from '#component';
import { type FilterConfig, filterSchema } from './config.ts';
import { FilterProcessor } from './filter.ts';
import { validateFilter } from './groups.ts';

export const filterFactory: ProcessorFactory<FilterConfig> = {
  kind: 'processor',
  type: 'filter',
  description: 'Leaves out spans, span events, metrics, data points and log records by conditions.',
  stability: { traces: 'beta', metrics: 'beta', logs: 'beta' },
  schema: filterSchema,
  validate: validateFilter,
  create: (settings, config, signal, next) => new FilterProcessor(settings, config, signal, next),
};
