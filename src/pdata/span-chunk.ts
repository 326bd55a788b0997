import { type SpanColumns, SpanRows } from './span-rows.ts';
import { SpanView } from './span-view.ts';
import type { ChunkLayout } from './writable-columns.ts';

/** Spans. Fields without a column are read from the row's bytes when asked for (`rowText`, `rowNumber`, findField). */
export class SpanChunk extends SpanRows {
  constructor(layout: ChunkLayout, columns: SpanColumns, rows: Uint32Array | undefined = undefined) {
    super(layout, columns, rows);
  }

  protected override withRows(rows: Uint32Array | undefined): SpanChunk {
    return new SpanChunk(this.layout, this.columns, rows);
  }

  override select(rows: Uint32Array): SpanChunk {
    return super.select(rows) as SpanChunk;
  }

  override clone(): SpanChunk {
    return super.clone() as SpanChunk;
  }

  /** False where no span has a trace state: then nobody need look for one. */
  get mayHaveTraceStates(): boolean {
    return this.isRewritten || this.layout.hasTraceStates !== false;
  }

  /** A cursor for code that goes span by span: set `row`, then ask or change. */
  view(): SpanView {
    return new SpanView(this);
  }
}
