import { unfilledBytes } from '#pdata';

const WASTE_LIMIT_BYTES = 4096;

/**
 * The same bytes in memory of their own. Bodies live on as arenas, so a small slice must not keep one of Node's shared pools alive:
 * it is copied where its buffer holds far more than the slice. The result is a plain Uint8Array, never a Buffer: decoders are faster when all
 * bodies have one class.
 */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset, length } = bytes;
  if (buffer.byteLength <= length * 1.25 + WASTE_LIMIT_BYTES) {
    return bytes.constructor === Uint8Array ? bytes : new Uint8Array(buffer, byteOffset, length);
  }
  const copy = new Uint8Array(length);
  copy.set(bytes);
  return copy;
}

/** Joins the parts into one buffer of its own. A single part is returned as it is where that wastes nothing. */
export function joinBytes(parts: readonly Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1) return ownBytes(parts[0]!);
  const joined = unfilledBytes(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
