import type { ConnectorFactory } from '#component';
import { type ExceptionsConfig, exceptionsSchema, validateExceptions } from './config.ts';
import { ExceptionLogs } from './exception-logs.ts';
import { ExceptionMetrics } from './exception-metrics.ts';

export const exceptionsFactory: ConnectorFactory<ExceptionsConfig> = {
  kind: 'connector',
  type: 'exceptions',
  description: 'Makes metrics and log records of the exceptions in span events and log records.',
  stability: [
    { from: 'traces', to: 'metrics', stability: 'alpha' },
    { from: 'traces', to: 'logs', stability: 'alpha' },
    { from: 'logs', to: 'logs', stability: 'alpha' },
    { from: 'logs', to: 'metrics', stability: 'alpha' },
  ],
  schema: exceptionsSchema,
  validate: validateExceptions,
  create: (settings, config, from, to, next) =>
    to === 'metrics'
      ? new ExceptionMetrics(settings, config, from, next)
      : new ExceptionLogs(settings, config, from, next),
};
