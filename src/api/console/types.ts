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
 * - Every error answers `{ error: ApiError }` with a fitting HTTP status.
 */

export interface ApiError {
  /** Stable word: `bad_query`, `not_found`, `timeout`, `store_unavailable`, `too_large`, `internal`. */
  readonly code: string;
  readonly message: string;
  /** What the person can do next. */
  readonly hint?: string;
  /** The query text that failed, and where in it (character offsets, end exclusive). */
  readonly query?: string;
  readonly start?: number;
  readonly end?: number;
}

export type AttributeValue = string | number | boolean | null | AttributeValue[] | { [key: string]: AttributeValue };
export type Attributes = { [key: string]: AttributeValue };

export type SignalName = 'traces' | 'logs' | 'metrics';
export type SpanKind = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';
export type SpanStatus = 'unset' | 'ok' | 'error';

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

/** Buckets shared by all series of one answer: bucket i covers [startMs + i*stepMs, startMs + (i+1)*stepMs). */
export interface TimeGrid {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
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

/**
 * Rate, errors and durations count the entry spans of a service: kind server or consumer, or a root span. A client's root span and the
 * server's span that it calls in the same service are one call. Rates are per second over the part of the range in which the store has data;
 * quantiles in ns. Without requests there is nothing to measure: `null`. In a sparkline it means no data in that bucket.
 */
export interface ServiceSummary {
  readonly name: string;
  /** `telemetry.sdk.language`, or `process.runtime.name` where that is missing. */
  readonly language: string;
  readonly version: string;
  readonly requestCount: number;
  readonly requestRate: number;
  readonly errorCount: number;
  /** 0..1 */
  readonly errorRatio: number | null;
  readonly p50Ns: number | null;
  readonly p95Ns: number | null;
  readonly p99Ns: number | null;
  readonly newestMs: number;
  readonly sparkRate: readonly (number | null)[];
  readonly sparkErrorRatio: readonly (number | null)[];
  readonly sparkP95Ns: readonly (number | null)[];
}

/** GET /api/console/services/:name?from&to&environment&operation */
export interface ServiceResponse {
  readonly summary: ServiceSummary;
  readonly grid: TimeGrid;
  /** Seconds of the range that have data: what rates count over. */
  readonly dataSeconds: number;
  readonly series: {
    readonly requestRate: readonly (number | null)[];
    readonly errorRate: readonly (number | null)[];
    readonly p50Ns: readonly (number | null)[];
    readonly p95Ns: readonly (number | null)[];
    readonly p99Ns: readonly (number | null)[];
  };
  readonly operations: readonly OperationSummary[];
  readonly slowest: readonly TraceSummary[];
  readonly failed: readonly TraceSummary[];
  /** Services that called this one and that it called, with counts, from parent and child spans of the range. */
  readonly callers: readonly { readonly service: string; readonly count: number; readonly errorCount: number }[];
  readonly callees: readonly { readonly service: string; readonly count: number; readonly errorCount: number }[];
}

/**
 * GET /api/console/services/:name/dependencies?from&to&environment : what the service calls that sends no telemetry of its own, told from the
 * attributes of its client's and producer's spans; those that are called most first, at most 100.
 */
export interface DependenciesResponse {
  readonly dependencies: readonly {
    readonly kind: 'database' | 'cache' | 'queue' | 'host';
    /** `postgresql`, `redis`, `kafka`, `grpc`; may be empty for a host. */
    readonly system: string;
    /** The host, or the name that the client gave it; may be empty. */
    readonly name: string;
    /** The database, or the queue or topic; may be empty. */
    readonly namespace: string;
    readonly callCount: number;
    readonly errorCount: number;
    readonly p50Ns: number;
    readonly p95Ns: number;
  }[];
}

export interface OperationSummary {
  readonly name: string;
  readonly kind: SpanKind;
  readonly requestCount: number;
  readonly requestRate: number;
  readonly errorCount: number;
  readonly errorRatio: number | null;
  readonly p50Ns: number | null;
  readonly p95Ns: number | null;
  readonly p99Ns: number | null;
  readonly sparkRate: readonly (number | null)[];
}

/** GET /api/console/operations?service&from&to */
export interface OperationsResponse {
  readonly operations: readonly { readonly name: string; readonly kind: SpanKind; readonly count: number }[];
}

/**
 * GET /api/console/traces?from&to&q&service&operation&minDurationNs&maxDurationNs&status&environment&sort&limit
 * `sort`: `newest` (default), `slowest`, `spans`, `errors`. `status`: `ok`, `error`. `limit` default 200, at most 2000.
 * A trace matches if one of its spans matches all conditions.
 */
export interface TracesResponse extends Completeness {
  readonly traces: readonly TraceSummary[];
}

/**
 * GET /api/console/traces/histogram?from&to&q&service&operation&minDurationNs&maxDurationNs&status&environment
 * All matching traces over time by status. The list takes a moment, and this takes longer the more there is: so each is asked for by itself.
 */
export interface TraceHistogramResponse {
  readonly total: number;
  readonly grid: TimeGrid;
  readonly okCounts: readonly number[];
  readonly errorCounts: readonly number[];
}

/**
 * GET /api/console/traces/sample?from&to&q&service&operation&minDurationNs&maxDurationNs&status&environment
 * What a scatter shows of a range with more traces than a list can hold: of each hundredth of the range some of the slowest, some of the
 * failed and some at random, in no order; 1,200 where there are as many, wherever in the range they lie. The same question has the same
 * answer.
 */
export interface TraceSampleResponse {
  readonly traces: readonly TraceSummary[];
}

/**
 * GET /api/console/traces/empty-reason and /api/console/logs/empty-reason, with the parameters of the list: why the list is empty. Counts
 * are of spans or log records.
 */
export interface EmptyReasonResponse {
  /** Items of the range that were looked at: the newest million, and not `all` where there are more. */
  readonly lookedAt: number;
  readonly all: boolean;
  readonly conditions: readonly EmptyReasonCondition[];
  /** Where the range holds nothing at all: the time of the nearest item whatever it is, in epoch ms. */
  readonly nearestMs?: number;
}

export interface EmptyReasonCondition {
  /** `q` for a term of the filter, otherwise the name of the parameter. */
  readonly parameter: string;
  /** The term, or the parameter's value. */
  readonly text: string;
  /** How many items meet this one, whatever the others; 0: it excludes everything. */
  readonly alone: number;
  /** How many items meet all others. */
  readonly without: number;
  /** Of a term: the filter without it. */
  readonly withoutQ?: string;
  /** Values that the range has in place of one that it lacks: those most alike, or where none is alike (`areAlike` false) the most frequent. */
  readonly suggestions: readonly {
    readonly value: string;
    readonly count: number;
    /** Of a term: the filter with this in its place. */
    readonly q?: string;
  }[];
  readonly areAlike: boolean;
}

export interface TraceSummary {
  readonly traceId: string;
  /** The root span's; of the earliest span where the root is missing, and then `rootMissing`. */
  readonly rootService: string;
  readonly rootOperation: string;
  readonly rootMissing: boolean;
  readonly startMs: number;
  readonly durationNs: number;
  readonly spanCount: number;
  readonly errorCount: number;
  /** All services of the trace. */
  readonly serviceCount: number;
  /** At most 50 of them, sorted. */
  readonly services: readonly string[];
  /** The id of the span that matched the search, to open the trace at it. */
  readonly matchedSpanId: string;
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

/** One entry per span in each column. */
export interface TraceSpanColumns {
  /** 16 hex digits per span, one after the other without a gap: the id of row i is `ids.slice(16 * i, 16 * i + 16)`. */
  readonly ids: string;
  /** Row of the parent, -1 for a root, -2 for a span whose parent is not in the store. */
  readonly parent: readonly number[];
  /** Index into `services`. */
  readonly service: readonly number[];
  /** Index into `names`. */
  readonly name: readonly number[];
  /** Index into `hints`. */
  readonly hint: readonly number[];
  /** Offset from the trace's start. */
  readonly startNs: readonly number[];
  readonly durationNs: readonly number[];
  /** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer (OTLP's numbers). */
  readonly kind: readonly number[];
  /** 0 unset, 1 ok, 2 error (OTLP's numbers). */
  readonly status: readonly number[];
}

/** The events of all spans, at most 20,000: row `row[i]` had an event at `timeNs[i]` from the trace's start, called `names[name[i]]`. */
export interface TraceEventColumns {
  readonly row: readonly number[];
  readonly timeNs: readonly number[];
  readonly name: readonly number[];
  readonly names: readonly string[];
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
  /** What is not whole: full sizes in bytes of attributes, counts of events and links, and whether other texts end in an ellipsis. */
  readonly cut?: {
    readonly attributes?: number;
    readonly resource?: number;
    readonly events?: number;
    readonly links?: number;
    readonly texts?: true;
  };
  /** Spans elsewhere that link to this one. */
  readonly linkedFrom: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly service: string;
    readonly name: string;
  }[];
}

/** GET /api/console/traces/:traceId/logs?spanId : oldest first, at most 5,000. */
export interface TraceLogsResponse extends Completeness {
  readonly logs: readonly LogRecord[];
}

export interface LogRecord {
  /** Stable within the store; also the paging cursor. */
  readonly id: string;
  readonly timeNs: string;
  readonly timeMs: number;
  readonly service: string;
  /** OTLP severity number 0..24. */
  readonly severityNumber: number;
  /** What the source called it; derived from the number where it gave no text. */
  readonly severityText: string;
  readonly body: AttributeValue;
  readonly traceId: string;
  readonly spanId: string;
  readonly eventName: string;
  readonly attributes: Attributes;
  readonly resource: Attributes;
  readonly scope: string;
  /** Long values end in an ellipsis; the full sizes in bytes of what is cut here. `/logs/record` gives the record in full. */
  readonly cut?: { readonly body?: number; readonly attributes?: number; readonly resource?: number };
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
 */
export interface LogsResponse extends Completeness {
  readonly logs: readonly LogRecord[];
  readonly nextCursor?: string;
}

/** GET /api/console/logs/histogram, the same filters: counts per bucket and severity group. */
export interface LogHistogramResponse {
  readonly grid: TimeGrid;
  readonly groups: readonly {
    readonly severity: SeverityGroup;
    readonly counts: readonly number[];
    readonly total: number;
  }[];
  readonly total: number;
  readonly services: readonly { readonly name: string; readonly count: number }[];
}
export type SeverityGroup = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'unset';

/** GET /api/console/attributes?signal&from&to&prefix&owner : keys for completion, most used first. */
export interface AttributeKeysResponse {
  readonly keys: readonly {
    readonly key: string;
    readonly scope: 'resource' | 'item' | 'intrinsic';
    readonly type: 'string' | 'int' | 'double' | 'bool' | 'other';
  }[];
}
/** GET /api/console/attributes/values?signal&key&from&to&prefix&limit&owner */
export interface AttributeValuesResponse {
  readonly values: readonly { readonly value: string; readonly count: number }[];
}

export type MetricType = 'gauge' | 'sum' | 'histogram' | 'exponential_histogram' | 'summary';
/**
 * GET /api/console/metrics?from&to&q&owner : every metric with points in the range. `q` is a substring here. `owner`: `user` (default), or
 * `own` for what Signalbox says of itself; the two are never mixed.
 */
export interface MetricsResponse {
  readonly metrics: readonly MetricSummary[];
}
export interface MetricSummary {
  readonly name: string;
  readonly type: MetricType;
  readonly unit: string;
  readonly description: string;
  readonly monotonic: boolean;
  readonly temporality: 'unspecified' | 'delta' | 'cumulative';
  readonly seriesCount: number;
  readonly services: readonly string[];
  readonly newestMs: number;
}

/** GET /api/console/metrics/labels?name&from&to&owner */
export interface MetricLabelsResponse {
  readonly labels: readonly {
    readonly key: string;
    readonly scope: 'resource' | 'item';
    readonly valueCount: number;
    readonly values: readonly string[];
  }[];
}

/**
 * GET /api/console/metrics/query?name&from&to&groupBy&q&aggregation&step&owner
 * `groupBy`: comma-separated label keys. `aggregation`: sum, avg, min, max, count, rate, increase, p50, p90, p95, p99, heatmap;
 * without it the metric's type decides: rate for monotonic sums, avg for gauges, sum for other sums, p95 for histograms.
 * Cumulative counters are turned into increases per series with reset detection before they are summed. Type, unit, temporality and
 * monotonicity are properties of a series: where several producers send different things under one name, only series that can be added up
 * share a line, and each line has its own type and unit. `metric`, `aggregation` and `unit` are those of the most series.
 */
export interface MetricQueryResponse {
  readonly metric: MetricSummary;
  readonly aggregation: string;
  /** UCUM unit of the values, for example `s`, `By`, `1/s`. */
  readonly unit: string;
  readonly grid: TimeGrid;
  readonly series: readonly {
    readonly type: MetricType;
    readonly unit: string;
    readonly labels: { readonly [key: string]: string };
    readonly values: readonly (number | null)[];
    readonly last: number | null;
    readonly max: number | null;
  }[];
  /** Series beyond the 50 largest are folded into a count. */
  readonly foldedCount: number;
  /** Series under this name of another kind, with which the aggregation does not go. */
  readonly leftOutCount: number;
  readonly exemplars: readonly {
    readonly timeMs: number;
    readonly value: number;
    readonly traceId: string;
    readonly spanId: string;
  }[];
}

/** GET /api/console/system?from&to : where the store does not answer, the last picture that there is. */
export interface SystemResponse {
  readonly nowMs: number;
  /** When this picture was taken; absent where there is none. */
  readonly asOfMs?: number;
  /** When the store last answered anything. */
  readonly answeredMs?: number;
  readonly grid: TimeGrid;
  readonly pipelines: readonly PipelineView[];
  readonly components: readonly ComponentView[];
  readonly losses: readonly LossView[];
  readonly processes: readonly {
    readonly role: string;
    readonly uptimeS: number;
    readonly cpuPercent: number;
    readonly rssBytes: number;
  }[];
  readonly store: StoreView;
  readonly history: SystemHistory;
  readonly freshness: { readonly [signal in SignalName]: { readonly newestMs?: number; readonly lagMs?: number } };
}
/** Over the grid, as the processes said of themselves. */
export interface SystemHistory {
  /** How often a process ended and was started again, in each bucket. */
  readonly restarts: readonly { readonly role: string; readonly values: readonly (number | null)[] }[];
  /** Acknowledged data that waits on disk for the store. */
  readonly spoolBytes: readonly (number | null)[];
  /** The age of the oldest data that waits. */
  readonly lagSeconds: readonly (number | null)[];
}
/** A pipeline as its chain of components; `components` keys are `ComponentView.id`. */
export interface PipelineView {
  readonly id: string;
  readonly signal: SignalName;
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
  /** Items per second that entered it over the grid. */
  readonly rate: readonly (number | null)[];
}
export interface ComponentView {
  /** `kind/id` and, for a processor, its pipeline: `processor/batch@traces`. */
  readonly id: string;
  readonly kind: 'receiver' | 'processor' | 'exporter' | 'connector' | 'extension';
  readonly componentId: string;
  readonly pipeline: string;
  readonly status: 'starting' | 'ok' | 'recoverable_error' | 'permanent_error' | 'fatal_error' | 'stopping' | 'stopped';
  readonly statusMessage: string;
  readonly inRate: readonly (number | null)[];
  readonly outRate: readonly (number | null)[];
  readonly queueSize?: number;
  readonly queueCapacity?: number;
  readonly refusedCount: number;
  readonly failedCount: number;
}
/** Items that did not get through in the range, by component and reason. `retried` ones may still arrive; `unaccounted` ones a component lost silently. */
export interface LossView {
  readonly component: string;
  /** Missing where it is not known. */
  readonly signal?: SignalName;
  readonly reason: string;
  readonly count: number;
  readonly kind: 'refused' | 'dropped' | 'lost' | 'sampled_out' | 'filtered' | 'retried' | 'unaccounted';
}
export interface StoreView {
  readonly available: boolean;
  readonly message: string;
  readonly diskFreeBytes?: number;
  /** What is wrong with it and what to do, in words. */
  readonly problems: readonly string[];
  readonly tables: readonly {
    readonly name: string;
    readonly signal: SignalName | 'other';
    readonly rows: number;
    /** With the parts that were merged into others and are still there. */
    readonly bytesOnDisk: number;
    /** Of the parts that hold the rows now; goes with `rows` and `bytesUncompressed`. */
    readonly activeBytesOnDisk: number;
    readonly bytesUncompressed: number;
    readonly parts: number;
    /** The start of a day in UTC: the first on which any of the rows arrived. */
    readonly oldestMs?: number;
    readonly newestMs?: number;
    readonly retention: string;
  }[];
  /** Stored spans, log records and data points, the last with Signalbox's own. */
  readonly itemCount: { readonly [signal in SignalName]: number };
  /** Compressed bytes on disk per stored span, log record and data point; 0 where there are none. */
  readonly bytesPerItem: { readonly [signal in SignalName]: number };
}
