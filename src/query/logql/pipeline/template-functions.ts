/** What Loki's templates can call besides Go's own, after its documentation ("Template functions"). */

import { ANY, FLOAT, type GoFunction, type GoFunctions, type GoValue, INT, STRING } from '#lang/go-template';
import { Pattern, plainTemplate, readTemplate } from '#lang/pattern';
import { conversionFault, READ_UNIT } from './conversion.ts';

/** A text of this many characters is the most that a function makes. */
export const MAX_CHARS: number = 1 << 18;
/** Patterns come from the template, and may come from the line. */
const MAX_PATTERNS = 100;

const patterns = new Map<string, Pattern>();

function patternOf(source: string): Pattern {
  let pattern = patterns.get(source);
  if (pattern === undefined) {
    pattern = new Pattern(source);
    if (patterns.size >= MAX_PATTERNS) patterns.clear();
    patterns.set(source, pattern);
  }
  return pattern;
}

/** Texts in, a text out. */
function texts(count: number, call: (...args: string[]) => GoValue): GoFunction {
  return { params: new Array(count).fill(STRING), call };
}

function limited(length: number): void {
  if (length > MAX_CHARS) throw new RangeError(`the text gets longer than ${MAX_CHARS} characters`);
}

/** Any value as a whole number; 0 where it is none, as in sprig. */
function toInt(value: GoValue): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  const text = String(value ?? '').trim();
  if (/^[-+]?\d+$/.test(text)) return BigInt(text.replace(/^\+/, ''));
  return /^[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?$/.test(text) ? BigInt(Math.trunc(Number(text))) : 0n;
}

function toFloat(value: GoValue): number {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  const number = Number(String(value ?? '').trim() || Number.NaN);
  return Number.isNaN(number) ? 0 : number;
}

function wholes(call: (all: readonly bigint[]) => bigint): GoFunction {
  return { params: [], rest: ANY, call: (...values: GoValue[]) => call(values.map(toInt)) };
}

function floats(call: (all: readonly number[]) => number): GoFunction {
  return { params: [], rest: ANY, call: (...values: GoValue[]) => call(values.map(toFloat)) };
}

function nonZero(value: bigint): bigint {
  if (value === 0n) throw new Error('division by zero');
  return value;
}

function chars(text: string): readonly string[] {
  return Array.from(text);
}

/** The first characters, or with a negative count the last. */
function trunc(count: bigint, text: string): string {
  const all = chars(text);
  return (count < 0n ? all.slice(Math.max(0, all.length + Number(count))) : all.slice(0, Number(count))).join('');
}

function substr(start: bigint, end: bigint, text: string): string {
  const all = chars(text);
  const from = start < 0n ? 0 : Number(start);
  const to = end < 0n || end > BigInt(all.length) ? all.length : Number(end);
  return all.slice(from, to).join('');
}

function align(width: bigint, text: string, isLeft: boolean): string {
  limited(Number(width));
  const all = chars(text);
  const count = Math.max(0, Number(width));
  if (all.length >= count) return (isLeft ? all.slice(0, count) : all.slice(all.length - count)).join('');
  const blanks = ' '.repeat(count - all.length);
  return isLeft ? text + blanks : blanks + text;
}

function indent(spaces: bigint, text: string): string {
  limited((Number(spaces) + 1) * text.split('\n').length + text.length);
  const pad = ' '.repeat(Math.max(0, Number(spaces)));
  return pad + text.replaceAll('\n', `\n${pad}`);
}

function repeat(count: bigint, text: string): string {
  limited(Number(count) * text.length);
  return text.repeat(Math.max(0, Number(count)));
}

function trimSet(text: string, set: string, sides: 'both' | 'left' | 'right'): string {
  const all = chars(text);
  const cut = new Set(chars(set));
  let start = 0;
  let end = all.length;
  if (sides !== 'right') while (start < end && cut.has(all[start]!)) start++;
  if (sides !== 'left') while (end > start && cut.has(all[end - 1]!)) end--;
  return all.slice(start, end).join('');
}

