import { assert } from '#base';
import type { AnyValue } from './any-value.ts';
import { ArenaWriter } from './arena-writer.ts';
import { AttributeTable } from './attribute-table.ts';
import type { AttributeCursor } from './attributes.ts';
import {
  type ExponentialBuckets,
  type ExponentialSide,
  type HistogramBuckets,
  readExponentialBuckets,
  readHistogramBuckets,
  readSummaryQuantiles,
  type SummaryQuantiles,
} from './details.ts';
import { HistogramReader } from './histogram-reader.ts';
import { ItemList } from './item-list.ts';
import {
  EXEMPLAR,
  EXPONENTIAL_POINT,
  exemplarsFieldOf,
  HISTOGRAM_POINT,
  haveSamePoints,
  METRIC,
  METRIC_DATA,
  METRIC_GAUGE,
  METRIC_SUM,
  METRIC_SUMMARY,
  POINT_BIT,
  POINT_VALUE_DOUBLE,
  POINT_VALUE_INT,
  POINT_VALUE_NONE,
  SUMMARY_POINT,
} from './point-fields.ts';
import type { PointRows } from './point-rows.ts';
import { readDouble } from './protobuf.ts';
import { anyValueAt, readAttributes } from './read-values.ts';
import { numberField, ResourceView, ScopeView, textField } from './resource-view.ts';
import { textAt } from './text.ts';

const scratch = new ArenaWriter(256);
const histogramReader = new HistogramReader();

/** One metric at a time: `view.index` moves it. A change holds for all points of the metric. */
export class MetricView {
  readonly #chunk: PointRows;
  index = 0;

  constructor(chunk: PointRows) {
    this.#chunk = chunk;
  }

  get name(): string {
    return this.#chunk.metricName(this.index);
  }
  set name(name: string) {
    this.#chunk.setMetricText(this.index, 'name', name, textField(METRIC.name, name));
  }

  get description(): string {
    return this.#chunk.metricDescription(this.index);
  }
  set description(description: string) {
    const encoded = textField(METRIC.description, description);
    this.#chunk.setMetricText(this.index, 'description', description, encoded);
  }

  get unit(): string {
    return this.#chunk.metricUnit(this.index);
  }
  set unit(unit: string) {
    this.#chunk.setMetricText(this.index, 'unit', unit, textField(METRIC.unit, unit));
  }

  /** METRIC_*. A gauge can become a sum and a sum a gauge; other points differ, and are built anew. */
  get type(): number {
    return this.#chunk.metrics.type[this.index]!;
  }
  set type(type: number) {
    assert(haveSamePoints(this.type, type), `points of type ${this.type} can't be of type ${type}`);
    if (type === this.type) return;
    this.#chunk.ownMetric('type')[this.index] = type;
    if (type === METRIC_GAUGE) {
      this.#chunk.ownMetric('temporality')[this.index] = 0;
      this.#chunk.ownMetric('monotonic')[this.index] = 0;
      const mask = (1 << METRIC_DATA.temporality) | (1 << METRIC_DATA.monotonic);
      this.#chunk.rewriteMetric('dataHead', this.index, mask, new Uint8Array(0));
    }
    this.#chunk.markRewritten();
  }

  /** TEMPORALITY_*; for sums and histograms. */
  get temporality(): number {
    return this.#chunk.metrics.temporality[this.index]!;
  }
  set temporality(temporality: number) {
    this.#chunk.ownMetric('temporality')[this.index] = temporality;
    const field = METRIC_DATA.temporality;
    this.#chunk.rewriteMetric('dataHead', this.index, 1 << field, numberField(field, temporality));
  }

  /** For sums. */
  get isMonotonic(): boolean {
    return this.#chunk.metrics.monotonic[this.index] === 1;
  }
  set isMonotonic(isMonotonic: boolean) {
    assert(this.type === METRIC_SUM, 'only a sum can be monotonic');
    this.#chunk.ownMetric('monotonic')[this.index] = isMonotonic ? 1 : 0;
    const field = METRIC_DATA.monotonic;
    this.#chunk.rewriteMetric('dataHead', this.index, 1 << field, numberField(field, isMonotonic ? 1 : 0));
  }

