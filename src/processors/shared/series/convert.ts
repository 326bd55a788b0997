import type { Reason } from '#base';
import type { Consumer } from '#component';
import { assertSignal, type Batch, type PointChunk, type PointView } from '#pdata';
import type { SeriesTable } from './series-table.ts';
import { type Replaceable, Undo } from './undo.ts';

/** How points of one temporality become such of another, each by what came before it. */
export interface Conversion<P> {
  /** TEMPORALITY_* of what is made. */
  readonly temporality: number;
  isWanted(chunk: PointChunk, metric: number): boolean;
  /** What a point that is remembered takes beside a number. */
  bytesOf(point: P): number;
  /** Changes the point that the view stands on, of METRIC_* `type`, and keeps in `undo` what it says. Returns why it is left out, if it is. */
  convert(view: PointView, type: number, undo: Undo<P>): Reason | undefined;
}

/** What became of points, by type and reason. */
export class Tally {
  readonly converted: Map<number, number> = new Map();
  readonly left: Map<Reason, Map<number, number>> = new Map();

  add(type: number, reason: Reason | undefined): void {
    let counts = this.converted;
    if (reason !== undefined) {
      counts = this.left.get(reason) ?? new Map<number, number>();
      this.left.set(reason, counts);
    }
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
}

/** Converts a batch and hands it on. Where it is refused nothing of it was seen, so that it may come again. */
export async function convertBatch<P>(
  batch: Batch,
  series: SeriesTable<Replaceable<P>>,
  conversion: Conversion<P>,
  next: Consumer,
  abort: AbortSignal | undefined,
): Promise<Tally> {
  const undo = new Undo<P>(series, (point) => conversion.bytesOf(point));
  const tally = new Tally();
  const chunks = batch.chunks.map((chunk) => {
    assertSignal(chunk, 'metrics');
    return convertChunk(chunk as PointChunk, series, conversion, undo, tally);
  });
  const result = batch.with(chunks);
  try {
    if (result.itemCount > 0) await next.consume(result, abort);
  } catch (error) {
    undo.takeBack();
    throw error;
  }
  return tally;
}

/** The rows that are left. */
function convertChunk<P>(
  chunk: PointChunk,
  series: SeriesTable<Replaceable<P>>,
  conversion: Conversion<P>,
  undo: Undo<P>,
  tally: Tally,
): PointChunk {
  const wanted = new Array<boolean | undefined>(chunk.metricCount);
  const view = chunk.view();
  const rows = new Uint32Array(chunk.count);
  let kept = 0;
  series.enter(chunk);
  for (let index = 0; index < chunk.count; index++) {
    const row = chunk.rowAt(index);
    const metric = chunk.columns.metric[row]!;
    wanted[metric] ??= conversion.isWanted(chunk, metric);
    if (wanted[metric]) {
      view.row = row;
      const type = chunk.metrics.type[metric]!;
      const reason = conversion.convert(view, type, undo);
      tally.add(type, reason);
      if (reason !== undefined) continue;
    }
    rows[kept++] = row;
  }
  series.leave();
  const metrics = chunk.metricView();
  for (let metric = 0; metric < wanted.length; metric++) {
    if (wanted[metric] !== true) continue;
    metrics.index = metric;
    metrics.temporality = conversion.temporality;
  }
  return kept === chunk.count ? chunk : chunk.select(rows.slice(0, kept));
}
