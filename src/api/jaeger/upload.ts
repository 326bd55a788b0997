import type { ApiNeeds, ApiRoute } from '../http/plugin.ts';
import { pinTrace } from '../shared/pin-trace.ts';
import { rawTrace } from './adjust.ts';
import { envelope } from './envelope.ts';
import { jaegerTraces, wholeTrace } from './model.ts';
import { readOtlpJson } from './otlp-json-reader.ts';
import { traceIdOf } from './parameters.ts';

/**
 * What Jaeger UI posts: a file of OTLP/JSON, which it gets back in the form that it shows, and traces to archive. There is no second store
 * for these: they are pinned, and stay where they are. A server that only reads answers as a Jaeger without an archive.
 */
export function uploadRoutes(needs: ApiNeeds): readonly ApiRoute[] {
  return [TRANSFORM, archiveRoute(needs)];
}

const TRANSFORM: ApiRoute = {
  method: 'POST',
  path: '/api/transform',
  isLarge: true,
  answer: ({ body, query }) => {
    const spans = readOtlpJson(String(body));
    const ids = [...new Set(spans.map(({ traceId }) => traceId))];
    return envelope(jaegerTraces(ids, spans, rawTrace).map(wholeTrace), query);
  },
};

function archiveRoute(needs: ApiNeeds): ApiRoute {
  return {
    method: 'POST',
    path: '/api/archive/:traceId',
    answer: async ({ path, reader, query, options }) => {
      await pinTrace(needs, reader, traceIdOf(path['traceId']!), options);
      return envelope([], query);
    },
  };
}
