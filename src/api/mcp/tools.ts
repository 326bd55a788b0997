/** The tools, in the order in which a model meets them. */
import type { Tool } from './tool.ts';
import { ALERTS } from './tools/alerts.ts';
import { DATA_MODEL, METRICS } from './tools/data.ts';
import { WHAT_DIFFERS } from './tools/differences.ts';
import { LOGQL, PROMQL, SQL } from './tools/languages.ts';
import { LOG_PATTERNS, LOGS } from './tools/logs.ts';
import { DEPENDENCIES, SERVICE, SERVICES } from './tools/services.ts';
import { TRACE } from './tools/trace.ts';
import { TRACEQL } from './tools/traceql.ts';
import { SEARCH_TRACES } from './tools/traces.ts';

export const TOOLS: readonly Tool[] = [
  DATA_MODEL,
  SERVICES,
  SERVICE,
  DEPENDENCIES,
  SEARCH_TRACES,
  WHAT_DIFFERS,
  TRACE,
  LOGS,
  LOG_PATTERNS,
  METRICS,
  PROMQL,
  LOGQL,
  TRACEQL,
  SQL,
  ALERTS,
];
