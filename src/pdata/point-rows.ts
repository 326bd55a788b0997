import type { AttributeCursor } from './attributes.ts';
import { Chunk } from './chunk.ts';
import { type HeadRanges, ownHeads } from './heads.ts';
import { attributesFieldOf, METRIC } from './point-fields.ts';
import { textAt } from './text.ts';
import { type ChunkLayout, ownArray } from './writable-columns.ts';

/** One entry per metric of the body, in order. */
export interface MetricColumns {
  readonly scope: Uint32Array;
  readonly nameAt: Uint32Array;
  readonly nameLength: Uint32Array;
  readonly descriptionAt: Uint32Array;
  readonly descriptionLength: Uint32Array;
  readonly unitAt: Uint32Array;
  readonly unitLength: Uint32Array;
  /** METRIC_*. */
  readonly type: Uint8Array;
  /** TEMPORALITY_*; for sums and histograms. */
  readonly temporality: Uint8Array;
  /** 1 for a monotonic sum. */
  readonly monotonic: Uint8Array;
  /** All fields of the Metric message but `data`; and of the data message but `data_points`. With tags, written back verbatim. */
  readonly head: HeadRanges;
  readonly dataHead: HeadRanges;
}

/** One entry per row. Which columns count depends on the metric's type. */
export interface PointColumns {
  readonly metric: Uint32Array;
  /** Nanoseconds since the epoch; start is 0 where unknown. */
  readonly startNs: BigUint64Array;
  readonly timeNs: BigUint64Array;
  readonly flags: Uint32Array;
  /** Gauge and sum: POINT_VALUE_*; `valueDouble` holds the value either way (ints beyond 2^53 rounded), `valueInt` the exact int. */
  readonly valueType: Uint8Array;
  readonly valueDouble: Float64Array;
  readonly valueInt: BigInt64Array;
  /** Histograms and summary. */
  readonly pointCount: BigUint64Array;
  /** NaN where the point has no sum (or min, or max). */
  readonly sum: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
}

/** What views of points need of a chunk, so that they need not know the class that makes them. */
export abstract class PointRows extends Chunk<PointColumns> {
  readonly signal = 'metrics';
  /** Replaced at a change, like `columns`. */
  metrics: MetricColumns;
  #sharedMetrics: MetricColumns;

  protected constructor(
    layout: ChunkLayout,
    metrics: MetricColumns,
    columns: PointColumns,
    rows: Uint32Array | undefined,
  ) {
    super(layout, columns, rows);
    this.metrics = metrics;
    this.#sharedMetrics = metrics;
  }

  override attributesField(row: number): number {
    return attributesFieldOf(this.metrics.type[this.columns.metric[row]!]!);
  }

  /** From now on another chunk has the same metrics: they are copied before the next change. */
  protected shareMetrics(): MetricColumns {
    this.#sharedMetrics = this.metrics;
    return this.metrics;
  }

  get metricCount(): number {
    return this.metrics.scope.length;
  }

  metricName(metric: number): string {
    return textAt(this.arena, this.metrics.nameAt[metric]!, this.metrics.nameLength[metric]!);
  }
  metricDescription(metric: number): string {
    return textAt(this.arena, this.metrics.descriptionAt[metric]!, this.metrics.descriptionLength[metric]!);
  }
  metricUnit(metric: number): string {
    return textAt(this.arena, this.metrics.unitAt[metric]!, this.metrics.unitLength[metric]!);
  }

  attributesOf(row: number): AttributeCursor {
    return this.rowAttributes.of(row);
  }

  /** `metrics[name]` for writing. */
  ownMetric<K extends Exclude<keyof MetricColumns, 'head' | 'dataHead'>>(name: K): MetricColumns[K] {
    this.assertWritable();
    if (this.metrics === this.#sharedMetrics) this.metrics = { ...this.metrics };
    return ownArray(this.metrics, this.#sharedMetrics, name);
  }

  /** Sets a text of a metric: its columns, and the fields that are written back as they are. */
  setMetricText(metric: number, name: 'name' | 'description' | 'unit', text: string, encoded: Uint8Array): void {
    this.rewriteMetric('head', metric, 1 << METRIC[name], encoded);
    this.ownMetric(`${name}At`)[metric] = this.appendText(text);
    this.ownMetric(`${name}Length`)[metric] = this.lastTextLength;
  }

  /** Replaces fields of a Metric message (`head`), or of the Gauge, Sum and so on in it (`dataHead`). */
  rewriteMetric(name: 'head' | 'dataHead', metric: number, mask: number, encoded: Uint8Array): void {
    this.assertWritable();
    const head = this.metrics[name];
    const own = head === this.#sharedMetrics[name] ? ownHeads(head) : head;
    this.metrics = { ...this.metrics, [name]: this.rewriteHead(own, metric, mask, encoded) };
    this.markRewritten();
  }
}
