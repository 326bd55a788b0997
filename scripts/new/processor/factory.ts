import type { ProcessorFactory } from '#component';
import { type ExampleConfig, exampleSchema } from './config.ts';
import { ExampleProcessor } from './example.ts';

export const exampleFactory: ProcessorFactory<ExampleConfig> = {
  kind: 'processor',
  type: 'example',
  description: 'Leaves out items that have an attribute.',
  stability: { traces: 'development', metrics: 'development', logs: 'development' },
  schema: exampleSchema,
  create: (settings, config, _signal, next) => new ExampleProcessor(settings, config, next),
};
