/**
 * Node's own functions on bytes, called on any Uint8Array. A Buffer over the same memory, or a view of the part, would be made for each
 * call otherwise, and costs more than the work itself: 24 bytes to a text take 70 ns instead of 130, a copy 26 ns instead of 45.
 */
interface NativeBytes {
  latin1Slice(this: Uint8Array, from: number, to: number): string;
  utf8Slice(this: Uint8Array, from: number, to: number): string;
  utf8Write(this: Uint8Array, text: string, at: number, limit: number): number;
  copy(this: Uint8Array, target: Uint8Array, at: number, from: number, to: number): number;
}

const { latin1Slice, utf8Slice, utf8Write, copy } = Buffer.prototype as unknown as NativeBytes;

/** bytes[from, to) as text, a character for each byte. */
export function latin1Text(bytes: Uint8Array, from: number, to: number): string {
  return latin1Slice.call(bytes, from, to);
}

/** The UTF-8 text in bytes[from, to); invalid sequences become U+FFFD. */
export function utf8Text(bytes: Uint8Array, from: number, to: number): string {
  return utf8Slice.call(bytes, from, to);
}

/** Writes a text as UTF-8 to `at`, where there must be room for it. Returns how many bytes it took. */
export function writeUtf8(bytes: Uint8Array, text: string, at: number): number {
  return utf8Write.call(bytes, text, at, bytes.length - at);
}

/** Memory of its own that is not filled with zeros first: write all of it before anybody reads it. */
export function unfilledBytes(length: number): Uint8Array {
  const { buffer, byteOffset } = Buffer.allocUnsafeSlow(length);
  return new Uint8Array(buffer, byteOffset, length);
}

/** Up to here a loop is the fastest copy. */
const LOOP_LIMIT = 20;

/** Copies source[from, to) to target[at …). */
export function copyBytes(source: Uint8Array, from: number, to: number, target: Uint8Array, at: number): void {
  const count = to - from;
  if (count > LOOP_LIMIT) copy.call(source, target, at, from, to);
  else for (let i = 0; i < count; i++) target[at + i] = source[from + i]!;
}
