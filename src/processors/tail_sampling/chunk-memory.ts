import type { SpanChunk } from '#pdata';

/** Columns of a span (src/wire decodes into 13 of them, and its place in the body and its scope). */
const BYTES_PER_ROW = 58;
/** A scope or a resource: where it lies, and what belongs to it. */
const BYTES_PER_HEAD = 28;
/** The objects around the typed arrays, measured for bodies of one span. */
const BYTES_PER_CHUNK = 5000;

/** About what a chunk without attribute tables takes in memory. */
export function chunkBytes(chunk: SpanChunk): number {
  return (
    chunk.layout.body.byteLength +
    chunk.rowCount * BYTES_PER_ROW +
    (chunk.scopeCount + chunk.resourceCount) * BYTES_PER_HEAD +
    (chunk.rows?.byteLength ?? 0) +
    BYTES_PER_CHUNK
  );
}
