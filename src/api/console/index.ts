/** The console's API; types.ts says what each route answers. */
import {
  AGGREGATIONS,
  listAttributeKeys,
  listAttributeValues,
  listMetricLabels,
  listMetrics,
  listNamesInRange,
  listOperations,
  listServices,
  MAX_SERVICES,
  OWNERS,
  type Owner,
  QueryError,
  queryMetric,
  type SignalName,
} from '#query';
import type { Answer } from '../http/answers.ts';
import { plainError } from '../http/errors.ts';
import type { Parameters } from '../http/parameters.ts';
import type { ApiPlugin, ApiRoute } from '../http/plugin.ts';
import {
  dashboardRoute,
  dashboardsRoute,
  dashboardVersionRoute,
  dashboardVersionsRoute,
  removeDashboardRoute,
  saveDashboardRoute,
} from './dashboards.ts';
import { errorsRoute } from './errors.ts';
import {
  logHistogramRoute,
  logPatternsRoute,
  logRecordRoute,
  logsEmptyReasonRoute,
  logsExportRoute,
  logsRoute,
  logsTailRoute,
  traceLogsRoute,
} from './logs.ts';
import { ottlRoute, ottlWordsRoute } from './ottl.ts';
import { pinRoute, pinsRoute, unpinRoute } from './pins.ts';
import { type ConsoleRequest, consoleRequest } from './request.ts';
import { removeSearchRoute, saveSearchRoute, searchesRoute } from './searches.ts';
import { dependenciesRoute, mapRoute, serviceRoute } from './services.ts';
import { statusRoute } from './status.ts';
import { systemRoute } from './system.ts';
import { tapRoute } from './tap.ts';
import {
  differencesRoute,
  spanGroupsRoute,
  spanHeatmapRoute,
  spanRoute,
  traceHistogramRoute,
  traceRoute,
  traceSampleRoute,
  tracesEmptyReasonRoute,
  tracesRoute,
} from './traces.ts';
import type {
  AttributeKeysResponse,
  AttributeValuesResponse,
  MetricLabelsResponse,
  MetricQueryResponse,
  MetricsResponse,
  OperationsResponse,
  ServiceNamesResponse,
  ServicesResponse,
} from './types.ts';

const SIGNALS = ['traces', 'logs', 'metrics'] as const;
const MAX_STEP_MS = 366 * 86_400_000;
const MEBIBYTE = 1024 * 1024;
/** What says whether the store answers must itself answer soon. */
const STATUS_DEADLINE_MS = 2_500;
const SYSTEM_DEADLINE_MS = 6_000;

/** A little more than what the store keeps of one, as a text within JSON. */
const DASHBOARD_BYTES = 8 * MEBIBYTE;
/** An export is streamed: this bounds the wire, not the memory. */
const EXPORT_BYTES = 4096 * MEBIBYTE;

export const consoleApi: ApiPlugin = {
  name: 'console',
  prefixes: ['/api/console'],
  limits: {
    // Twice of one item in full, in the form of JSON.
    answerBytes: 64 * MEBIBYTE,
    bodyBytes: MEBIBYTE,
    // A little more than a query may take: whoever waits longer waits for a store that hangs.
    deadlineMs: 25_000,
    // A page asks some ten questions at a time.
    concurrency: 64,
    // Single items, which may be as large as a receiver takes them.
    largeConcurrency: 2,
  },
  explains: true,
  failed: plainError,
  routes: (needs) => [
    { ...get('/status', statusRoute(needs)), limits: { deadlineMs: STATUS_DEADLINE_MS }, isUrgent: true },
    get('/services', servicesRoute),
    get('/service-names', serviceNamesRoute),
    get('/services/:name', serviceRoute),
    get('/services/:name/dependencies', dependenciesRoute),
    get('/map', mapRoute),
    get('/operations', operationsRoute),
    get('/pins', pinsRoute(needs)),
    ...(['POST', 'DELETE'] as const).map((method): ApiRoute => {
      const change = method === 'POST' ? pinRoute(needs) : unpinRoute(needs);
      return { method, path: '/pins/:traceId', answer: (request) => change(consoleRequest(request)) };
    }),
    get('/traces', tracesRoute),
    get('/traces/histogram', traceHistogramRoute),
    get('/traces/sample', traceSampleRoute),
    get('/traces/differences', differencesRoute),
    get('/traces/groups', spanGroupsRoute),
    get('/traces/heatmap', spanHeatmapRoute),
    get('/traces/empty-reason', tracesEmptyReasonRoute),
    get('/traces/:traceId', traceRoute),
    { ...get('/traces/:traceId/spans/:spanId', spanRoute), isLarge: true },
    get('/traces/:traceId/logs', traceLogsRoute(needs)),
    get('/logs', logsRoute(needs)),
    { ...get('/logs/record', logRecordRoute(needs)), isLarge: true },
    { ...get('/logs/export', logsExportRoute), limits: { answerBytes: EXPORT_BYTES } },
    // It would hold its place among the answers in the making for as long as it lasts.
    { ...get('/logs/tail', logsTailRoute(needs)), isUrgent: true, limits: { answerBytes: EXPORT_BYTES } },
    get('/logs/histogram', logHistogramRoute),
    get('/logs/patterns', logPatternsRoute),
    get('/logs/empty-reason', logsEmptyReasonRoute),
    get('/errors', errorsRoute),
    get('/attributes', attributesRoute),
    get('/attributes/values', attributeValuesRoute),
    get('/metrics', metricsRoute),
    get('/metrics/labels', metricLabelsRoute),
    get('/metrics/query', metricQueryRoute),
    // The time is for each event; a tap says each second that it is there.
    get('/tap', tapRoute(needs)),
    { method: 'POST', path: '/ottl', answer: ottlRoute(needs) },
    get('/ottl/words', ottlWordsRoute(needs)),
    get('/dashboards', dashboardsRoute(needs)),
    get('/dashboards/:uid', dashboardRoute(needs)),
    {
      method: 'POST',
      path: '/dashboards',
      answer: saveDashboardRoute(needs),
      limits: { bodyBytes: DASHBOARD_BYTES, heldBytes: 4 * DASHBOARD_BYTES },
    },
    { method: 'DELETE', path: '/dashboards/:uid', answer: removeDashboardRoute(needs) },
    get('/dashboards/:uid/versions', dashboardVersionsRoute(needs)),
    get('/dashboards/:uid/versions/:savedMs', dashboardVersionRoute(needs)),
    get('/searches', searchesRoute(needs)),
    { method: 'POST', path: '/searches', answer: saveSearchRoute(needs) },
    { method: 'DELETE', path: '/searches/:id', answer: removeSearchRoute(needs) },
    { ...get('/system', systemRoute(needs)), limits: { deadlineMs: SYSTEM_DEADLINE_MS }, isUrgent: true },
  ],
};

