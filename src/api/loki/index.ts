/**
 * Loki's HTTP API over the logs of the store, for Grafana's data source, Logs Drilldown, logcli and whoever else asks a Loki: the base address is
 * this server's, as for a Loki. Answers and errors are those of Loki 3's documentation.
 */
import { TextAnswer } from '../http/answers.ts';
import type { ApiPlugin, ApiRoute } from '../http/plugin.ts';
import { catalogRoutes } from './catalog.ts';
import { lokiFailure } from './errors.ts';
import { patternRoutes } from './patterns.ts';
import { lokiPushRoutes } from './push.ts';
import { queryRoutes } from './query.ts';
import { lokiRuleRoutes } from './rules.ts';
import { tailRoute } from './tail.ts';

const MEBIBYTE = 1024 * 1024;

/** The version of Loki whose language and API these are. */
const LOKI_VERSION = '3.6.0';

export const lokiApi: ApiPlugin = {
  name: 'loki',
  prefixes: ['/loki'],
  limits: {
    answerBytes: 128 * MEBIBYTE,
    bodyBytes: MEBIBYTE,
    deadlineMs: 120_000,
    concurrency: 20,
    largeConcurrency: 4,
  },
  about: `Loki's API is here. In Grafana, the address of the data source is that of this server, without /loki. It answers:

  /loki/api/v1/query   query_range   tail   labels   label/NAME/values   series   push   format_query   patterns
  /loki/api/v1/index/stats   index/shards   index/volume   index/volume_range   detected_labels   detected_fields   rules

Logs for people to look at are in the console, at / of this server.
`,
  failed: lokiFailure,
  routes: ({ version, sink, rules }) => [
    ...queryRoutes,
    tailRoute(),
    ...catalogRoutes,
    ...patternRoutes,
    ...lokiPushRoutes(sink),
    ...lokiRuleRoutes(rules),
    ...statusRoutes(version),
  ],
};

function statusRoutes(version: string): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/status/buildinfo',
      answer: () => ({
        version: LOKI_VERSION,
        revision: `signalbox-${version}`,
        branch: 'HEAD',
        buildUser: 'signalbox',
        buildDate: '',
        goVersion: '',
      }),
    },
    {
      method: 'GET',
      path: '/api/v1/drilldown-limits',
      answer: () => ({
        limits: {
          max_entries_limit_per_query: 5000,
          volume_enabled: true,
          discover_log_levels: true,
          pattern_persistence_enabled: false,
        },
        pattern_ingester_enabled: true,
        version: LOKI_VERSION,
      }),
    },
    { method: 'GET', path: '/ready', answer: () => new TextAnswer('text/plain; charset=utf-8', 'ready\n') },
  ];
}
