/** Services, traces and spans of the mock. */
import type {
  DependenciesResponse,
  EmptyReasonResponse,
  OperationSummary,
  OperationsResponse,
  PinsResponse,
  ServiceResponse,
  ServiceSummary,
  ServicesResponse,
  SpanKind,
  SpanResponse,
  SpanStatus,
  TimeGrid,
  TraceHistogramResponse,
  TraceLogsResponse,
  TraceResponse,
  TraceSampleResponse,
  TraceSummary,
  TracesResponse,
} from '#api/types.ts';
import { queryLanguage } from '#lang/filter';
import { compileQuery } from './compile-query.ts';
import { isEntry, type MockStore, REQUESTS_PER_TRACE } from './data.ts';
import { emptyReason, type MockCondition } from './empty-reason.ts';
import { type FilterItem, fieldOf } from './filter.ts';
import { isOfTraces } from './languages.ts';
import { toLogRecord } from './logs-api.ts';
import { type MockSpan, type MockTrace, resourceOf, SERVICES } from './model.ts';
import { gridOf, type Range } from './range.ts';

const KINDS: readonly SpanKind[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUSES: readonly SpanStatus[] = ['unset', 'ok', 'error'];

function tracesIn(store: MockStore, range: Range): { traces: readonly MockTrace[]; weight: number } {
  const { traces, weight } = store.read(range.fromMs, range.toMs);
  return {
    traces: range.environment ? traces.filter(({ environment }) => environment === range.environment) : traces,
    weight: weight * REQUESTS_PER_TRACE,
  };
}

interface Entry {
  readonly timeMs: number;
  readonly span: MockSpan;
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

function perBucket<T>(
  grid: TimeGrid,
  entries: readonly Entry[],
  of: (inBucket: readonly MockSpan[]) => T,
): (T | null)[] {
  const buckets: MockSpan[][] = Array.from({ length: grid.count }, () => []);
  for (const { timeMs, span } of entries)
    buckets[Math.min(grid.count - 1, Math.floor((timeMs - grid.startMs) / grid.stepMs))]?.push(span);
  return buckets.map((spans) => (spans.length === 0 ? null : of(spans)));
}

const durationsOf = (spans: readonly MockSpan[]): number[] =>
  spans.map(({ durationNs }) => durationNs).sort((a, b) => a - b);
const errorsOf = (spans: readonly MockSpan[]): number => spans.filter(({ status }) => status === 2).length;

function summarize(
  name: string,
  entries: readonly Entry[],
  grid: TimeGrid,
  range: Range,
  weight: number,
): ServiceSummary {
  const durations = durationsOf(entries.map(({ span }) => span));
  const errorCount = errorsOf(entries.map(({ span }) => span));
  const seconds = (range.toMs - range.fromMs) / 1000;
  return {
    name,
    language: SERVICES[name]?.language ?? '',
    version: SERVICES[name]?.version ?? '',
    requestCount: entries.length * weight,
    requestRate: (entries.length * weight) / seconds,
    errorCount: errorCount * weight,
    errorRatio: entries.length === 0 ? 0 : errorCount / entries.length,
    p50Ns: quantile(durations, 0.5),
    p95Ns: quantile(durations, 0.95),
    p99Ns: quantile(durations, 0.99),
    newestMs: entries.at(-1)?.timeMs ?? 0,
    sparkRate: perBucket(grid, entries, (spans) => (spans.length * weight * 1000) / grid.stepMs),
    sparkErrorRatio: perBucket(grid, entries, (spans) => errorsOf(spans) / spans.length),
    sparkP95Ns: perBucket(grid, entries, (spans) => quantile(durationsOf(spans), 0.95)),
  };
}

export function services(store: MockStore, range: Range): ServicesResponse {
  const grid = gridOf(range, 40);
  const { traces, weight } = tracesIn(store, range);
  const byService = new Map<string, Entry[]>();
  for (const trace of traces) {
    for (const span of trace.spans) {
      if (!isEntry(span)) continue;
      const list = byService.get(span.service) ?? [];
      list.push({ timeMs: trace.startMs, span });
      byService.set(span.service, list);
    }
  }
  const services = [...byService].map(([name, entries]) => summarize(name, entries, grid, range, weight));
  return { grid, services, total: services.length, truncated: false, limit: 1000 };
}

export function service(
  store: MockStore,
  range: Range,
  name: string,
  operation: string | undefined,
): ServiceResponse | undefined {
  if (!(name in SERVICES)) return undefined;
  const grid = gridOf(range, 60);
  const { traces, weight } = tracesIn(store, range);
  const entries: Entry[] = [];
  const touched: MockTrace[] = [];
  const callers = new Map<string, { count: number; errorCount: number }>();
  const callees = new Map<string, { count: number; errorCount: number }>();
  for (const trace of traces) {
    const byId = new Map(trace.spans.map((span) => [span.spanId, span]));
    let touches = false;
    for (const span of trace.spans) {
      const parent = byId.get(span.parentId);
      if (parent && parent.service !== span.service) {
        if (span.service === name) addCall(callers, parent.service, span, weight);
        if (parent.service === name) addCall(callees, span.service, span, weight);
      }
      if (span.service !== name || !isEntry(span)) continue;
      if (operation && span.name !== operation) continue;
      touches = true;
      entries.push({ timeMs: trace.startMs, span });
    }
    if (touches) touched.push(trace);
  }
  const rate = (spans: readonly MockSpan[]): number => (spans.length * weight * 1000) / grid.stepMs;
  const at = (share: number) => perBucket(grid, entries, (spans) => quantile(durationsOf(spans), share));
  const calls = (map: typeof callers) =>
    [...map].map(([other, counts]) => ({ service: other, ...counts })).sort((a, b) => b.count - a.count);
  return {
    summary: summarize(name, entries, grid, range, weight),
    grid,
    dataSeconds: (range.toMs - range.fromMs) / 1000,
    series: {
      requestRate: perBucket(grid, entries, rate).map((value) => value ?? 0),
      errorRate: perBucket(grid, entries, (spans) => (errorsOf(spans) * weight * 1000) / grid.stepMs).map(
        (value) => value ?? 0,
      ),
      p50Ns: at(0.5),
      p95Ns: at(0.95),
      p99Ns: at(0.99),
    },
    operations: operationsOf(entries, range, weight),
    slowest: touched
      .toSorted((a, b) => b.durationNs - a.durationNs)
      .slice(0, 8)
      .map((trace) => summaryOf(trace)),
    failed: touched
      .filter((trace) => errorsOf(trace.spans) > 0)
      .slice(-8)
      .reverse()
      .map((trace) => summaryOf(trace)),
    callers: calls(callers),
    callees: calls(callees),
  };
}

export function dependencies(): DependenciesResponse {
  return {
    dependencies: [
      {
        kind: 'database',
        system: 'postgresql',
        name: 'db.internal',
        namespace: 'shop',
        callCount: 4200,
        errorCount: 12,
        p50Ns: 1_200_000,
        p95Ns: 9_400_000,
      },
      {
        kind: 'cache',
        system: 'redis',
        name: 'cache',
        namespace: '',
        callCount: 9100,
        errorCount: 0,
        p50Ns: 300_000,
        p95Ns: 900_000,
      },
    ],
  };
}

function addCall(
  map: Map<string, { count: number; errorCount: number }>,
  other: string,
  span: MockSpan,
  weight: number,
): void {
  const counts = map.get(other) ?? { count: 0, errorCount: 0 };
  map.set(other, { count: counts.count + weight, errorCount: counts.errorCount + (span.status === 2 ? weight : 0) });
}

function operationsOf(entries: readonly Entry[], range: Range, weight: number): OperationSummary[] {
  const grid = gridOf(range, 40);
  const groups = Map.groupBy(entries, ({ span }) => span.name);
  return [...groups].map(([name, of]) => {
    const { requestCount, requestRate, errorCount, errorRatio, p50Ns, p95Ns, p99Ns, sparkRate } = summarize(
      name,
      of,
      grid,
      range,
      weight,
    );
    return {
      name,
      kind: KINDS[of[0]!.span.kind]!,
      requestCount,
      requestRate,
      errorCount,
      errorRatio,
      p50Ns,
      p95Ns,
      p99Ns,
      sparkRate,
    };
  });
}

export function operations(store: MockStore, range: Range, name: string): OperationsResponse {
  const { traces } = tracesIn(store, range);
  const spans = traces.flatMap((trace) => trace.spans.filter((span) => span.service === name));
  const groups = Map.groupBy(spans, (span) => `${span.kind}\n${span.name}`);
  const list = [...groups.values()].map((of) => ({ name: of[0]!.name, kind: KINDS[of[0]!.kind]!, count: of.length }));
  return { operations: list.sort((a, b) => b.count - a.count) };
}

export interface TraceSearchInput {
  readonly q: string;
  readonly service: string | undefined;
  readonly operation: string | undefined;
  readonly status: string | undefined;
  readonly minNs: number | undefined;
  readonly maxNs: number | undefined;
  readonly sort: string | undefined;
  readonly limit: number;
  readonly columns?: readonly string[] | undefined;
}

export interface MatchingSpan {
  readonly span: MockSpan;
  readonly trace: MockTrace;
  readonly item: FilterItem;
}

/** All spans that a search means. */
export function matchingSpans(store: MockStore, range: Range, input: TraceSearchInput): readonly MatchingSpan[] {
  const predicate = compileQuery(input.q, 'traces');
  return tracesIn(store, range).traces.flatMap((trace) =>
    trace.spans.flatMap((span) => {
      const item = filterItem(span, trace);
      return matches(span, trace, input) && predicate(item) ? [{ span, trace, item }] : [];
    }),
  );
}

export function traces(store: MockStore, range: Range, input: TraceSearchInput): TracesResponse {
  const predicate = compileQuery(input.q, 'traces');
  const found: TraceSummary[] = [];
  for (const trace of tracesIn(store, range).traces) {
    const match = trace.spans.find((span) => matches(span, trace, input) && predicate(filterItem(span, trace)));
    if (match) {
      const item = filterItem(match, trace);
      const columns = input.columns?.map((key) => String(fieldOf(item, key) ?? ''));
      found.push({ ...summaryOf(trace, match), ...(columns && { columns }) });
    }
  }
  const order: Record<string, (a: TraceSummary, b: TraceSummary) => number> = {
    newest: (a, b) => b.startMs - a.startMs,
    slowest: (a, b) => b.durationNs - a.durationNs,
    spans: (a, b) => b.spanCount - a.spanCount,
    errors: (a, b) => b.errorCount - a.errorCount,
  };
  const sorted = found.sort(order[input.sort ?? 'newest'] ?? order.newest!);
  const nearest =
    sorted.length === 0 && range.toMs <= store.dataFromMs ? { nearestMs: store.dataFromMs + 600_000 } : {};
  return {
    traces: sorted.slice(0, input.limit),
    truncated: sorted.length > input.limit,
    limit: input.limit,
    ...nearest,
    ...(queryLanguage(input.q, 'traces') === 'traceql' &&
      isOfTraces(input.q) && { found: { traceCount: sorted.length, isWhole: sorted.length < 1000 } }),
  };
}

export function traceHistogram(store: MockStore, range: Range, input: TraceSearchInput): TraceHistogramResponse {
  const found = traces(store, range, { ...input, limit: Number.POSITIVE_INFINITY }).traces;
  const grid = gridOf(range, 120);
  const okCounts = new Array<number>(grid.count).fill(0);
  const errorCounts = new Array<number>(grid.count).fill(0);
  for (const { startMs, errorCount } of found) {
    const bucket = Math.floor((startMs - grid.startMs) / grid.stepMs);
    const counts = errorCount > 0 ? errorCounts : okCounts;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return { total: found.length, grid, okCounts, errorCounts };
}

/** Of each hundredth of the range the slowest three and nine others. */
export function traceSample(store: MockStore, range: Range, input: TraceSearchInput): TraceSampleResponse {
  const found = traces(store, range, { ...input, sort: 'slowest', limit: Number.POSITIVE_INFINITY }).traces;
  const width = (range.toMs - range.fromMs) / 100;
  const buckets = Map.groupBy(found, ({ startMs }) => Math.floor((startMs - range.fromMs) / width));
  return {
    traces: [...buckets.values()].flatMap((of) => {
      const step = Math.max(1, Math.floor((of.length - 3) / 9));
      return of.filter((_, rank) => rank < 3 || (rank % step === 0 && rank / step <= 9));
    }),
  };
}

function is(parameter: string, key: string, value: string | undefined): MockCondition[] {
  return value === undefined ? [] : [{ parameter, text: value, test: (item) => item.intrinsics[key] === value }];
}

function failed(wanted: boolean): MockCondition['test'] {
  return (item) => (item.intrinsics.status === 'error') === wanted;
}

export function tracesEmptyReason(store: MockStore, range: Range, input: TraceSearchInput): EmptyReasonResponse {
  const items = tracesIn(store, range).traces.flatMap((trace) => trace.spans.map((span) => filterItem(span, trace)));
  const { service, operation, status } = input;
  const chosen = [
    ...is('service', 'service', service),
    ...is('operation', 'name', operation),
    ...(status === undefined ? [] : [{ parameter: 'status', text: status, test: failed(status === 'error') }]),
  ];
  return emptyReason(items, chosen, input.q);
}

function matches(span: MockSpan, trace: MockTrace, input: TraceSearchInput): boolean {
  if (input.service && span.service !== input.service) return false;
  if (input.operation && span.name !== input.operation) return false;
  // A failed trace is one with a failed span of what was asked for; durations without a service are the trace's.
  if (input.status === 'error' && span.status !== 2) return false;
  if (input.status === 'ok' && trace.spans.some(({ status }) => status === 2)) return false;
  const durationNs = input.service ? span.durationNs : trace.durationNs;
  return durationNs >= (input.minNs ?? 0) && durationNs <= (input.maxNs ?? Number.POSITIVE_INFINITY);
}

function filterItem(span: MockSpan, trace: MockTrace) {
  return {
    intrinsics: {
      service: span.service,
      'service.name': span.service,
      name: span.name,
      kind: KINDS[span.kind]!,
      status: STATUSES[span.status]!,
      duration: span.durationNs,
      trace: trace.traceId,
      span: span.spanId,
    },
    attributes: span.attributes,
    resource: resourceOf(span.service, trace.environment),
    text: span.name,
  };
}

export function summaryOf(trace: MockTrace, matched?: MockSpan): TraceSummary {
  const root = trace.spans.find(({ parentId }) => parentId === '') ?? trace.spans[0]!;
  const groups = Map.groupBy(trace.spans, (span) => span.service);
  return {
    traceId: trace.traceId,
    rootService: root.service,
    rootOperation: root.name,
    rootMissing: root.parentId !== '',
    startMs: trace.startMs,
    durationNs: trace.durationNs,
    spanCount: trace.spans.length,
    errorCount: errorsOf(trace.spans),
    serviceCount: groups.size,
    services: [...groups.keys()].sort(),
    matchedSpanId: matched && matched !== root ? matched.spanId : '',
  };
}

function indexer(): { list: string[]; of: (text: string) => number } {
  const list: string[] = [];
  const known = new Map<string, number>();
  return {
    list,
    of: (text) => {
      const index = known.get(text) ?? list.push(text) - 1;
      known.set(text, index);
      return index;
    },
  };
}

const startNsOf = (trace: MockTrace): bigint => BigInt(Math.round(trace.startMs * 1000)) * 1000n;

export function trace(store: MockStore, traceId: string): TraceResponse | undefined {
  const found = store.trace(traceId);
  if (!found) return undefined;
  const [serviceNames, spanNames, hints, eventNames] = [indexer(), indexer(), indexer(), indexer()];
  const { spans } = found;
  const rowOf = new Map(spans.map((span, row) => [span.spanId, row]));
  const events = spans.flatMap((span, row) => span.events.map((event) => ({ row, event })));
  return {
    traceId,
    startNs: startNsOf(found).toString(),
    startMs: found.startMs,
    durationNs: found.durationNs,
    services: serviceNames.list,
    names: spanNames.list,
    hints: hints.list,
    spans: {
      ids: spans.map(({ spanId }) => spanId).join(''),
      parent: spans.map(({ parentId }) => (parentId === '' ? -1 : (rowOf.get(parentId) ?? -2))),
      service: spans.map((span) => serviceNames.of(span.service)),
      name: spans.map((span) => spanNames.of(span.name)),
      hint: spans.map((span) => hints.of(span.hint)),
      startNs: spans.map(({ startNs }) => startNs),
      durationNs: spans.map(({ durationNs }) => durationNs),
      kind: spans.map(({ kind }) => kind),
      status: spans.map(({ status }) => status),
    },
    events: {
      row: events.map(({ row }) => row),
      timeNs: events.map(({ event }) => event.offsetNs),
      name: events.map(({ event }) => eventNames.of(event.name)),
      names: eventNames.list,
    },
    logCount: found.logs.length,
    truncated: false,
    totalSpanCount: spans.length,
  };
}

export function span(store: MockStore, traceId: string, spanId: string): SpanResponse | undefined {
  const found = store.trace(traceId);
  const of = found?.spans.find((candidate) => candidate.spanId === spanId);
  if (!found || !of) return undefined;
  const startNs = startNsOf(found);
  return {
    traceId,
    spanId,
    parentSpanId: of.parentId,
    service: of.service,
    name: of.name,
    kind: KINDS[of.kind]!,
    status: STATUSES[of.status]!,
    statusMessage: of.statusMessage,
    startNs: (startNs + BigInt(of.startNs)).toString(),
    durationNs: of.durationNs,
    traceState: '',
    flags: 1,
    attributes: of.attributes,
    resource: resourceOf(of.service, found.environment),
    scope: { name: of.scope, version: '0.223.0', attributes: {} },
    events: of.events.map((event) => ({
      timeNs: (startNs + BigInt(event.offsetNs)).toString(),
      name: event.name,
      attributes: event.attributes,
    })),
    links: of.links.map((link) => ({ ...link, traceState: '', attributes: {} })),
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    linkedFrom: [],
  };
}

export function traceLogs(store: MockStore, traceId: string): TraceLogsResponse | undefined {
  const found = store.trace(traceId);
  if (!found) return undefined;
  const logs = found.logs.toSorted((a, b) => a.timeMs - b.timeMs).map((log) => toLogRecord(log, found.environment));
  return { logs, truncated: false, limit: 5000, total: logs.length };
}

/** Of the traces of the last hour. */
export function pins(store: MockStore, pinned: ReadonlySet<string>): PinsResponse {
  const nowMs = Date.now();
  const known = store.read(nowMs - 3_600_000, nowMs).traces.filter(({ traceId }) => pinned.has(traceId));
  const missing = [...pinned].filter((id) => !known.some(({ traceId }) => traceId === id));
  return { canPin: true, traces: known.map((trace) => summaryOf(trace)), missing };
}
