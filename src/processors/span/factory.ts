import type { ProcessorFactory } from '#component';
import { type SpanConfig, spanSchema, validateSpan } from './config.ts';
import { SpanProcessor } from './span.ts';

export const spanFactory: ProcessorFactory<SpanConfig> = {
  kind: 'processor',
  type: 'span',
  description: 'Makes names of spans of their attributes, and attributes of their names; sets their status.',
  stability: { traces: 'alpha' },
  schema: spanSchema,
  validate: validateSpan,
  create: (_settings, config, _signal, next) => new SpanProcessor(config, next),
};