function get(path: string, answer: (request: ConsoleRequest) => Answer | Promise<Answer>): ApiRoute {
  return { method: 'GET', path, answer: (request) => answer(consoleRequest(request)) };
}

async function servicesRoute({ reader, query, options }: ConsoleRequest): Promise<ServicesResponse> {
  const list = await listServices(reader, { ...query.range(), environment: query.text('environment') }, options);
  return { ...list, truncated: list.total > list.services.length, limit: MAX_SERVICES };
}

async function serviceNamesRoute({ reader, query, options }: ConsoleRequest): Promise<ServiceNamesResponse> {
  const { names, total } = await listNamesInRange(
    reader,
    { ...query.range(), environment: query.text('environment') },
    options,
  );
  return { names, total, truncated: total > names.length, limit: MAX_SERVICES };
}

async function operationsRoute({ reader, query, options }: ConsoleRequest): Promise<OperationsResponse> {
  return { operations: await listOperations(reader, { ...query.range(), service: query.text('service') }, options) };
}

function ownerOf(query: Parameters): Owner {
  return query.oneOf('owner', OWNERS) ?? 'user';
}

function signalOf(query: Parameters): SignalName {
  return query.oneOf('signal', SIGNALS) ?? 'traces';
}

async function attributesRoute({ reader, query, options }: ConsoleRequest): Promise<AttributeKeysResponse> {
  const asked = { ...query.range(), signal: signalOf(query), prefix: query.text('prefix'), owner: ownerOf(query) };
  return { keys: await listAttributeKeys(reader, asked, options) };
}

async function attributeValuesRoute({ reader, query, options }: ConsoleRequest): Promise<AttributeValuesResponse> {
  const asked = {
    ...query.range(),
    signal: signalOf(query),
    key: query.required('key'),
    prefix: query.text('prefix'),
    limit: query.limit('limit', 100, 1000),
    owner: ownerOf(query),
  };
  return { values: await listAttributeValues(reader, asked, options) };
}

async function metricsRoute({ reader, query, options }: ConsoleRequest): Promise<MetricsResponse> {
  return {
    metrics: await listMetrics(reader, { ...query.range(), search: query.text('q'), owner: ownerOf(query) }, options),
  };
}

async function metricLabelsRoute({ reader, query, options }: ConsoleRequest): Promise<MetricLabelsResponse> {
  return {
    labels: await listMetricLabels(
      reader,
      { ...query.range(), name: query.required('name'), owner: ownerOf(query) },
      options,
    ),
  };
}

async function metricQueryRoute({ reader, query, options }: ConsoleRequest): Promise<MetricQueryResponse> {
  const groupBy = query.list('groupBy');
  if (groupBy.length > 10) throw new QueryError('bad_query', 'at most 10 labels can be grouped by');
  const stepMs = query.number('step');
  if (stepMs !== undefined && (stepMs < 1 || stepMs > MAX_STEP_MS)) {
    throw new QueryError('bad_query', 'the parameter step must be a number of ms between 1 and a year');
  }
  const asked = {
    ...query.range(),
    name: query.required('name'),
    groupBy,
    q: query.text('q'),
    aggregation: query.oneOf('aggregation', AGGREGATIONS),
    stepMs,
    owner: ownerOf(query),
  };
  return queryMetric(reader, asked, options);
}
