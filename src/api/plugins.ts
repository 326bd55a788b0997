/** The APIs that the server has. A new one is a folder beside this file, and a line here. */
import { alertmanagerApi } from './alertmanager/index.ts';
import { consoleApi } from './console/index.ts';
import type { ApiPlugin } from './http/plugin.ts';
import { jaegerApi } from './jaeger/index.ts';
import { lokiApi } from './loki/index.ts';
import { mcpApi } from './mcp/index.ts';
import { prometheusApi } from './prometheus/index.ts';
import { sqlApi } from './sql/index.ts';
import { tempoApi } from './tempo/index.ts';
import { zipkinApi } from './zipkin/index.ts';

export const PLUGINS: readonly ApiPlugin[] = [
  alertmanagerApi,
  consoleApi,
  jaegerApi,
  lokiApi,
  mcpApi,
  prometheusApi,
  sqlApi,
  tempoApi,
  zipkinApi,
];
