import { readSpanMetrics, type SpanMetricsGroup } from '#query';
import type { ApiRequest, ApiRoute, QueryString } from '../http/plugin.ts';
import { many, one } from '../shared/query-string.ts';
import { bad, shownService, storedService, truth, wholeNumber } from './parameters.ts';

/**
 * Jaeger's service performance monitoring (`/api/metrics/…`), as its Monitor tab asks it: a metric family per request.
 * Jaeger needs a Prometheus for this; here the spans themselves answer.
 */

const HOUR_MS = 3_600_000;
const DEFAULT_STEP_MS = 5_000;
const DEFAULT_WINDOW_MS = 600_000;
const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

interface Family {
  readonly name: string;
  readonly help: string;
  readonly values: (group: SpanMetricsGroup) => readonly (number | null)[];
}

export const metricsRoutes: readonly ApiRoute[] = [
  // The least step that makes sense, in ms, which older Jaeger UIs ask for: spans have times of their own.
  {
    method: 'GET',
    path: '/api/metrics/minstep',
    answer: () => ({ data: 1, total: 1, limit: 0, offset: 0, errors: null }),
  },
  get('calls', () => ({
    name: 'call_rate',
    help: 'calls/sec, grouped by service',
    values: (group) => group.callsPerSecond,
  })),
  get('errors', () => ({
    name: 'error_rate',
    help: 'error rate, computed as a fraction of errors/sec over calls/sec, grouped by service',
    values: (group) => group.errorRatio,
  })),
  get('latencies', (query) => {
    const quantile = Number(one(query, 'quantile') ?? Number.NaN);
    if (!(quantile >= 0 && quantile <= 1)) throw bad('quantile', 'expected a number from 0 to 1');
    return {
      name: 'latencies',
      help: `${quantile.toFixed(2)}th quantile latency, grouped by service`,
      values: (group) => group.latencyMs(quantile),
    };
  }),
];

function get(path: string, familyOf: (query: QueryString) => Family): ApiRoute {
  return {
    method: 'GET',
    path: `/api/metrics/${path}`,
    answer: (request) => answer(request, familyOf(request.query)),
  };
}

async function answer({ reader, query, options }: ApiRequest, family: Family): Promise<object> {
  const services = many(query, 'service');
  if (services.length === 0) throw bad('service', 'please provide at least one service name');
  const kinds = many(query, 'spanKind');
  const unknown = kinds.find((kind) => !KINDS.includes(kind));
  if (unknown !== undefined) throw bad('spanKind', `unsupported span kind: '${unknown}'`);
  const byOperation = truth(query, 'groupByOperation');
  const { timesMs, groups } = await readSpanMetrics(
    reader,
    {
      services: services.map(storedService),
      kinds: kinds.length > 0 ? kinds : ['server'],
      byOperation,
      endMs: wholeNumber(query, 'endTs') ?? Date.now(),
      lookbackMs: wholeNumber(query, 'lookback') ?? HOUR_MS,
      stepMs: Math.max(1, wholeNumber(query, 'step') ?? DEFAULT_STEP_MS),
      windowMs: Math.max(1, wholeNumber(query, 'ratePer') ?? DEFAULT_WINDOW_MS),
    },
    options,
  );
  return {
    name: `${byOperation ? 'service_operation' : 'service'}_${family.name}`,
    type: 'GAUGE',
    help: `${family.help}${byOperation ? ' & operation' : ''}`,
    metrics: groups.map((group) => ({
      labels: [
        ...(byOperation ? [{ name: 'operation', value: group.operation }] : []),
        { name: 'service_name', value: shownService(group.service) },
      ],
      metricPoints: family
        .values(group)
        .flatMap((value, i) =>
          value === null
            ? []
            : [{ gaugeValue: { doubleValue: value }, timestamp: new Date(timesMs[i]!).toISOString() }],
        ),
    })),
  };
}
