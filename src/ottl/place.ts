import {
  type BatchContext,
  type Chunk,
  type EventView,
  type ExemplarView,
  LogChunk,
  type LogView,
  type MetricView,
  PointChunk,
  type PointView,
  ResourceView,
  ScopeView,
  SpanChunk,
  type SpanView,
} from '#pdata';
import type { Value, ValueMap } from './values.ts';

/**
 * Where a statement works: one item of a chunk. One object serves a whole run and is moved from item to item, so that what is compiled
 * from a statement reads and writes columns through it without making anything for an item.
 */
export class Place {
  chunk!: Chunk;
  /** -1 where the context is a resource, scope or metric. */
  row = -1;
  resourceIndex = 0;
  scopeIndex = 0;
  metricIndex = -1;
  /** Of a span's events, or of a point's exemplars. */
  item = 0;
  span!: SpanView;
  log!: LogView;
  point!: PointView;
  sender: BatchContext = NO_SENDER;
  /** Of the item, made when it is first asked for. */
  cacheMap: ValueMap | undefined = undefined;
  /** One for all items of a chunk, where that is asked for. */
  sharedCache: ValueMap | undefined = undefined;
  /** What the parameters of lambdas are bound to. */
  readonly locals: Value[] = [];
  #resource!: ResourceView;
  #scope!: ScopeView;
  #metric!: MetricView;

  /** Enters a chunk, and stands on no item yet. */
  enter(chunk: Chunk, sender: BatchContext = NO_SENDER): void {
    this.sender = sender;
    this.row = -1;
    this.metricIndex = -1;
    if (chunk === this.chunk) return;
    this.chunk = chunk;
    this.#resource = new ResourceView(chunk);
    this.#scope = new ScopeView(chunk);
    if (chunk instanceof SpanChunk) this.span = chunk.view();
    else if (chunk instanceof LogChunk) this.log = chunk.view();
    else if (chunk instanceof PointChunk) {
      this.point = chunk.view();
      this.#metric = chunk.metricView();
    }
  }

  /** Forgets the chunk, which others may want collected. */
  leave(): void {
    this.chunk = undefined as unknown as Chunk;
    this.cacheMap = undefined;
  }

  atResource(index: number): void {
    this.cacheMap = undefined;
    this.resourceIndex = index;
  }

  atScope(index: number): void {
    this.cacheMap = undefined;
    this.scopeIndex = index;
    this.resourceIndex = this.chunk.layout.scopeResource[index]!;
  }

  atMetric(index: number): void {
    this.atScope((this.chunk as PointChunk).metrics.scope[index]!);
    this.metricIndex = index;
  }

  atSpan(row: number): void {
    this.cacheMap = undefined;
    this.row = row;
    this.span.row = row;
  }

  atLog(row: number): void {
    this.cacheMap = undefined;
    this.row = row;
    this.log.row = row;
  }

  atPoint(row: number): void {
    this.cacheMap = undefined;
    this.row = row;
    this.point.row = row;
  }

  /** An event of the span, or an exemplar of the point, that the place stands on. */
  atItem(item: number): void {
    this.cacheMap = undefined;
    this.item = item;
  }

  resource(): ResourceView {
    this.#resource.index = this.row >= 0 ? this.chunk.resourceOf(this.row) : this.resourceIndex;
    return this.#resource;
  }

  scope(): ScopeView {
    this.#scope.index = this.row >= 0 ? this.chunk.scopeOf(this.row) : this.scopeIndex;
    return this.#scope;
  }

  metric(): MetricView {
    this.#metric.index = this.metricNumber();
    return this.#metric;
  }

  /** The index of the metric in its chunk. */
  metricNumber(): number {
    return this.row >= 0 ? (this.chunk as PointChunk).columns.metric[this.row]! : this.metricIndex;
  }

  event(): EventView {
    return this.span.events.at(this.item);
  }

  exemplar(): ExemplarView {
    return this.point.exemplars.at(this.item);
  }

  cache(): ValueMap {
    if (this.sharedCache !== undefined) return this.sharedCache;
    this.cacheMap ??= new Map();
    return this.cacheMap;
  }
}

const NO_SENDER: BatchContext = {};