  /** Set as a whole. */
  get metadata(): { readonly [key: string]: AnyValue } {
    const found = Object.create(null) as { [key: string]: AnyValue };
    this.eachMetadata((key, type, at, length) => {
      found[key] = anyValueAt(this.#chunk.arena, type, at, length);
    });
    return found;
  }
  set metadata(metadata: { readonly [key: string]: AnyValue }) {
    scratch.reset();
    for (const [key, value] of Object.entries(metadata)) scratch.attribute(METRIC.metadata, key, value);
    this.#chunk.rewriteMetric('head', this.index, 1 << METRIC.metadata, scratch.view());
  }

  /** Calls `visit` for each entry, with the type and the place of its value. */
  eachMetadata(visit: (key: string, type: number, at: number, length: number) => void): void {
    const { metrics, arena } = this.#chunk;
    const { from, to, start, end } = metrics.head;
    const table = new AttributeTable(1, 8);
    for (let range = from[this.index]!; range < to[this.index]!; range++) {
      readAttributes(table, arena, 0, start[range]!, end[range]!, METRIC.metadata, -1);
      for (let row = table.from[0]!; row < table.to[0]!; row++) {
        const key = textAt(arena, table.keyAt[row]!, table.keyLength[row]!);
        visit(key, table.type[row]!, table.at[row]!, table.length[row]!);
      }
    }
  }

  /** Sets all metadata, from values whose bytes are there already. */
  setMetadata(entries: readonly (readonly [string, { readonly type: number; readonly bytes: Uint8Array }])[]): void {
    scratch.reset();
    for (const [key, { type, bytes }] of entries) {
      const mark = scratch.begin(METRIC.metadata);
      scratch.textField(1, key);
      scratch.placedValue(2, bytes, type, 0, bytes.length);
      scratch.end(mark);
    }
    this.#chunk.rewriteMetric('head', this.index, 1 << METRIC.metadata, scratch.view());
  }
}

/** One data point at a time; see SpanView. Which fields it has depends on its metric's type. */
export class PointView {
  readonly #chunk: PointRows;
  readonly #metric: MetricView;
  readonly #resource: ResourceView;
  readonly #scope: ScopeView;
  #exemplars: ExemplarList | undefined = undefined;
  row = 0;

  constructor(chunk: PointRows) {
    this.#chunk = chunk;
    this.#metric = new MetricView(chunk);
    this.#resource = new ResourceView(chunk);
    this.#scope = new ScopeView(chunk);
  }

  get metric(): MetricView {
    this.#metric.index = this.#chunk.columns.metric[this.row]!;
    return this.#metric;
  }

  /** 0 where unknown. */
  get startNs(): bigint {
    return this.#chunk.columns.startNs[this.row]!;
  }
  set startNs(timeNs: bigint) {
    this.#chunk.setInt64(this.row, POINT_BIT.start, 'startNs', timeNs);
  }

  get timeNs(): bigint {
    return this.#chunk.columns.timeNs[this.row]!;
  }
  set timeNs(timeNs: bigint) {
    this.#chunk.setInt64(this.row, POINT_BIT.time, 'timeNs', timeNs);
  }

  /** FLAG_*. */
  get flags(): number {
    return this.#chunk.columns.flags[this.row]!;
  }
  set flags(flags: number) {
    this.#chunk.setNumber(this.row, POINT_BIT.flags, 'flags', flags);
  }

