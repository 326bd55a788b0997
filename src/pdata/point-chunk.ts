import { type MetricColumns, type PointColumns, PointRows } from './point-rows.ts';
import { MetricView, PointView } from './point-view.ts';
import type { ChunkLayout } from './writable-columns.ts';

/** Data points with the metrics that they belong to. Bucket and quantile lists are read from the row's bytes (readBucketCounts …). */
export class PointChunk extends PointRows {
  constructor(
    layout: ChunkLayout,
    metrics: MetricColumns,
    columns: PointColumns,
    rows: Uint32Array | undefined = undefined,
  ) {
    super(layout, metrics, columns, rows);
  }

  protected override withRows(rows: Uint32Array | undefined): PointChunk {
    return new PointChunk(this.layout, this.shareMetrics(), this.columns, rows);
  }

  override select(rows: Uint32Array): PointChunk {
    return super.select(rows) as PointChunk;
  }

  override clone(): PointChunk {
    return super.clone() as PointChunk;
  }

  /** A cursor for code that goes point by point: set `row`, then ask or change. */
  view(): PointView {
    return new PointView(this);
  }

  /** A cursor over the metrics: set `index`. */
  metricView(): MetricView {
    return new MetricView(this);
  }
}
