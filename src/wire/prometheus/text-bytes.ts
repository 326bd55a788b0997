/** What the text formats of Prometheus are made of. */
export const TAB = 0x09;
export const NEWLINE = 0x0a;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const HASH = 0x23;
export const COMMA = 0x2c;
export const EQUAL = 0x3d;
export const BACKSLASH = 0x5c;
export const BRACE_OPEN = 0x7b;
export const BRACE_CLOSE = 0x7d;

/** 1: may begin a label's name. 2: a metric's, too. 4: may follow. */
export const NAME: Uint8Array = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  const char = String.fromCharCode(byte);
  if (/[a-zA-Z_]/.test(char)) NAME[byte] = 7;
  else if (char === ':') NAME[byte] = 2;
  else if (/\d/.test(char)) NAME[byte] = 4;
}

export function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
}

export function utf8(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8');
}

export function unescapeText(text: string): string {
  return text.replace(/\\(["\\n])/g, (_, char: string) => (char === 'n' ? '\n' : char));
}

export function unescapeHelp(text: string): string {
  return text.replace(/\\([\\n])/g, (_, char: string) => (char === 'n' ? '\n' : '\\'));
}

/** Prometheus stops reading its text format at a NUL that begins a line; -1 where there is none. */
export function nulAtLineStart(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(0); at >= 0; at = bytes.indexOf(0, at + 1)) {
    if (at === 0 || bytes[at - 1] === NEWLINE) return at;
  }
  return -1;
}
