import { KeyBytes } from '#base';
import { type ArenaWriter, type Batch, type Lease, leasesOf, type PointChunk } from '#pdata';
import {
  type GroupParts,
  itemBytes,
  type MetricParts,
  metricParts,
  POINTS_FIELD,
  type ResourceParts,
  requestOf,
  resourceParts,
  type ScopeParts,
  scopeParts,
  writeMetricParts,
} from '#wire';
import { writeAttributesTo } from '../shared/series/attribute-key.ts';
import { SERIES_LIMIT, SeriesTable } from '../shared/series/series-table.ts';

/** Tells those who remember a batch when the last of its points that are held is settled. */
class HeldBatch {
  readonly leases: readonly Lease[];
  readonly #end: () => void;
  #count = 0;

  constructor(batch: Batch) {
    this.leases = leasesOf(batch.chunks);
    this.#end = batch.hold();
  }

  hold(): void {
    this.#count++;
  }

  release(): void {
    if (--this.#count === 0) this.#end();
  }
}

interface HeldPoint {
  readonly timeNs: bigint;
  readonly bytes: Uint8Array;
  readonly batch: HeldBatch;
}

/** A series, and the metric that it goes on in. */
interface Series {
  readonly metric: HeldMetric;
  point: HeldPoint | undefined;
  /** Points that will be held when the rest of their batch is accepted. */
  pending: number;
}

/** Where points go on; empty between two intervals. */
class HeldMetric {
  readonly parts: MetricParts;
  readonly scope: HeldScope;
  series: Series[] = [];

  constructor(parts: MetricParts, scope: HeldScope) {
    this.parts = parts;
    this.scope = scope;
  }
}

class HeldScope implements ScopeParts {
  readonly message: Uint8Array;
  readonly beside: Uint8Array;
  readonly resource: HeldResource;
  metrics: HeldMetric[] = [];

  constructor({ message, beside }: GroupParts, resource: HeldResource) {
    this.message = message;
    this.beside = beside;
    this.resource = resource;
  }

  writeItems(out: ArenaWriter): void {
    for (const { parts, series } of this.metrics) {
      writeMetricParts(out, parts, () => {
        for (const { point } of series) out.bytesField(POINTS_FIELD, point!.bytes);
      });
    }
  }
}

class HeldResource implements ResourceParts {
  readonly message: Uint8Array;
  readonly beside: Uint8Array;
  scopes: HeldScope[] = [];

  constructor({ message, beside }: GroupParts) {
    this.message = message;
    this.beside = beside;
  }
}

/** What goes on at the end of an interval. */
export interface Outgoing {
  readonly body: Uint8Array;
  readonly points: number;
  readonly leases: readonly Lease[];
  /** To be called when it is settled for this component. */
  end(): void;
}

/** Points of a batch that are to be held once the batch is accepted: `keep`, or else `forget`. */
export class Intake {
  readonly #batch: HeldBatch;
  readonly #store: HeldPoints;
  readonly #series: Series[] = [];
  readonly #points: HeldPoint[] = [];

  constructor(store: HeldPoints, batch: Batch) {
    this.#store = store;
    this.#batch = new HeldBatch(batch);
    this.#batch.hold();
  }

  get count(): number {
    return this.#points.length;
  }

  add(series: Series, timeNs: bigint, bytes: Uint8Array): void {
    series.pending++;
    this.#series.push(series);
    this.#points.push({ timeNs, bytes, batch: this.#batch });
  }

