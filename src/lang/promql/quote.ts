const SHORT: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};
/** What Go prints as it is: letters, marks, numbers, punctuation, symbols and the blank. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

function escaped(char: string, quote: string): string {
  if (char === quote) return `\\${quote}`;
  const short = SHORT[char];
  if (short !== undefined) return short;
  if (PRINTABLE.test(char)) return char;
  const code = char.codePointAt(0)!;
  if (isRawByte(code)) return `\\x${(code - RAW_BYTES).toString(16)}`;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
}

/** A text between double quotes, as Go's strconv.Quote writes it. */
export function goQuoted(text: string): string {
  return `"${Array.from(text, (char) => escaped(char, '"')).join('')}"`;
}

/** A character between single quotes, as Go's %q writes it. */
export function goQuotedRune(char: string): string {
  return `'${escaped(char, "'")}'`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

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
    else for (const byte of encoder.encode(char === undefined ? piece : (ESCAPES[char] ?? char))) bytes.push(byte);
  }
  return decodeLoosely(Uint8Array.from(bytes));
}

const RAW_BYTES = 0xdc00;

function isRawByte(code: number): boolean {
  return code >= RAW_BYTES + 0x80 && code <= RAW_BYTES + 0xff;
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
