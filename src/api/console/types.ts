/**
 * The console API: what the web console asks and what the server answers. JSON over HTTP under `/api/console`.
 *
 * Conventions
 * - `from` and `to` in a query string are milliseconds since the Unix epoch, `[from, to)`.
 * - `fromMs`, `startMs` and the like are such milliseconds as well (a number, with a fraction where it matters).
 * - Exact times of items are decimal strings of nanoseconds since the epoch (`timeNs`), because they pass 2^53.
 * - Durations are nanoseconds as numbers (exact up to 104 days).
 * - Ids are lower-case hex. An absent id is the empty string.
 * - `q` is the filter language of `#lang/filter` (src/lang/filter): `service.name=orders status=error duration>1s "text"`.
 * - Frames are columns: arrays of equal length, so that charts and waterfalls are drawn without making objects.
 * - What the query layer answers as it is has its type there alone (#query/answers.ts); here are the routes, and what only they say.
 * - Every error answers `{ error: ApiError }` with a fitting HTTP status.
 */

import type {
  AttributeKey,
  Attributes,
  AttributeValueCount,
  CallCount,
  DashboardEntry,
  DashboardShelf,
  DashboardVersion,
  Dependency,
  Differences,
  EmptyReason,
  ErrorGroups,
  LinkingSpan,
  LogHistogram,
  LogPatterns,
  LogRecord,
  MetricLabel,
  MetricResult,
  MetricSummary,
  SavedSearch,
  ServiceDetail,
  ServiceMap,
  ServiceSummary,
  SignalName,
  SpanCut,
  SpanGroups,
  SpanHeatmap,
  SpanKind,
  SpanStatus,
  SystemView,
  TimeGrid,
  TraceCounts,
  TraceEventColumns,
  TraceFacts,
  TraceSpanColumns,
} from '#query/answers.ts';

export type {
  Attributes,
  AttributeValue,
  ComponentView,
  DashboardEntry,
  DashboardVersion,
  Difference,
  EmptyReasonCondition,
  ErrorGroup,
  ExplainedNode,
  ExplainedQuery,
  LogLink,
  LogPattern,
  LogRecord,
  LossView,
  MapEdge,
  MapNode,
  MetricSummary,
  MetricType,
  OperationSummary,
  PipelineView,
  SavedSearch,
  SearchPage,
  ServiceSummary,
  SeverityGroup,
  SignalName,
  SpanGroup,
  SpanKind,
  SpanStatus,
  StoreView,
  SystemHistory,
  TimeGrid,
  TraceEventColumns,
  TraceSpanColumns,
} from '#query/answers.ts';

export interface ApiError {
  /** Stable word: `bad_query`, `not_found`, `timeout`, `store_unavailable`, `too_large`, `unauthenticated`, `forbidden`, `internal`. */
  readonly code: string;
  readonly message: string;
  /** What the person can do next. */
  readonly hint?: string;
  /** The query text that failed, and where in it (character offsets, end exclusive). */
  readonly query?: string;
  readonly start?: number;
  readonly end?: number;
}

/** Says how complete an answer is. Present on every list. */
export interface Completeness {
  /** A limit cut the answer; `total` is the real count where it is known. */
  readonly truncated: boolean;
  readonly limit: number;
  readonly total?: number;
  /** For an empty answer: the time of the nearest data that would match, in epoch ms. */
  readonly nearestMs?: number;
}

/** GET /api/console/status : answers within a few seconds whatever the store does. */
export interface StatusResponse {
  readonly version: string;
  readonly nowMs: number;
  /** Where services send telemetry, as seen from this server's own host: for the first-run page. None where no receiver takes that protocol. */
  readonly ingest: { readonly grpcPort?: number; readonly httpPort?: number };
  /** Whether the store answered just now, and when it last did. */
  readonly store: { readonly available: boolean; readonly message: string; readonly answeredMs?: number };
  /**
   * Per signal: whether anything of the user's is stored, and the arrival-independent time of the newest item. What was known last where the store
   * does not answer; absent where nothing is known yet.
   */
  readonly signals?: { readonly [signal in SignalName]: { readonly hasData: boolean; readonly newestMs?: number } };
  /** Values of `deployment.environment.name` (or the older `deployment.environment`) seen lately. */
  readonly environments: readonly string[];
}