  /** Returns how many points, of these or of those that were held, have a younger one in their place. */
  keep(): number {
    let replaced = 0;
    for (const [i, point] of this.#points.entries()) {
      const series = this.#series[i]!;
      series.pending--;
      if (!this.#store.hold(series, point)) replaced++;
    }
    this.#batch.release();
    return replaced;
  }

  forget(): void {
    for (const series of this.#series) series.pending--;
    this.#batch.release();
  }
}

/** The last point of each series since the last interval, as bytes: what it came with is not kept. */
export class HeldPoints {
  #table = new SeriesTable<Series>(SERIES_LIMIT);
  /** By the numbers of the table. */
  readonly #metrics = new Map<number, HeldMetric>();
  readonly #scopes = new Map<number, HeldScope>();
  readonly #resourcesByKey = new Map<string, HeldResource>();
  #resources: HeldResource[] = [];
  readonly #key = new KeyBytes();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Points of this chunk follow. */
  enter(chunk: PointChunk): void {
    this.#table.enter(chunk);
  }

  leave(): void {
    this.#table.leave();
  }

  /** Takes a row of the chunk. Returns false where there is no room for its series. */
  take(chunk: PointChunk, row: number, intake: Intake): boolean {
    let series = this.#table.find(row);
    if (series === undefined) {
      if (!this.#table.hasRoom) return false;
      series = { metric: this.#metricOf(chunk, row), point: undefined, pending: 0 };
      if (!this.#table.add(series)) return false;
    }
    intake.add(series, chunk.columns.timeNs[row]!, itemBytes(chunk, row));
    return true;
  }

  /** Returns whether the series had no point yet. Of two the younger is kept, of two of a time the first. */
  hold(series: Series, point: HeldPoint): boolean {
    const { point: before, metric } = series;
    if (before !== undefined) {
      if (point.timeNs > before.timeNs) {
        point.batch.hold();
        before.batch.release();
        series.point = point;
        this.#table.stateBytes += point.bytes.length - before.bytes.length;
      }
      return false;
    }
    point.batch.hold();
    series.point = point;
    this.#table.stateBytes += point.bytes.length;
    this.#count++;
    if (metric.series.push(series) > 1 || metric.scope.metrics.push(metric) > 1) return true;
    const { resource } = metric.scope;
    if (resource.scopes.push(metric.scope) === 1) this.#resources.push(resource);
    return true;
  }

  /** All that is held, which then no longer is; undefined for nothing. */
  takeAll(): Outgoing | undefined {
    if (this.#count === 0) return undefined;
    const body = requestOf(this.#resources);
    const batches: HeldBatch[] = [];
    for (const resource of this.#resources) {
      for (const scope of resource.scopes) {
        for (const metric of scope.metrics) {
          for (const series of metric.series) {
            batches.push(series.point!.batch);
            series.point = undefined;
          }
          metric.series = [];
        }
        scope.metrics = [];
      }
      resource.scopes = [];
    }
    const points = this.#count;
    this.#forgetAll();
    return {
      body,
      points,
      leases: leasesOf(batches),
      end: () => {
        for (const batch of batches) batch.release();
      },
    };
  }

  /** But for series of which points are on their way. */
  #forgetAll(): void {
    this.#count = 0;
    this.#table.stateBytes = 0;
    this.#resources = [];
    this.#table.keep(({ pending }) => pending > 0);
    if (this.#table.size > 0) return;
    this.#metrics.clear();
    this.#scopes.clear();
    this.#resourcesByKey.clear();
  }

  #metricOf(chunk: PointChunk, row: number): HeldMetric {
    const { metricNumber, scopeNumber } = this.#table;
    let metric = this.#metrics.get(metricNumber);
    if (metric !== undefined) return metric;
    const index = chunk.columns.metric[row]!;
    let scope = this.#scopes.get(scopeNumber);
    if (scope === undefined) {
      scope = new HeldScope(scopeParts(chunk, chunk.scopeOf(row)), this.#resourceOf(chunk, chunk.resourceOf(row)));
      this.#scopes.set(scopeNumber, scope);
    }
    metric = new HeldMetric(metricParts(chunk, index), scope);
    this.#metrics.set(metricNumber, metric);
    return metric;
  }

  #resourceOf(chunk: PointChunk, index: number): HeldResource {
    this.#key.length = 0;
    writeAttributesTo(this.#key, chunk.arena, chunk.resourceAttributes.table, index);
    const key = Buffer.from(this.#key.bytes.buffer, 0, this.#key.length).toString('latin1');
    let resource = this.#resourcesByKey.get(key);
    if (resource === undefined) {
      resource = new HeldResource(resourceParts(chunk, index));
      this.#resourcesByKey.set(key, resource);
    }
    return resource;
  }
}
