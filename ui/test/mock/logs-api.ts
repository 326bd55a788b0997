/** Logs of the mock, and the attributes for completion. */
import type {
  AttributeKeysResponse,
  AttributeValuesResponse,
  EmptyReasonResponse,
  LogHistogramResponse,
  LogPatternsResponse,
  LogRecord,
  LogsResponse,
  SeverityGroup,
} from '#api/types.ts';
import { compileQuery } from './compile-query.ts';
import { backgroundLogs, type MockStore } from './data.ts';
import { emptyReason, type MockCondition } from './empty-reason.ts';

import { type MockLog, resourceOf, SERVICES } from './model.ts';
import { gridOf, type Range } from './range.ts';

const GROUPS: readonly SeverityGroup[] = ['unset', 'trace', 'debug', 'info', 'warn', 'error', 'fatal'];

export interface LogSearchInput {
  readonly q: string;
  readonly service: string | undefined;
  readonly severities: readonly string[];
  readonly traceId: string | undefined;
  readonly limit: number;
  readonly cursor: string | undefined;
  readonly newer: boolean;
}

function groupOf(severityNumber: number): SeverityGroup {
  return severityNumber === 0 ? 'unset' : GROUPS[Math.ceil(severityNumber / 4)]!;
}

export function toLogRecord(log: MockLog, environment: string): LogRecord {
  const micros = Math.round(log.timeMs * 1000);
  return {
    id: log.id,
    timeNs: `${micros}000`,
    timeMs: log.timeMs,
    service: log.service,
    severityNumber: log.severityNumber,
    severityText: groupOf(log.severityNumber).toUpperCase(),
    body: log.body,
    traceId: log.traceId,
    spanId: log.spanId,
    eventName: '',
    attributes: log.attributes,
    resource: resourceOf(log.service, environment),
    scope: `${log.service}.main`,
  };
}

/** All matching logs of the range, newest first. */
function matching(store: MockStore, range: Range, input: LogSearchInput): MockLog[] {
  const predicate = compileQuery(input.q, 'logs');
  const fromMs = Math.max(range.fromMs, store.dataFromMs);
  const ofTraces = store
    .read(fromMs, range.toMs)
    .traces.flatMap((trace) => (range.environment && trace.environment !== range.environment ? [] : trace.logs));
  const background = fromMs < range.toMs ? backgroundLogs(fromMs, range.toMs) : [];
  return [...ofTraces, ...background]
    .filter((log) => log.timeMs < range.toMs && matches(log, input) && predicate(filterItem(log)))
    .sort((a, b) => b.timeMs - a.timeMs);
}

export function logsEmptyReason(store: MockStore, range: Range, input: LogSearchInput): EmptyReasonResponse {
  const { service, severities } = input;
  const all = matching(store, range, { ...input, q: '', service: undefined, severities: [] });
  const chosen: MockCondition[] = [];
  if (service !== undefined)
    chosen.push({ parameter: 'service', text: service, test: (item) => item.intrinsics.service === service });
  if (severities.length > 0) {
    const test: MockCondition['test'] = (item) => severities.includes(groupOf(Number(item.intrinsics.severity)));
    chosen.push({ parameter: 'severity', text: severities.join(', '), test });
  }
  return emptyReason(all.map(filterItem), chosen, input.q);
}

function matches(log: MockLog, input: LogSearchInput): boolean {
  if (input.service && log.service !== input.service) return false;
  if (input.traceId && log.traceId !== input.traceId) return false;
  return input.severities.length === 0 || input.severities.includes(groupOf(log.severityNumber));
}

function filterItem(log: MockLog) {
  return {
    intrinsics: {
      service: log.service,
      'service.name': log.service,
      severity: log.severityNumber,
      body: log.body,
      trace: log.traceId,
      span: log.spanId,
    },
    attributes: log.attributes,
    resource: resourceOf(log.service, 'production'),
    text: log.body,
  };
}

export function logs(store: MockStore, range: Range, input: LogSearchInput): LogsResponse {
  const all = matching(store, range, input);
  const cursorMs = input.cursor ? Number(input.cursor.split('-')[0]) / 1000 : undefined;
  const page =
    cursorMs === undefined
      ? all.slice(0, input.limit)
      : input.newer
        ? all.filter(({ timeMs, id }) => timeMs > cursorMs && id !== input.cursor).slice(-input.limit)
        : all.filter(({ timeMs, id }) => timeMs < cursorMs && id !== input.cursor).slice(0, input.limit);
  const last = page.at(-1);
  const more = last !== undefined && all.at(-1) !== last;
  const nearest = all.length === 0 && range.toMs <= store.dataFromMs ? { nearestMs: store.dataFromMs + 600_000 } : {};
  return {
    logs: page.map((log) => toLogRecord(log, 'production')),
    truncated: more,
    limit: input.limit,
    total: all.length,
    ...nearest,
    ...(more && last ? { nextCursor: last.id } : {}),
  };
}

