import { RAW_BYTES } from '#base';

/** Texts as the bytes that Go sees: lone surrogates from U+DC80 to U+DCFF are single bytes that make no UTF-8. */

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
// biome-ignore lint/suspicious/noControlCharactersInRegex: this is what ASCII is.
const ASCII_ONLY = /^[\u0000-\u007f]*$/;

export function utf8Bytes(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text);
  const bytes: number[] = [];
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (code >= RAW_BYTES + 0x80 && code <= RAW_BYTES + 0xff) bytes.push(code - RAW_BYTES);
    else bytes.push(...encoder.encode(char));
  }
  return Uint8Array.from(bytes);
}

export function utf8Length(text: string): number {
  return ASCII_ONLY.test(text) ? text.length : utf8Bytes(text).length;
}

/** A part of a text by its bytes. */
export function utf8Slice(text: string, from: number, to: number): string {
  return ASCII_ONLY.test(text) ? text.slice(from, to) : textOf(utf8Bytes(text).subarray(from, to));
}

/** The text of bytes; those that make no UTF-8 stay as they are, each a lone surrogate. */
export function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    let text = '';
    for (let at = 0; at < bytes.length; ) {
      const length = [1, 2, 3, 4].find((count) => at + count <= bytes.length && isUtf8(bytes.subarray(at, at + count)));
      text +=
        length === undefined ? String.fromCharCode(RAW_BYTES + bytes[at]!) : textOf(bytes.subarray(at, at + length));
      at += length ?? 1;
    }
    return text;
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
