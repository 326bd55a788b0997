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

const HEX = '[0-9a-fA-F]';
/** Surrogates are no characters, and U+10FFFF is the last one. */
const CODE_POINT = `u(?![dD][89a-fA-F])${HEX}{4}|U(?:0000(?![dD][89a-fA-F])${HEX}{4}|000[1-9a-fA-F]${HEX}{4}|0010${HEX}{4})`;
const ESCAPED = new RegExp(String.raw`^[^\\]*(?:\\(?:[abfnrtv\\"]|[0-3][0-7]{2}|x${HEX}{2}|${CODE_POINT})[^\\]*)*$`);

/** Whether each backslash of a literal in double quotes begins an escape that Go knows. */
export function hasGoEscapes(literal: string): boolean {
  return ESCAPED.test(literal);
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