  /** Of gauges and sums: a bigint where it is an integer, undefined where there is none. */
  get value(): number | bigint | undefined {
    const { valueType, valueDouble, valueInt } = this.#chunk.columns;
    if (valueType[this.row] === POINT_VALUE_NONE) return undefined;
    return valueType[this.row] === POINT_VALUE_INT ? valueInt[this.row]! : valueDouble[this.row]!;
  }
  set value(value: number | bigint | undefined) {
    const chunk = this.#chunk;
    const isInt = typeof value === 'bigint';
    chunk.ownColumn('valueDouble')[this.row] = Number(value ?? 0);
    chunk.ownColumn('valueInt')[this.row] = isInt ? value : 0n;
    const type = value === undefined ? POINT_VALUE_NONE : isInt ? POINT_VALUE_INT : POINT_VALUE_DOUBLE;
    chunk.setNumber(this.row, POINT_BIT.value, 'valueType', type);
  }

  /** Of histograms and summaries. */
  get count(): bigint {
    return this.#chunk.columns.pointCount[this.row]!;
  }
  set count(count: bigint) {
    this.#chunk.setInt64(this.row, POINT_BIT.count, 'pointCount', count);
  }

  /** NaN where the point has none; likewise min and max. */
  get sum(): number {
    return this.#chunk.columns.sum[this.row]!;
  }
  set sum(sum: number) {
    const chunk = this.#chunk;
    if (this.metric.type !== METRIC_SUMMARY) {
      chunk.setNumber(this.row, POINT_BIT.sum, 'sum', sum);
      return;
    }
    // Not optional there: in the column NaN is a value or none, and only the message tells which.
    scratch.reset();
    scratch.doubleField(SUMMARY_POINT.sum, sum);
    chunk.ownColumn('sum')[this.row] = sum;
    chunk.rewriteRow(this.row, 1 << SUMMARY_POINT.sum, scratch.view());
  }

  get min(): number {
    return this.#chunk.columns.min[this.row]!;
  }
  set min(min: number) {
    this.#chunk.setNumber(this.row, POINT_BIT.min, 'min', min);
  }

  get max(): number {
    return this.#chunk.columns.max[this.row]!;
  }
  set max(max: number) {
    this.#chunk.setNumber(this.row, POINT_BIT.max, 'max', max);
  }

