import type { SpanChunk } from '#pdata';

/** Bytes of the typed arrays of a chunk but for its body. Arrays that share a buffer count once. */
export function columnBytes(chunk: SpanChunk): number {
  const { layout, columns } = chunk;
  const buffers = new Set<ArrayBufferLike>();
  for (const part of [layout, columns, layout.scopeHead, layout.resourceHead]) {
    for (const value of Object.values(part)) if (ArrayBuffer.isView(value)) buffers.add(value.buffer);
  }
  buffers.delete(layout.body.buffer);
  let bytes = chunk.rows?.byteLength ?? 0;
  for (const buffer of buffers) bytes += buffer.byteLength;
  return bytes;
}