/** GET /api/console/services?from&to&environment : the 1,000 busiest; `total` counts all. */
export interface ServicesResponse extends Completeness {
  readonly grid: TimeGrid;
  readonly services: readonly ServiceSummary[];
}

/** GET /api/console/service-names?from&to&environment : for menus; cheap enough to ask with every page. Sorted, at most 1,000. */
export interface ServiceNamesResponse extends Completeness {
  readonly names: readonly string[];
}

/** GET /api/console/services/:name?from&to&environment&operation */
export interface ServiceResponse extends ServiceDetail {
  readonly slowest: readonly TraceSummary[];
  readonly failed: readonly TraceSummary[];
  /** Services that called this one and that it called. */
  readonly callers: readonly CallCount[];
  readonly callees: readonly CallCount[];
}

/**
 * GET /api/console/services/:name/dependencies?from&to&environment : those that are called most first, at most 100.
 */
export interface DependenciesResponse {
  readonly dependencies: readonly Dependency[];
}

/**
 * GET /api/console/map?from&to&environment : services and what they use, and who calls whom, as `ServiceMap` says. At most 1,000 services and 1,000
 * edges. What was counted as spans came in has no environment: with one it is the newest spans that are read.
 */
export type MapResponse = ServiceMap;

/** GET /api/console/operations?service&from&to */
export interface OperationsResponse {
  readonly operations: readonly { readonly name: string; readonly kind: SpanKind; readonly count: number }[];
}

/**
 * GET /api/console/traces?from&to&q&service&operation&minDurationNs&maxDurationNs&status&environment&sort&limit&columns
 * `columns`: keys as the filter language has them, apart by commas, at most 12.
 * `sort`: `newest` (default), `slowest`, `spans`, `errors`. `status`: `ok`, `error`. `limit` default 200, at most 2000.
 * A trace matches if one of its spans matches all conditions.
 */
export interface TracesResponse extends Completeness {
  readonly traces: readonly TraceSummary[];
  /** Where `q` is TraceQL that looks at traces as a whole: all that is told is of the newest so many that it finds, which may not be all. */
  readonly found?: { readonly traceCount: number; readonly isWhole: boolean };
}

/**
 * GET /api/console/pins : traces that outlive the retention, the newest first. `missing`: pinned ids that the store has no span of. Where `canPin` is
 * false the server only reads.
 */
export interface PinsResponse {
  readonly canPin: boolean;
  readonly traces: readonly TraceSummary[];
  readonly missing: readonly string[];
}

/** POST and DELETE /api/console/pins/:traceId : pins a trace, and lets it go. */
export interface PinChanged {
  readonly traceId: string;
  readonly isPinned: boolean;
}

/**
 * GET /api/console/traces/histogram?from&to&q&service&operation&minDurationNs&maxDurationNs&status&environment
 * All matching traces over time by status. The list takes a moment, and this takes longer the more there is: so each is asked for by itself.
 */
export type TraceHistogramResponse = TraceCounts;

/**
 * GET /api/console/traces/sample?from&to&q&service&operation&minDurationNs&maxDurationNs&status&environment
 * What a scatter shows of a range with more traces than a list can hold: of each hundredth of the range some of the slowest, some of the
 * failed and some at random, in no order; 1,200 where there are as many, wherever in the range they lie. The same question has the same
 * answer.
 */
export interface TraceSampleResponse {
  readonly traces: readonly TraceSummary[];
}

/** GET /api/console/traces/groups?by&… (as the histogram's) : spans by the values of a key of the filter language. */
export type SpanGroupsResponse = SpanGroups;

/** GET /api/console/traces/heatmap?… (as the histogram's) */
export type SpanHeatmapResponse = SpanHeatmap;

