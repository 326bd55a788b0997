import type { ReceiverFactory } from '#component';
import { type OtlpJsonFileConfig, otlpJsonFileSchema, validateOtlpJsonFile } from './config.ts';
import { OtlpJsonFileReceiver } from './otlpjsonfile.ts';

export const otlpJsonFileReceiverFactory: ReceiverFactory<OtlpJsonFileConfig> = {
  kind: 'receiver',
  type: 'otlpjsonfile',
  description: 'Reads files whose lines are OTLP/JSON, as the exporter file writes them',
  stability: { traces: 'beta', metrics: 'beta', logs: 'beta' },
  schema: otlpJsonFileSchema,
  validate: validateOtlpJsonFile,
  create: (settings, config, next) => new OtlpJsonFileReceiver(settings, config, next),
};
