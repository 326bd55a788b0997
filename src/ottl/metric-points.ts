import type { PointChunk, PointView } from '#pdata';
import type { Place } from './place.ts';

/** The points of metrics, for functions that run on a metric. */
export class MetricPoints {
  /** The selected rows of each metric of a chunk. */
  readonly #rows = new WeakMap<PointChunk, ReadonlyMap<number, readonly number[]>>();

  /** The points of the metric that the place stands on, one after the other in one view. */
  *of(at: Place): Generator<PointView> {
    const { row } = at.point;
    try {
      for (const each of this.#rowsOf(at)) {
        at.point.row = each;
        yield at.point;
      }
    } finally {
      at.point.row = row;
    }
  }

  #rowsOf(at: Place): readonly number[] {
    const chunk = at.chunk as PointChunk;
    let rows = this.#rows.get(chunk);
    if (rows === undefined) {
      rows = rowsByMetric(chunk);
      this.#rows.set(chunk, rows);
    }
    return rows.get(at.metricNumber()) ?? [];
  }
}

function rowsByMetric(chunk: PointChunk): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>();
  for (let i = 0; i < chunk.count; i++) {
    const row = chunk.rowAt(i);
    const metric = chunk.columns.metric[row]!;
    const rows = found.get(metric);
    if (rows === undefined) found.set(metric, [row]);
    else rows.push(row);
  }
  return found;
}
