import type { ExtensionFactory } from '#component';
import { type ExampleConfig, exampleSchema } from './config.ts';
import { Example } from './example.ts';

export const exampleFactory: ExtensionFactory<ExampleConfig> = {
  kind: 'extension',
  type: 'example',
  description: 'Greets in the log.',
  stability: 'development',
  schema: exampleSchema,
  create: (settings, config) => new Example(settings, config),
};