/**
 * GET /api/console/traces/differences?from&to&q&service&operation&minDurationNs&maxDurationNs&status&environment
 *   &selFrom&selTo&selQ&selService&selOperation&selMinDurationNs&selMaxDurationNs&selStatus&unit&exact&limit
 * What a selection (`sel…`: a part of the spans that the others name; at least one) has more often than the rest. `unit`: `spans` (default), or
 * `traces`, for what any span of a trace has. The rest is a sample of at least 200,000 spans unless `exact=1`. `limit` default 50, at most 200.
 */
export type DifferencesResponse = Differences;

/**
 * GET /api/console/traces/empty-reason and /api/console/logs/empty-reason, with the parameters of the list.
 */
export type EmptyReasonResponse = EmptyReason;

export interface TraceSummary extends TraceFacts {
  readonly startMs: number;
  readonly durationNs: number;
  /** The id of the span that matched the search, to open the trace at it. */
  readonly matchedSpanId: string;
  /** Where columns are asked for: the values of that span under each of the keys, '' for none. */
  readonly columns?: readonly string[];
}

/**
 * GET /api/console/traces/:traceId : the whole trace as columns, parents before children and siblings by start. Made so that 100,000 spans
 * are read at once: numbers in columns, each text once, all ids in one text.
 */
export interface TraceResponse {
  readonly traceId: string;
  /** Start of the earliest span, ns since the epoch as a decimal string, and the same in ms. */
  readonly startNs: string;
  readonly startMs: number;
  /** From the earliest start to the latest end. */
  readonly durationNs: number;
  readonly services: readonly string[];
  readonly names: readonly string[];
  /** Short hints from the attributes of spans (an HTTP route, a SQL statement, a queue); one of them may be empty. */
  readonly hints: readonly string[];
  readonly spans: TraceSpanColumns;
  readonly events: TraceEventColumns;
  readonly logCount: number;
  /** The store has more spans of this trace than `spans` holds. */
  readonly truncated: boolean;
  readonly totalSpanCount: number;
}

/**
 * GET /api/console/traces/:traceId/spans/:spanId?full : long values are cut, and at most 1,000 events and links are given, unless `full=1` is
 * asked; 422 beyond 24 MiB.
 */
export interface SpanResponse {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly service: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly status: SpanStatus;
  readonly statusMessage: string;
  readonly startNs: string;
  readonly durationNs: number;
  readonly traceState: string;
  readonly flags: number;
  readonly attributes: Attributes;
  readonly resource: Attributes;
  readonly scope: { readonly name: string; readonly version: string; readonly attributes: Attributes };
  readonly events: readonly { readonly timeNs: string; readonly name: string; readonly attributes: Attributes }[];
  readonly links: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly traceState: string;
    readonly attributes: Attributes;
  }[];
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
  readonly cut?: SpanCut;
  /** Spans elsewhere that link to this one. */
  readonly linkedFrom: readonly LinkingSpan[];
}

/** GET /api/console/traces/:traceId/logs?spanId : oldest first, at most 5,000. */
export interface TraceLogsResponse extends Completeness {
  readonly logs: readonly LogRecord[];
}

/** GET /api/console/logs/record?id : one record with nothing cut; 422 beyond 24 MiB. */
export interface LogRecordResponse {
  readonly log: LogRecord;
}

/**
 * GET /api/console/logs?from&to&q&service&severity&traceId&environment&limit&cursor&direction
 * `severity`: comma-separated of trace, debug, info, warn, error, fatal, unset. Newest first; `cursor` (a LogRecord's id) asks for older
 * ones, with `direction=newer` for newer ones (live tail polls with it). `limit` default 200, at most 2000; a
 * page of long records ends earlier, with `truncated`.
 *
 * GET /api/console/logs/export, the same filters: all matching records as lines of JSON (`LogRecord`, application/x-ndjson), newest first, up to
 * 4 GiB. Long values are cut as in the list. An answer that breaks off in the middle ends in an error of the connection.
 */
export interface LogsResponse extends Completeness {
  readonly logs: readonly LogRecord[];
  readonly nextCursor?: string;
}

/** GET /api/console/logs/histogram, the same filters. */
export type LogHistogramResponse = LogHistogram;

