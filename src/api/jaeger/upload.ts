import { AnswerError } from '../http/errors.ts';
import type { ApiRoute } from '../http/plugin.ts';
import { rawTrace } from './adjust.ts';
import { envelope } from './envelope.ts';
import { jaegerTraces, wholeTrace } from './model.ts';
import { readOtlpJson } from './otlp-json-reader.ts';
import { traceIdOf } from './parameters.ts';

/**
 * What Jaeger UI posts: a file of OTLP/JSON, which it gets back in the form that it shows, and traces to archive. There is no second store
 * for archived traces; Jaeger without one answers the same.
 */
export const uploadRoutes: readonly ApiRoute[] = [
  {
    method: 'POST',
    path: '/api/transform',
    isLarge: true,
    answer: ({ body, query }) => {
      const spans = readOtlpJson(String(body));
      const ids = [...new Set(spans.map(({ traceId }) => traceId))];
      return envelope(jaegerTraces(ids, spans, rawTrace).map(wholeTrace), query);
    },
  },
  {
    method: 'POST',
    path: '/api/archive/:traceId',
    answer: ({ path }) => {
      traceIdOf(path['traceId']!);
      throw new AnswerError(500, 'no_archive', 'archive span storage was not configured');
    },
  },
];