function withoutPrefix(prefix: string, text: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

function withoutSuffix(suffix: string, text: string): string {
  return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
}

function titled(text: string): string {
  return text.replace(
    /(^|[^\p{L}\p{N}_'])(\p{L})/gu,
    (_, before: string, letter: string) => before + letter.toUpperCase(),
  );
}

function round(value: number, digits: bigint, on: number): number {
  const scale = 10 ** Number(digits);
  const shifted = value * scale;
  const rest = shifted % 1;
  const whole = Math.trunc(shifted);
  return (Math.abs(rest) >= on ? whole + Math.sign(shifted) : whole) / scale;
}

function urlEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll('%20', '+')
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function urlDecoded(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

/** JSON as values of Go's: objects as maps, numbers as float64; '' where it is none. */
function fromJson(text: string): GoValue {
  try {
    return JSON.parse(text, (_, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value) ? new Map(Object.entries(value)) : value,
    );
  } catch {
    return '';
  }
}

function isEmpty(value: GoValue): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value instanceof Map ? value.size === 0 : !value;
}

/** Bytes or seconds of a text; an Error for what is none. */
function quantity(unit: 'bytes' | 'duration'): GoFunction {
  return texts(1, (text) => {
    const value = READ_UNIT[unit](text!);
    if (value === undefined) throw new Error(conversionFault(unit, text!));
    return value;
  });
}

const lower = texts(1, (text) => text!.toLowerCase());
const upper = texts(1, (text) => text!.toUpperCase());
const trimSpace = texts(1, (text) => text!.trim());
const alignLeft: GoFunction = { params: [INT, STRING], call: (width, text) => align(width, text, true) };
const alignRight: GoFunction = { params: [INT, STRING], call: (width, text) => align(width, text, false) };

export const TEMPLATE_FUNCTIONS: GoFunctions = {
  // Older names, with the text first.
  ToLower: lower,
  ToUpper: upper,
  Replace: {
    params: [STRING, STRING, STRING, INT],
    call: (text: string, from: string, to: string, count: bigint) => replaced(text, from, to, Number(count)),
  },
  Trim: texts(2, (text, set) => trimSet(text!, set!, 'both')),
  TrimLeft: texts(2, (text, set) => trimSet(text!, set!, 'left')),
  TrimRight: texts(2, (text, set) => trimSet(text!, set!, 'right')),
  TrimPrefix: texts(2, (text, prefix) => withoutPrefix(prefix!, text!)),
  TrimSuffix: texts(2, (text, suffix) => withoutSuffix(suffix!, text!)),
  TrimSpace: trimSpace,
  lower,
  upper,
  title: texts(1, (text) => titled(text!)),
  trim: trimSpace,
  trimAll: texts(2, (set, text) => trimSet(text!, set!, 'both')),
  trimPrefix: texts(2, (prefix, text) => withoutPrefix(prefix!, text!)),
  trimSuffix: texts(2, (suffix, text) => withoutSuffix(suffix!, text!)),
  trunc: { params: [INT, STRING], call: trunc },
  substr: { params: [INT, INT, STRING], call: substr },
  replace: texts(3, (from, to, text) => replaced(text!, from!, to!, -1)),
  repeat: { params: [INT, STRING], call: repeat },
  indent: { params: [INT, STRING], call: indent },
  nindent: { params: [INT, STRING], call: (spaces: bigint, text: string) => `\n${indent(spaces, text)}` },
  contains: texts(2, (part, text) => text!.includes(part!)),
  hasPrefix: texts(2, (prefix, text) => text!.startsWith(prefix!)),
  hasSuffix: texts(2, (suffix, text) => text!.endsWith(suffix!)),
  alignLeft,
  alignRight,
  regexReplaceAll: texts(3, (pattern, text, to) => patternOf(pattern!).replaceAll(text!, readTemplate(to!))),
  regexReplaceAllLiteral: texts(3, (pattern, text, to) => patternOf(pattern!).replaceAll(text!, plainTemplate(to!))),
  count: texts(2, (pattern, text) => BigInt(Array.from(patternOf(pattern!).findAll(text!)).length)),
  urlencode: texts(1, (text) => urlEncoded(text!)),
  urldecode: texts(1, (text) => urlDecoded(text!)),
  b64enc: texts(1, (text) => Buffer.from(text!).toString('base64')),
  b64dec: texts(1, (text) => Buffer.from(text!, 'base64').toString('utf8')),
  fromJson: texts(1, (text) => fromJson(text!)),
  bytes: quantity('bytes'),
  duration: quantity('duration'),
  duration_seconds: quantity('duration'),
  default: { params: [ANY, ANY], call: (fallback: GoValue, value: GoValue) => (isEmpty(value) ? fallback : value) },
  int: { params: [ANY], call: toInt },
  float64: { params: [ANY], call: toFloat },
  add: wholes((all) => all.reduce((sum, each) => sum + each, 0n)),
  sub: wholes(([first = 0n, second = 0n]) => first - second),
  mul: wholes((all) => all.reduce((product, each) => product * each, 1n)),
  div: wholes(([first = 0n, second = 0n]) => first / nonZero(second)),
  mod: wholes(([first = 0n, second = 0n]) => first % nonZero(second)),
  max: wholes((all) => all.reduce((a, b) => (b > a ? b : a))),
  min: wholes((all) => all.reduce((a, b) => (b < a ? b : a))),
  addf: floats((all) => all.reduce((sum, each) => sum + each, 0)),
  subf: floats(([first = 0, ...others]) => others.reduce((rest, each) => rest - each, first)),
  mulf: floats((all) => all.reduce((product, each) => product * each, 1)),
  divf: floats(([first = 0, ...others]) => others.reduce((rest, each) => rest / each, first)),
  maxf: floats((all) => Math.max(...all)),
  minf: floats((all) => Math.min(...all)),
  ceil: { params: [ANY], call: (value: GoValue) => Math.ceil(toFloat(value)) },
  floor: { params: [ANY], call: (value: GoValue) => Math.floor(toFloat(value)) },
  round: {
    params: [ANY, INT],
    rest: FLOAT,
    call: (value: GoValue, digits: bigint, on = 0.5) => round(toFloat(value), digits, on),
  },
};

/** At most `count` times; all where it is negative. */
function replaced(text: string, from: string, to: string, count: number): string {
  const pieces = text.split(from);
  const done = count < 0 ? pieces.length - 1 : Math.min(count, pieces.length - 1);
  limited(text.length + done * to.length);
  if (done === pieces.length - 1) return pieces.join(to);
  return pieces.slice(0, done + 1).join(to) + from + pieces.slice(done + 1).join(from);
}