  /** Of a histogram. */
  get buckets(): HistogramBuckets {
    return readHistogramBuckets(this.#chunk, this.row);
  }
  set buckets({ bounds, counts }: HistogramBuckets) {
    scratch.reset();
    scratch.fixedListField(HISTOGRAM_POINT.bucketCounts, counts);
    scratch.fixedListField(HISTOGRAM_POINT.explicitBounds, bounds);
    const mask = (1 << HISTOGRAM_POINT.bucketCounts) | (1 << HISTOGRAM_POINT.explicitBounds);
    this.#chunk.rewriteRow(this.row, mask, scratch.view());
  }

  /** Of a histogram, without arrays of their own: in one reader for all points, until it reads the next. */
  readBuckets(): HistogramReader {
    histogramReader.read(this.#chunk, this.row);
    return histogramReader;
  }

  /** Of an exponential histogram. */
  get exponential(): ExponentialBuckets {
    return readExponentialBuckets(this.#chunk, this.row);
  }
  set exponential(buckets: ExponentialBuckets) {
    const { scale, zeroCount, zeroThreshold, positive, negative } = EXPONENTIAL_POINT;
    scratch.reset();
    scratch.sintField(scale, buckets.scale);
    scratch.fixed64Field(zeroCount, buckets.zeroCount);
    if (buckets.zeroThreshold !== 0) scratch.doubleField(zeroThreshold, buckets.zeroThreshold);
    writeSide(positive, buckets.positive);
    writeSide(negative, buckets.negative);
    const mask = (1 << scale) | (1 << zeroCount) | (1 << zeroThreshold) | (1 << positive) | (1 << negative);
    this.#chunk.rewriteRow(this.row, mask, scratch.view());
  }

  /** Of a summary. */
  get quantiles(): SummaryQuantiles {
    return readSummaryQuantiles(this.#chunk, this.row);
  }
  set quantiles({ quantiles, values }: SummaryQuantiles) {
    scratch.reset();
    for (let i = 0; i < quantiles.length; i++) {
      const mark = scratch.begin(SUMMARY_POINT.quantiles);
      scratch.doubleField(1, quantiles[i]!);
      scratch.doubleField(2, values[i]!);
      scratch.end(mark);
    }
    this.#chunk.rewriteRow(this.row, 1 << SUMMARY_POINT.quantiles, scratch.view());
  }

  get exemplars(): ExemplarList {
    this.#exemplars ??= new ExemplarList(this.#chunk);
    return this.#exemplars.of(this.row, exemplarsFieldOf(this.metric.type));
  }

  get attributes(): AttributeCursor {
    return this.#chunk.rowAttributes.of(this.row);
  }

  get resource(): ResourceView {
    this.#resource.index = this.#chunk.resourceOf(this.row);
    return this.#resource;
  }

  get scope(): ScopeView {
    this.#scope.index = this.#chunk.scopeOf(this.row);
    return this.#scope;
  }
}

function writeSide(field: number, side: ExponentialSide): void {
  if (side.offset === 0 && side.counts.length === 0) return;
  const mark = scratch.begin(field);
  scratch.sintField(1, side.offset);
  scratch.varintListField(2, side.counts);
  scratch.end(mark);
}

/** The exemplars of a point; see EventList. */
export class ExemplarList {
  readonly #items: ItemList;
  readonly #view: ExemplarView;

  constructor(chunk: PointRows) {
    this.#items = new ItemList(chunk, EXEMPLAR.attributes);
    this.#view = new ExemplarView(this.#items);
  }

  of(row: number, field: number): this {
    this.#items.of(row, field);
    return this;
  }

  get count(): number {
    return this.#items.count;
  }

  at(index: number): ExemplarView {
    this.#view.index = index;
    return this.#view;
  }

  /** Adds an exemplar without a value, and moves the view to it. */
  add(): ExemplarView {
    return this.at(this.#items.add());
  }

  remove(index: number): void {
    this.#items.remove(index);
  }
}

export class ExemplarView {
  readonly #items: ItemList;
  index = 0;

  constructor(items: ItemList) {
    this.#items = items;
  }

  get timeNs(): bigint {
    return this.#items.fixed64(this.index, EXEMPLAR.time);
  }
  set timeNs(timeNs: bigint) {
    this.#items.setFields(this.index, 1 << EXEMPLAR.time, (out) => out.fixed64Field(EXEMPLAR.time, timeNs));
  }

  /** A bigint where it is an integer, undefined where there is none. */
  get value(): number | bigint | undefined {
    const double = this.#items.find(this.index, EXEMPLAR.asDouble);
    if (double !== undefined) return readDouble(this.#items.arena, double.at);
    if (this.#items.find(this.index, EXEMPLAR.asInt) === undefined) return undefined;
    return BigInt.asIntN(64, this.#items.fixed64(this.index, EXEMPLAR.asInt));
  }
  set value(value: number | bigint | undefined) {
    this.#items.setFields(this.index, (1 << EXEMPLAR.asDouble) | (1 << EXEMPLAR.asInt), (out) => {
      if (typeof value === 'number') out.doubleField(EXEMPLAR.asDouble, value);
      else if (value !== undefined) {
        out.tag(EXEMPLAR.asInt, 1);
        out.fixed64(value);
      }
    });
  }

  /** '' where it has none. */
  get traceId(): string {
    return this.#items.id(this.index, EXEMPLAR.traceId, 16);
  }
  set traceId(hex: string) {
    this.#items.setId(this.index, EXEMPLAR.traceId, 16, hex);
  }

  get spanId(): string {
    return this.#items.id(this.index, EXEMPLAR.spanId, 8);
  }
  set spanId(hex: string) {
    this.#items.setId(this.index, EXEMPLAR.spanId, 8, hex);
  }

  /** The attributes that the metric's view filtered out. */
  get attributes(): AttributeCursor {
    return this.#items.attributes.of(this.index);
  }
}
