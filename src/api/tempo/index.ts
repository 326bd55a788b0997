/**
 * Tempo's HTTP API over the traces of the store, and its StreamingQuerier over gRPC, for Grafana's Tempo source, Traces Drilldown, and whoever else
 * asks a Tempo. The base address is /tempo of this server. Answers and errors are those of Tempo 3's documentation.
 */
import { TextAnswer } from '../http/answers.ts';
import type { ApiPlugin, ApiRoute } from '../http/plugin.ts';
import { inForm, tempoFailure } from './errors.ts';
import { tempoMethods } from './grpc.ts';
import { metricsRoutes } from './metrics.ts';
import { searchRoutes } from './search.ts';
import { tagRoutes } from './tags.ts';
import { traceRoutes } from './traces.ts';

const MEBIBYTE = 1024 * 1024;
/** The version of Tempo whose language and API these are. */
const TEMPO_VERSION = '3.0.3';

export const tempoApi: ApiPlugin = {
  name: 'tempo',
  prefixes: ['/tempo'],
  limits: {
    answerBytes: 128 * MEBIBYTE,
    bodyBytes: MEBIBYTE,
    deadlineMs: 60_000,
    concurrency: 16,
    largeConcurrency: 2,
  },
  about: `This is the address of a Tempo data source, for example in Grafana. It answers Tempo's query API:

  api/echo   api/traces/TRACE_ID   api/v2/traces/TRACE_ID   api/search?q=TRACEQL
  api/search/tags   api/search/tag/NAME/values   api/v2/search/tags   api/v2/search/tag/NAME/values
  api/metrics/query_range?q=TRACEQL   api/metrics/query?q=TRACEQL   api/metrics/summary?q=TRACEQL&groupBy=NAME
  and over gRPC on this port: tempopb.StreamingQuerier

Traces for people to look at are in the console, at / of this server.
`,
  failed: tempoFailure,
  routes: ({ version }) =>
    [...statusRoutes(version), ...traceRoutes, ...searchRoutes, ...tagRoutes, ...metricsRoutes].map(inForm),
  grpc: () => tempoMethods,
};

const TEXT = 'text/plain; charset=utf-8';

function statusRoutes(version: string): readonly ApiRoute[] {
  const text = (path: string, said: string): ApiRoute => ({
    method: 'GET',
    path,
    answer: () => new TextAnswer(TEXT, said),
  });
  return [
    text('/api/echo', 'echo'),
    text('/ready', 'ready\n'),
    {
      method: 'GET',
      path: '/api/status/buildinfo',
      answer: () => ({
        version: TEMPO_VERSION,
        revision: `signalbox-${version}`,
        branch: 'HEAD',
        buildUser: 'signalbox',
        buildDate: '',
        goVersion: '',
      }),
    },
  ];
}
