import type { Batch, Chunk } from '#pdata';

export type SizeUnit = 'requests' | 'items' | 'bytes';

export function sizeOf(batch: Batch, unit: SizeUnit): number {
  if (unit === 'requests') return 1;
  return unit === 'items' ? batch.itemCount : batch.byteLength;
}

/**
 * Cuts `limit` items or bytes off the front of a batch, by selection, so nothing is copied. Takes at least one item, even where it is
 * larger than the limit. `rest` is undefined when everything fits.
 */
export function splitBatch(
  batch: Batch,
  limit: number,
  unit: 'items' | 'bytes',
): { readonly head: Batch; readonly rest: Batch | undefined } {
  const head: Chunk[] = [];
  let left = limit;
  for (let i = 0; i < batch.chunks.length; i++) {
    const chunk = batch.chunks[i]!;
    const size = unit === 'items' ? chunk.count : chunk.byteLength;
    if (size <= left) {
      head.push(chunk);
      left -= size;
      continue;
    }
    const taken = Math.max(unit === 'items' ? left : rowsWithin(chunk, left), head.length === 0 ? 1 : 0);
    const rest = batch.chunks.slice(i);
    if (taken >= chunk.count) {
      head.push(chunk);
      rest.shift();
    } else if (taken > 0) {
      head.push(selectRange(chunk, 0, taken));
      rest[0] = selectRange(chunk, taken, chunk.count);
    }
    if (rest.length === 0) break;
    return { head: batch.with(head), rest: batch.with(rest) };
  }
  return { head: batch, rest: undefined };
}

/** How many rows from the front fit into `limit` bytes; each row counts its bytes and 4 for its framing. */
function rowsWithin(chunk: Chunk, limit: number): number {
  const { rowStart, rowEnd } = chunk.layout;
  let bytes = 0;
  for (let i = 0; i < chunk.count; i++) {
    const row = chunk.rowAt(i);
    bytes += rowEnd[row]! - rowStart[row]! + 4;
    if (bytes > limit) return i;
  }
  return chunk.count;
}

function selectRange(chunk: Chunk, from: number, to: number): Chunk {
  const rows = new Uint32Array(to - from);
  for (let i = from; i < to; i++) rows[i - from] = chunk.rowAt(i);
  return chunk.select(rows);
}