export function logHistogram(store: MockStore, range: Range, input: LogSearchInput): LogHistogramResponse {
  const grid = gridOf(range, 120);
  const all = matching(store, range, input);
  const counts = new Map<SeverityGroup, number[]>();
  const byService = new Map<string, number>();
  for (const log of all) {
    const group = groupOf(log.severityNumber);
    const list = counts.get(group) ?? new Array<number>(grid.count).fill(0);
    const bucket = Math.floor((log.timeMs - grid.startMs) / grid.stepMs);
    list[bucket] = (list[bucket] ?? 0) + 1;
    counts.set(group, list);
    byService.set(log.service, (byService.get(log.service) ?? 0) + 1);
  }
  return {
    grid,
    groups: [...counts].map(([severity, of]) => ({ severity, counts: of, total: of.reduce((a, b) => a + b, 0) })),
    total: all.length,
    services: [...byService].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count),
  };
}

const SPAN_KEYS: readonly [string, 'string' | 'int' | 'double' | 'bool'][] = [
  ['http.route', 'string'],
  ['http.request.method', 'string'],
  ['http.response.status_code', 'int'],
  ['db.system.name', 'string'],
  ['db.query.text', 'string'],
  ['server.address', 'string'],
  ['cart.items', 'int'],
  ['payment.provider', 'string'],
  ['risk.score', 'double'],
  ['url.path', 'string'],
];
const RESOURCE_KEYS: readonly string[] = [
  'service.name',
  'service.version',
  'deployment.environment.name',
  'k8s.pod.name',
  'host.name',
];

export function attributeKeys(prefix: string): AttributeKeysResponse {
  const items = SPAN_KEYS.map(([key, type]) => ({ key, scope: 'item' as const, type }));
  const resources = RESOURCE_KEYS.map((key) => ({ key, scope: 'resource' as const, type: 'string' as const }));
  return { keys: [...items, ...resources].filter(({ key }) => key.startsWith(prefix)) };
}

const VALUES: Readonly<Record<string, readonly string[]>> = {
  'service.name': Object.keys(SERVICES),
  'http.route': [
    '/api/products/{sku}',
    '/api/cart',
    '/api/search',
    '/api/checkout',
    '/api/login',
    '/orders',
    '/charges',
  ],
  'http.request.method': ['GET', 'POST', 'PUT'],
  'http.response.status_code': ['200', '201', '500', '504'],
  'db.system.name': ['postgresql', 'redis'],
};

export function attributeValues(key: string, prefix: string): AttributeValuesResponse {
  const values = (VALUES[key] ?? []).filter((value) => value.startsWith(prefix));
  return { values: values.map((value, i) => ({ value, count: Math.round(48_000 / (i + 1) ** 1.4) })) };
}

/** Digits change from line to line; words do not. */
export function logPatterns(store: MockStore, range: Range, input: LogSearchInput): LogPatternsResponse {
  const grid = gridOf(range, 40);
  const all = matching(store, range, input);
  const groups = [
    ...Map.groupBy(all, ({ body, severityNumber }) => `${severityNumber} ${body.replace(/\S*\d\S*/g, '<_>')}`),
  ];
  const patterns = groups.map(([key, of]) => {
    const counts = new Array<number>(grid.count).fill(0);
    for (const { timeMs } of of)
      counts[Math.min(grid.count - 1, Math.max(0, Math.floor((timeMs - grid.startMs) / grid.stepMs)))]!++;
    const pattern = key.slice(key.indexOf(' ') + 1);
    const [newest, oldest] = [of[0]!, of.at(-1)!];
    return {
      pattern,
      severityNumber: newest.severityNumber,
      count: of.length,
      firstMs: oldest.timeMs,
      counts,
      sampleId: newest.id,
    };
  });
  patterns.sort((a, b) => b.count - a.count);
  return { patterns, patternCount: patterns.length, lookedAt: all.length, isWhole: true, fromMs: range.fromMs, grid };
}