/** GET /api/console/logs/patterns, the same filters : of the newest 10,000 matching records. */
export type LogPatternsResponse = LogPatterns;

/**
 * GET /api/console/errors?from&to&service&environment : kinds of exceptions, which spans and log records tell of; of the newest 30,000 of each.
 * What one span and a log record of it both tell is one.
 */
export type ErrorGroupsResponse = ErrorGroups;

/** GET /api/console/attributes?signal&from&to&prefix&owner : keys for completion, most used first. */
export interface AttributeKeysResponse {
  readonly keys: readonly AttributeKey[];
}
/** GET /api/console/attributes/values?signal&key&from&to&prefix&limit&owner */
export interface AttributeValuesResponse {
  readonly values: readonly AttributeValueCount[];
}

/**
 * GET /api/console/metrics?from&to&q&owner : every metric with points in the range. `q` is a substring here. `owner`: `user` (default), or
 * `own` for what Signalbox says of itself; the two are never mixed.
 */
export interface MetricsResponse {
  readonly metrics: readonly MetricSummary[];
}

/** GET /api/console/metrics/labels?name&from&to&owner */
export interface MetricLabelsResponse {
  readonly labels: readonly MetricLabel[];
}

/**
 * GET /api/console/metrics/query?name&from&to&groupBy&q&aggregation&step&owner
 * `groupBy`: comma-separated label keys. `aggregation`: sum, avg, min, max, count, rate, increase, p50, p90, p95, p99, heatmap;
 * without it the metric's type decides: rate for monotonic sums, avg for gauges, sum for other sums, p95 for histograms.
 * Cumulative counters are turned into increases per series with reset detection before they are summed. Type, unit, temporality and
 * monotonicity are properties of a series: where several producers send different things under one name, only series that can be added up
 * share a line, and each line has its own type and unit. `metric`, `aggregation` and `unit` are those of the most series.
 */
export type MetricQueryResponse = MetricResult;

/** GET /api/console/searches : searches that people saved under a name, of the tenant, by name. At most 500. */
export interface SearchesResponse {
  readonly searches: readonly SavedSearch[];
  /** Why none can be saved or changed here, in words; absent where they can. */
  readonly saveRefusal?: string;
}

/**
 * POST /api/console/searches with { name, page, search, id? } : saves a search, or renames and replaces the one with that id; answers with it (`SavedSearch`).
 * A name has at most 120 characters, a search 16,384.
 */

/** DELETE /api/console/searches/:id */
export interface SearchRemoved {
  readonly id: string;
}

/** GET /api/console/system?from&to : where the store does not answer, the last picture that there is. */
export interface SystemResponse extends SystemView {
  readonly nowMs: number;
  /** When this picture was taken; absent where there is none. */
  readonly asOfMs?: number;
  /** When the store last answered anything. */
  readonly answeredMs?: number;
}

export type * from './live-types.ts';

/** GET /api/console/dashboards */
export type DashboardsResponse = DashboardShelf;

/** GET /api/console/dashboards/:uid */
export interface DashboardResponse extends DashboardEntry {
  /** The file: JSON of Grafana, which `#dashboards` reads. */
  readonly text: string;
  /** Why whoever asks can't save it here; absent where they can. */
  readonly saveRefusal?: string;
}

/**
 * POST /api/console/dashboards, whose body is `{text, message, base}`. `base` is the version that the change began with, or null for a dashboard that
 * must be new: where something else is there the answer is 409. Without it whatever has that uid is replaced.
 */
export interface DashboardSaved {
  readonly uid: string;
  readonly savedMs: number;
}

/** DELETE /api/console/dashboards/:uid */
export interface DashboardRemoved {
  readonly uid: string;
}

/** GET /api/console/dashboards/:uid/versions */
export interface DashboardVersionsResponse {
  /** Newest first. */
  readonly versions: readonly DashboardVersion[];
}

/** GET /api/console/dashboards/:uid/versions/:savedMs */
export interface DashboardVersionResponse {
  readonly text: string;
}
