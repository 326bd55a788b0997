/** Services: rate, errors and durations; who calls whom. */
import type { Series, TimeGrid } from './common.ts';
import type { SpanKind } from './traces.ts';

/**
 * Rate, errors and durations count the entry spans of a service: kind server or consumer, or a root span. A client's root span and the
 * server's span that it calls in the same service are one call. Rates are per second over the part of the range in which the store has data;
 * quantiles in ns. Without requests there is nothing to measure: `null`.
 */
export interface RedSummary {
  readonly requestCount: number;
  readonly requestRate: number;
  readonly errorCount: number;
  /** 0..1 */
  readonly errorRatio: number | null;
  readonly p50Ns: number | null;
  readonly p95Ns: number | null;
  readonly p99Ns: number | null;
}

export interface RedSeries {
  readonly requestRate: Series;
  readonly errorRate: Series;
  readonly p50Ns: Series;
  readonly p95Ns: Series;
  readonly p99Ns: Series;
}

/** In a sparkline `null` means no data in that bucket. */
export interface ServiceSummary extends RedSummary {
  readonly name: string;
  /** `telemetry.sdk.language`, or `process.runtime.name` where that is missing. */
  readonly language: string;
  readonly version: string;
  readonly newestMs: number;
  readonly sparkRate: Series;
  readonly sparkErrorRatio: Series;
  readonly sparkP95Ns: Series;
}

export interface OperationSummary extends RedSummary {
  readonly name: string;
  readonly kind: SpanKind;
  readonly sparkRate: Series;
}

export interface ServiceDetail {
  readonly summary: ServiceSummary;
  readonly grid: TimeGrid;
  /** Seconds of the range that have data: what rates count over. */
  readonly dataSeconds: number;
  readonly series: RedSeries;
  readonly operations: readonly OperationSummary[];
}

/** Calls between two services in the range, from parent and child spans; here with the other one's name. */
export interface CallCount {
  readonly service: string;
  readonly count: number;
  readonly errorCount: number;
}

/** What a service calls that sends no telemetry of its own, told from the attributes of its client's and producer's spans. */
export interface Dependency {
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
}

/** What a map of services shows: a service, or what services use that sends no telemetry of its own. */
export interface MapNode {
  /** Unique in the map; edges name it. */
  readonly id: string;
  readonly kind: 'service' | Dependency['kind'];
  /** `postgresql`, `kafka`; empty for a service, and for a host where nothing tells. */
  readonly system: string;
  /** A service's name; a database's name, or else its address; a queue's destination, or else its address; a host. */
  readonly name: string;
  /** What a service is asked for, as everywhere; of all else its calls. */
  readonly requestRate: number;
  readonly errorRatio: number | null;
  readonly p50Ns: number | null;
  readonly p95Ns: number | null;
}

/** Calls of one node to another, with the time that they took: at the callee where that is a service, else at the caller. */
export interface MapEdge {
  readonly source: string;
  readonly target: string;
  readonly callCount: number;
  /** Per second, over what was read. */
  readonly rate: number;
  readonly errorCount: number;
  readonly errorRatio: number;
  /** Null where nothing was measured: all calls failed before they reached the service. */
  readonly p50Ns: number | null;
  readonly p95Ns: number | null;
}

export interface ServiceMap {
  readonly nodes: readonly MapNode[];
  /** Those with the most calls first. */
  readonly edges: readonly MapEdge[];
  /** The edges are those of the range from here on; nodes are of the whole range. */
  readonly edgesFromMs: number;
  /** Services, and edges, that are not listed because they are too many: those with the least traffic. */
  readonly leftOutNodes: number;
  readonly leftOutEdges: number;
}
