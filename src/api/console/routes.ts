/** The routes of the console API; types.ts says what each answers. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readPathPart } from '#base/path-part.ts';
import {
  AGGREGATIONS,
  type AttributeSignal,
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
  type ReadOptions,
  type SpentOnRequest,
  type StoreReader,
} from '#query';
import { requestSignal } from '../abort.ts';
import { AnswerGate } from '../answer-gate.ts';
import { Parameters } from '../parameters.ts';
import { logHistogramRoute, logRecordRoute, logsEmptyReasonRoute, logsRoute, traceLogsRoute } from './logs.ts';
import type { ConsoleRequest, ConsoleSettings } from './request.ts';
import { dependenciesRoute, serviceRoute } from './services.ts';
import { statusRoute } from './status.ts';
import { systemRoute } from './system.ts';
import {
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

type Handler = (request: ConsoleRequest) => Promise<object>;

const SIGNALS = ['traces', 'logs', 'metrics'] as const;
/** What says whether the store answers must itself answer soon. */
const STATUS_DEADLINE_MS = 2_500;
const SYSTEM_DEADLINE_MS = 6_000;
/** Single items in the making, which may be as large as a receiver takes them. */
const GATED_ANSWERS = 2;
const MAX_STEP_MS = 366 * 86_400_000;

export function consoleRoutes(app: FastifyInstance, reader: StoreReader, settings: ConsoleSettings): void {
  const longestMs = settings.requestTimeoutMs;
  const gate = new AnswerGate(GATED_ANSWERS);
  const get = (path: string, handler: Handler, routeDeadlineMs = longestMs, gated?: AnswerGate): void => {
    const deadlineMs = Math.min(routeDeadlineMs, longestMs);
    app.get(`/api/console${path}`, async (request: FastifyRequest, reply: FastifyReply) => {
      reply.header('cache-control', 'no-store');
      await gated?.enter(reply);
      const query = new Parameters(request.query);
      const isExplained = query.text('explain') === '1';
      const spent: SpentOnRequest = { ms: 0, ...(isExplained && { statements: [] }) };
      const answer = await handler({
        reader,
        query,
        path: pathParts(request.params),
        options: { signal: requestSignal(reply, deadlineMs), spent },
      });
      // So that a page that refreshes itself knows what that costs.
      reply.header('server-timing', `store;dur=${spent.ms.toFixed(1)}`);
      return isExplained ? { ...(answer as object), explain: spent.statements } : answer;
    });
  };
  get('/status', statusRoute(settings), STATUS_DEADLINE_MS);
  get('/services', servicesRoute);
  get('/service-names', serviceNamesRoute);
  get('/services/:name', serviceRoute);
  get('/services/:name/dependencies', dependenciesRoute);
  get('/operations', operationsRoute);
  get('/traces', tracesRoute);
  get('/traces/histogram', traceHistogramRoute);
  get('/traces/sample', traceSampleRoute);
  get('/traces/empty-reason', tracesEmptyReasonRoute);
  get('/traces/:traceId', traceRoute);
  get('/traces/:traceId/spans/:spanId', spanRoute, longestMs, gate);
  get('/traces/:traceId/logs', traceLogsRoute);
  get('/logs', logsRoute);
  get('/logs/record', logRecordRoute, longestMs, gate);
  get('/logs/histogram', logHistogramRoute);
  get('/logs/empty-reason', logsEmptyReasonRoute);
  get('/attributes', attributesRoute);
  get('/attributes/values', attributeValuesRoute);
  get('/metrics', metricsRoute);
  get('/metrics/labels', metricLabelsRoute);
  get('/metrics/query', metricQueryRoute);
  const onClose = (end: () => void): void => void app.addHook('onClose', async () => end());
  get('/system', systemRoute(onClose), SYSTEM_DEADLINE_MS);
}

function pathParts(params: unknown): ConsoleRequest['path'] {
  return Object.fromEntries(Object.entries(params ?? {}).map(([name, part]) => [name, readPathPart(String(part))]));
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

function signalOf(query: Parameters): AttributeSignal {
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
