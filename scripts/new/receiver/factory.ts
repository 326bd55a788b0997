import type { ReceiverFactory } from '#component';
import { type ExampleReceiverConfig, exampleReceiverSchema, validateExampleReceiver } from './config.ts';
import { ExampleReceiver } from './example.ts';

export const exampleReceiverFactory: ReceiverFactory<ExampleReceiverConfig> = {
  kind: 'receiver',
  type: 'example',
  description: 'Makes a log record from time to time.',
  stability: { logs: 'development' },
  schema: exampleReceiverSchema,
  validate: validateExampleReceiver,
  create: (settings, config, next) => new ExampleReceiver(settings, config, next.logs),
};
