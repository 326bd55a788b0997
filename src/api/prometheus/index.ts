/**
 * Prometheus' HTTP API over OTLP metrics, for Grafana's data source, promtool and whoever else asks a Prometheus. Served below
 * `/prometheus`, which is the data source's URL, and at the root. Answers and errors are those of web/api/v1 of Prometheus 3.16.
 */
import type { ApiPlugin } from '../http/plugin.ts';
import { catalogRoutes } from './catalog.ts';
import { prometheusFailure } from './errors.ts';
import { federateRoutes } from './federate.ts';
import { queryRoutes } from './query.ts';
import { readRoutes } from './read.ts';
import { ruleRoutes } from './rules.ts';
import { statusRoutes } from './status.ts';
import { writeRoutes } from './write.ts';

const MEBIBYTE = 1024 * 1024;

export const prometheusApi: ApiPlugin = {
  name: 'prometheus',
  prefixes: ['/prometheus', ''],
  limits: {
    answerBytes: 256 * MEBIBYTE,
    bodyBytes: MEBIBYTE,
    deadlineMs: 120_000,
    concurrency: 20,
    largeConcurrency: 4,
  },
  about: `This is the address of a Prometheus data source, for example in Grafana. It answers Prometheus' HTTP API:

  api/v1/query?query=up   api/v1/query_range   api/v1/series   api/v1/labels   api/v1/label/NAME/values
  api/v1/metadata   api/v1/query_exemplars   api/v1/format_query   api/v1/parse_query   federate
  api/v1/rules   api/v1/alerts

A Prometheus writes to api/v1/write and reads from api/v1/read; OTLP metrics go to api/v1/otlp/v1/metrics.

Metrics for people to look at are in the console, at / of this server.
`,
  failed: prometheusFailure,
  routes: ({ version, sink, rules, alertmanagers = [] }) => [
    ...queryRoutes,
    ...catalogRoutes,
    ...federateRoutes,
    ...ruleRoutes(rules),
    ...statusRoutes(version, sink !== undefined, alertmanagers),
    ...readRoutes,
    ...writeRoutes(sink),
  ],
};
