import { GO_ESCAPES, RAW_BYTES } from '#base';

/**
 * The content of a string literal that the lexer has accepted. `\xff` and `\377` give one byte each, as in Go; one that makes no UTF-8
 * becomes a lone surrogate (U+DC80 to U+DCFF), which no text from outside has.
 */
export function unquoted(literal: string): string {
  const inner = literal.slice(1, -1);
  if (literal[0] === '`' || !inner.includes('\\')) return inner;
  const encoder = new TextEncoder();
  const bytes: number[] = [];
  const pieces = /\\(?:([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))|[^\\]+/gsu;
  for (const [piece, octal, hex, short, long, char] of inner.matchAll(pieces)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (short !== undefined || long !== undefined)
      bytes.push(...encoder.encode(String.fromCodePoint(Number.parseInt(short ?? long!, 16))));
    else for (const byte of encoder.encode(char === undefined ? piece : (GO_ESCAPES[char] ?? char))) bytes.push(byte);
  }
  return decodeLoosely(Uint8Array.from(bytes));
}

/** Whether a text is UTF-8, and not bytes that someone wrote by hand. */
export function isUtf8(text: string): boolean {
  return text.isWellFormed();
}

function decodeLoosely(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = [1, 2, 3, 4].find((count) => {
      try {
        decoder.decode(bytes.subarray(at, at + count));
        return at + count <= bytes.length;
      } catch {
        return false;
      }
    });
    text +=
      length === undefined
        ? String.fromCharCode(RAW_BYTES + bytes[at]!)
        : decoder.decode(bytes.subarray(at, at + length));
    at += length ?? 1;
  }
  return text;
}
