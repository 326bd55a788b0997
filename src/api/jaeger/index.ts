/**
 * Jaeger's HTTP query API in both generations: the one that Grafana's data source and Jaeger UI before 2026 use (`/api/traces`, …) and
 * the one of today's Jaeger UI (`/api/v3/…`), and its query services over gRPC. Served below `/jaeger`, which is the data source's URL, and at
 * the root.
 */
import type { ApiPlugin } from '../http/plugin.ts';
import { envelopeFailure } from './envelope.ts';
import { jaegerMethods } from './grpc.ts';
import { metricsRoutes } from './metrics.ts';
import { uploadRoutes } from './upload.ts';
import { firstRoutes } from './v1.ts';
import { thirdRoutes } from './v3.ts';

const MEBIBYTE = 1024 * 1024;

export const jaegerApi: ApiPlugin = {
  name: 'jaeger',
  prefixes: ['/jaeger', ''],
  limits: {
    answerBytes: 256 * MEBIBYTE,
    bodyBytes: 8 * MEBIBYTE,
    deadlineMs: 25_000,
    concurrency: 32,
    // Whole traces: their spans are in memory together, for what they say of each other.
    largeConcurrency: 1,
  },
  about: `This is the address of a Jaeger data source, for example in Grafana. It answers Jaeger's query API:

  api/services   api/services/NAME/operations   api/traces?service=NAME   api/traces/TRACE_ID   api/dependencies
  api/v3/services   api/v3/operations   api/v3/traces   api/v3/trace-summaries   api/v3/dependencies
  and over gRPC, on this port and on 16685: jaeger.api_v2.QueryService, jaeger.api_v3.QueryService

Traces for people to look at are in the console, at / of this server.
`,
  failed: envelopeFailure,
  routes: (needs) => [...firstRoutes, ...metricsRoutes, ...uploadRoutes(needs), ...thirdRoutes],
  grpc: jaegerMethods,
};
