import type { ProcessorFactory } from '#component';
import { type GroupByAttrsConfig, groupByAttrsSchema } from './config.ts';
import { GroupByAttrsProcessor } from './groupbyattrs.ts';

export const groupByAttrsFactory: ProcessorFactory<GroupByAttrsConfig> = {
  kind: 'processor',
  type: 'groupbyattrs',
  description: 'Moves attributes of items to their resource, and puts together what then has the same one.',
  stability: { traces: 'beta', metrics: 'beta', logs: 'beta' },
  schema: groupByAttrsSchema,
  create: (settings, config, signal, next) => new GroupByAttrsProcessor(settings, config, signal, next),
};
