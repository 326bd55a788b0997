import { EvaluationError, fail, MetricPoints, type Place } from '#ottl';
import {
  type AnyValue,
  Batch,
  type MetricView,
  type PointChunk,
  type PointView,
  TEMPORALITY_CUMULATIVE,
  TEMPORALITY_DELTA,
} from '#pdata';
import { decodeMetrics, encodeOtlp, type MetricGroup, MetricsBuilder } from '#wire';

/** A copy of a copy of a copy, and a statement that makes one of each metric, end here. */
const ADDED_LIMIT = 10_000;

/** Metrics that statements make beside those that are there, and points that they merge into others. */
export class MetricEdits {
  readonly #made: PointChunk[] = [];
  #builder: MetricsBuilder | undefined;
  #addedCount = 0;
  readonly #removed = new Map<PointChunk, Set<number>>();
  readonly #points = new MetricPoints();

  /** Before a batch. */
  begin(): void {
    this.#addedCount = 0;
    this.take();
  }

  /** What was made since the last call. */
  take(): PointChunk[] {
    const made = this.#made.splice(0);
    if (this.#builder !== undefined) made.push(this.#builder.chunk());
    this.#builder = undefined;
    return made.filter((chunk) => chunk.count > 0);
  }

  /** The rows of a chunk that are left. */
  left(chunk: PointChunk): PointChunk {
    const removed = this.#removed.get(chunk);
    if (removed === undefined) return chunk;
    this.#removed.delete(chunk);
    const rows: number[] = [];
    for (let i = 0; i < chunk.count; i++) if (!removed.has(chunk.rowAt(i))) rows.push(chunk.rowAt(i));
    return chunk.select(Uint32Array.from(rows));
  }

  remove(at: Place, row: number): void {
    const chunk = at.chunk as PointChunk;
    let removed = this.#removed.get(chunk);
    if (removed === undefined) {
      removed = new Set();
      this.#removed.set(chunk, removed);
    }
    removed.add(row);
  }

  /** The points of the metric that the place stands on, one after the other in one view; without those that were merged into others. */
  *points(at: Place): Generator<PointView> {
    const removed = this.#removed.get(at.chunk as PointChunk);
    for (const point of this.#points.of(at)) if (removed?.has(point.row) !== true) yield point;
  }

  /** Where a new metric goes: beside the one that the place stands on. */
  group(at: Place): MetricGroup {
    this.#count();
    this.#builder ??= new MetricsBuilder();
    const resource = at.resource();
    const scope = at.scope();
    return this.#builder.group({
      resource: [...resource.attributes.entries()],
      resourceDroppedAttributesCount: resource.droppedAttributesCount,
      resourceSchemaUrl: resource.schemaUrl,
      scope: {
        name: scope.name,
        version: scope.version,
        attributes: [...scope.attributes.entries()],
        droppedAttributesCount: scope.droppedAttributesCount,
      },
      scopeSchemaUrl: scope.schemaUrl,
    });
  }

  /** A metric with all that it has, as a new one to change. */
  copy(at: Place): MetricView {
    this.#count();
    const rows = Array.from(this.points(at), ({ row }) => row);
    const chunk = (at.chunk as PointChunk).select(Uint32Array.from(rows));
    const copy = decodeMetrics(encodeOtlp(new Batch('metrics', [chunk])).slice()).chunk;
    this.#made.push(copy);
    return copy.metricView();
  }

  #count(): void {
    if (++this.#addedCount <= ADDED_LIMIT) return;
    fail(`made ${ADDED_LIMIT} metrics of one batch: add a condition that does not hold for what is made`);
  }
}

export function temporalityOf(name: string): number {
  if (name === 'delta') return TEMPORALITY_DELTA;
  if (name === 'cumulative') return TEMPORALITY_CUMULATIVE;
  throw new EvaluationError(`unknown aggregation temporality: ${name}, it is delta or cumulative`);
}

export function attributesOf(point: PointView): readonly (readonly [string, AnyValue])[] {
  return [...point.attributes.entries()];
}
