/** Texts as Go's strconv quotes them: Prometheus and Loki write labels so. */

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
/** What stands behind a backslash between double quotes, and what it means (Go's strconv.Unquote). */
export const GO_ESCAPES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(SHORT).map(([char, written]) => [written[1]!, char])),
  '"': '"',
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

/** Where bytes that are no UTF-8 stand in a text: lone surrogates from U+DC80 to U+DCFF, as `\\xff` in a PromQL literal makes them. */
export const RAW_BYTES = 0xdc00;

function isRawByte(code: number): boolean {
  return code >= RAW_BYTES + 0x80 && code <= RAW_BYTES + 0xff;
}
