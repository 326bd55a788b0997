/**
 * Zipkin's v2 query API (openzipkin/zipkin-api zipkin2-api.yaml), for Grafana's Zipkin source, Zipkin's own page and whoever else asks a Zipkin. The
 * base address is /zipkin of this server.
 */
import { TextAnswer } from '../http/answers.ts';
import type { ApiFailure } from '../http/errors.ts';
import type { ApiPlugin } from '../http/plugin.ts';
import { catalogRoutes } from './catalog.ts';
import { traceRoutes } from './traces.ts';

const MEBIBYTE = 1024 * 1024;

export const zipkinApi: ApiPlugin = {
  name: 'zipkin',
  prefixes: ['/zipkin'],
  limits: {
    answerBytes: 256 * MEBIBYTE,
    bodyBytes: MEBIBYTE,
    deadlineMs: 25_000,
    concurrency: 16,
    // Whole traces, as in Jaeger's API.
    largeConcurrency: 1,
  },
  about: `This is the address of a Zipkin data source, for example in Grafana. It answers Zipkin's query API:

  api/v2/services   api/v2/spans?serviceName=NAME   api/v2/remoteServices?serviceName=NAME   api/v2/dependencies?endTs=MS
  api/v2/traces?serviceName=NAME   api/v2/trace/TRACE_ID   api/v2/traceMany?traceIds=ID,ID   api/v2/autocompleteKeys

Traces for people to look at are in the console, at / of this server.
`,
  failed,
  routes: () => [
    ...catalogRoutes,
    ...traceRoutes,
    {
      method: 'GET',
      path: '/health',
      answer: () => ({ status: 'UP', zipkin: { status: 'UP', details: {} } }),
    },
  ],
};

/** Zipkin says what went wrong as plain text. */
function failed({ status, message, hint }: ApiFailure): TextAnswer {
  return new TextAnswer('text/plain; charset=utf-8', hint === undefined ? message : `${message} (${hint})`, { status });
}
