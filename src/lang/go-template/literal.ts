import { goQuoted } from '#base';
import { textOf } from './utf8.ts';

/** Literals of Go: quoted texts, characters and numbers. */

const ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
};
const PIECE = /\\(?:([0-7]{3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(.))|([^\\]+)/gsuy;
const encoder = new TextEncoder();

/** The content of a literal with its quotes; undefined where it is none, as strconv.Unquote decides. */
export function unquote(literal: string): string | undefined {
  const quote = literal[0]!;
  const inner = literal.slice(1, -1);
  if (quote === '`') return inner.replaceAll('\r', '');
  if (inner.includes('\n')) return undefined;
  if (!inner.includes('\\')) return inner.includes(quote) ? undefined : inner;
  const bytes: number[] = [];
  let end = 0;
  for (const [piece, octal, hex, short, long, char, plain] of inner.matchAll(PIECE)) {
    end += piece.length;
    const code =
      octal !== undefined ? Number.parseInt(octal, 8) : hex !== undefined ? Number.parseInt(hex, 16) : undefined;
    if (code !== undefined && code > 255) return undefined;
    if (code !== undefined) bytes.push(code);
    else if (short !== undefined || long !== undefined) {
      const point = Number.parseInt(short ?? long!, 16);
      if (point > 0x10_ffff || (point >= 0xd800 && point <= 0xdfff)) return undefined;
      bytes.push(...encoder.encode(String.fromCodePoint(point)));
    } else if (char !== undefined) {
      const escaped = char === quote ? quote.charCodeAt(0) : ESCAPES[char];
      if (escaped === undefined) return undefined;
      bytes.push(escaped);
    } else for (const byte of encoder.encode(plain)) bytes.push(byte);
  }
  return end === inner.length ? textOf(Uint8Array.from(bytes)) : undefined;
}

export interface NumberValue {
  readonly int: bigint | undefined;
  readonly float: number;
}

const INT_MAX = 2n ** 63n - 1n;
const INT_MIN = -(2n ** 63n);
const INT = /^([+-]?)(0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?[0-7])*|[1-9](?:_?\d)*)$/;
const FLOAT = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const HEX_FLOAT = /^([+-]?)0[xX]([\da-fA-F]*)\.?([\da-fA-F]*)[pP]([+-]?\d+)$/;

/** The value of a number literal; a text says what is wrong with it, in Go's words. */
export function numberValue(text: string): NumberValue | string {
  const int = intValue(text);
  if (int !== undefined && int >= INT_MIN && int <= INT_MAX) return { int, float: Number(int) };
  if (int !== undefined && int > 0n && int < 2n ** 64n) return { int: undefined, float: Number(int) };
  const float = floatValue(text);
  if (float === undefined) return `illegal number syntax: ${goQuoted(text)}`;
  if (!/[.eEpP]/.test(text)) return `integer overflow: ${goQuoted(text)}`;
  return { int: Number.isInteger(float) && Math.abs(float) < 2 ** 63 ? BigInt(float) : undefined, float };
}

/** The value of a character literal; a text says what is wrong with it. */
export function charValue(literal: string): NumberValue | string {
  const inner = unquote(literal);
  const chars = Array.from(inner ?? '');
  if (inner === undefined || chars.length !== 1) return `malformed character constant: ${literal}`;
  const code = chars[0]!.codePointAt(0)!;
  return { int: BigInt(code), float: code };
}

function intValue(text: string): bigint | undefined {
  const [, sign, digits] = INT.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const bare = digits.replaceAll('_', '');
  const size = BigInt(/^0\d/.test(bare) ? `0o${bare.slice(1)}` : bare);
  return sign === '-' ? -size : size;
}

function floatValue(text: string): number | undefined {
  const bare = text.replaceAll('_', '');
  if (FLOAT.test(bare)) return Number.isFinite(Number(bare)) ? Number(bare) : undefined;
  const [, sign, whole = '', fraction = '', power] = HEX_FLOAT.exec(bare) ?? [];
  if (power === undefined || whole + fraction === '') return undefined;
  const size = Number(`0x${whole}${fraction}`) * 2 ** (Number(power) - 4 * fraction.length);
  return sign === '-' ? -size : size;
}
