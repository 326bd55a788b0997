import { goExponent, goFixed, goGeneral, goNumber, goQuoted, goQuotedRune } from '#base';
import { utf8Bytes } from './utf8.ts';
import { fieldsOf, type GoValue, isFunction, sortedEntries, stringerText, typeName } from './values.ts';

/** How one value is to be written, as a verb of Go's fmt says it. */
export interface Verb {
  readonly letter: string;
  readonly hasSharp: boolean;
  readonly hasPlus: boolean;
  readonly hasMinus: boolean;
  readonly hasSpace: boolean;
  readonly hasZero: boolean;
  readonly width: number | undefined;
  readonly precision: number | undefined;
}

export const PLAIN: Verb = {
  letter: 'v',
  hasSharp: false,
  hasPlus: false,
  hasMinus: false,
  hasSpace: false,
  hasZero: false,
  width: undefined,
  precision: undefined,
};

/** A value as Go's fmt writes it with a verb. `verb` of %v keeps `#` and `+` for what they mean there. */
export function formatValue(value: GoValue, verb: Verb, depth = 0): string {
  if (depth > DEPTH_MAX) return '...';
  const { letter } = verb;
  if (letter === 'T') return padded(typeName(value), verb);
  if (value === undefined || value === null) return formatNil(verb, depth);
  switch (typeof value) {
    case 'string':
      return formatText(value, verb);
    case 'bigint':
      return formatInt(value, verb);
    case 'number':
      return formatFloat(value, verb);
    case 'boolean':
      return letter === 'v' || letter === 't' ? padded(String(value), verb) : wrongVerb(value, verb);
    default:
  }
  const own = 'vsxXq'.includes(letter) && !(letter === 'v' && verb.hasSharp) ? stringerText(value) : undefined;
  if (own !== undefined) return formatText(own, verb);
  return formatComposite(value as object, verb, depth);
}

const DEPTH_MAX = 100;

function formatNil(verb: Verb, depth: number): string {
  if (verb.letter !== 'v' && depth === 0) return wrongVerb(null, verb);
  return padded(verb.letter === 'v' && verb.hasSharp && depth > 0 ? 'interface {}(nil)' : '<nil>', verb);
}

function formatComposite(value: object, verb: Verb, depth: number): string {
  const isSource = verb.letter === 'v' && verb.hasSharp;
  const inner = (item: GoValue): string => formatValue(item, verb, depth + 1);
  if (Array.isArray(value)) {
    const items = value.map(inner);
    return isSource ? `${typeName(value)}{${items.join(', ')}}` : `[${items.join(' ')}]`;
  }
  if (value instanceof Map) {
    const items = sortedEntries(value).map(([key, item]) => `${inner(key)}:${inner(item)}`);
    return isSource ? `${typeName(value)}{${items.join(', ')}}` : `map[${items.join(' ')}]`;
  }
  if (isFunction(value)) return wrongVerb('func', verb);
  const isNamed = verb.letter === 'v' && (verb.hasPlus || verb.hasSharp);
  const fields = fieldsOf(value).map(([name, field]) => (isNamed ? `${name}:${inner(field)}` : inner(field)));
  return isSource ? `${typeName(value)}{${fields.join(', ')}}` : `{${fields.join(' ')}}`;
}

/** `%!d(string=text)`: a verb that does not fit. */
function wrongVerb(value: GoValue, verb: Verb): string {
  const what =
    value === undefined || value === null
      ? '<nil>'
      : `${typeName(value)}=${formatValue(value, { ...verb, letter: 'v' })}`;
  return `%!${verb.letter}(${what})`;
}

function formatText(text: string, verb: Verb): string {
  const { letter, hasSharp, precision } = verb;
  if (letter === 'x' || letter === 'X') return padded(hexOf(text, verb), verb);
  const cut = precision === undefined ? text : Array.from(text).slice(0, precision).join('');
  if (letter === 's' || (letter === 'v' && !hasSharp)) return padded(cut, verb);
  if (letter === 'q' && hasSharp && isRawLiteral(cut)) return padded(`\`${cut}\``, verb);
  if (letter === 'q' || letter === 'v')
    return padded(verb.hasPlus && letter === 'q' ? asciiQuoted(cut) : goQuoted(cut), verb);
  return wrongVerb(text, verb);
}

function isRawLiteral(text: string): boolean {
  return text.isWellFormed() && !/[^\P{C}\t]|`|\ufeff/u.test(text);
}

function asciiQuoted(text: string): string {
  return goQuoted(text).replace(/[^ -~]/gu, (char) => {
    const code = char.codePointAt(0)!;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

function hexOf(text: string, { letter, hasSharp, hasSpace, precision }: Verb): string {
  const bytes = Array.from(utf8Bytes(text).subarray(0, precision), (byte) => byte.toString(16).padStart(2, '0'));
  if (bytes.length === 0) return '';
  const prefix = hasSharp ? '0x' : '';
  const hex = prefix + bytes.join(hasSpace ? ` ${prefix}` : '');
  return letter === 'X' ? hex.toUpperCase() : hex;
}

const BASES: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };
const LAST_RUNE = 0x10_ffffn;

function formatInt(value: bigint, verb: Verb): string {
  const { letter, precision, width } = verb;
  if (letter === 'c' || letter === 'q') {
    const char = String.fromCodePoint(value >= 0n && value <= LAST_RUNE ? Number(value) : 0xfffd);
    return padded(letter === 'c' ? char : goQuotedRune(char), verb);
  }
  if (letter === 'U') return padded(unicodeName(value, verb), { ...verb, hasZero: false });
  const base = BASES[letter];
  if (base === undefined) return wrongVerb(value, verb);
  if (precision === 0 && value === 0n) return padded('', { ...verb, hasZero: false });
  const sign = value < 0n ? '-' : verb.hasPlus && letter !== 'v' ? '+' : verb.hasSpace ? ' ' : '';
  const isFilled = verb.hasZero && !verb.hasMinus && width !== undefined && precision === undefined;
  const places = isFilled ? width - sign.length : (precision ?? 0);
  let digits = (value < 0n ? -value : value).toString(base).padStart(places, '0');
  if (verb.hasSharp && letter !== 'v') {
    if (base === 2) digits = `0b${digits}`;
    else if (base === 16) digits = `0x${digits}`;
    else if (base === 8 && !digits.startsWith('0')) digits = `0${digits}`;
  }
  if (letter === 'O') digits = `0o${digits}`;
  if (letter === 'X') digits = digits.toUpperCase();
  return padded(sign + digits, { ...verb, hasZero: false });
}

function unicodeName(value: bigint, { precision, hasSharp }: Verb): string {
  const code = BigInt.asUintN(64, value);
  const name = `U+${code
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(4, precision ?? 0), '0')}`;
  if (!hasSharp || code > LAST_RUNE) return name;
  const char = String.fromCodePoint(Number(code));
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char) ? `${name} '${char}'` : name;
}

function formatFloat(value: number, verb: Verb): string {
  const { letter } = verb;
  if (!'veEfFgG'.includes(letter)) return wrongVerb(value, verb);
  const isNumber = Number.isFinite(value);
  const isNegative = value < 0 || Object.is(value, -0);
  const hasPlus = verb.hasPlus && letter !== 'v';
  let sign = isNegative ? '-' : hasPlus ? '+' : verb.hasSpace ? ' ' : '';
  if (!isNumber) {
    if (sign === '' && !Number.isNaN(value)) sign = '+';
    return padded(sign + (Number.isNaN(value) ? 'NaN' : 'Inf'), { ...verb, hasZero: false });
  }
  let digits = floatDigits(Math.abs(value), verb);
  if (verb.hasSharp && letter !== 'v') digits = withPoint(digits, verb);
  if (verb.hasZero && !verb.hasMinus && sign !== '')
    return sign + digits.padStart((verb.width ?? 0) - sign.length, '0');
  return padded(sign + digits, verb);
}

function floatDigits(value: number, { letter, precision }: Verb): string {
  if (letter === 'f' || letter === 'F') return goFixed(value, precision ?? 6);
  if (letter === 'e' || letter === 'E') return upperE(goExponent(value, precision ?? 6), letter);
  return upperE(precision === undefined ? goNumber(value) : goGeneral(value, precision), letter);
}

function upperE(digits: string, letter: string): string {
  return letter === 'E' || letter === 'G' ? digits.toUpperCase() : digits;
}

/** `#` keeps the point, and of %g the zeros at the end. */
function withPoint(digits: string, { letter, precision }: Verb): string {
  const [, mantissa = '', tail = ''] = /^([\d.]+)(.*)$/.exec(digits) ?? [];
  const dotted = mantissa.includes('.') ? mantissa : `${mantissa}.`;
  if (letter !== 'g' && letter !== 'G') return dotted + tail;
  const counted = dotted.replace('.', '').replace(/^0+/, '').length + (mantissa === '0' ? 1 : 0);
  return dotted + '0'.repeat(Math.max(0, (precision ?? 6) - counted)) + tail;
}

/** Spaces, or zeros, up to the width. */
function padded(text: string, { width, hasMinus, hasZero }: Verb): string {
  if (width === undefined) return text;
  const missing = width - countRunes(text);
  if (missing <= 0) return text;
  if (hasMinus) return text + ' '.repeat(missing);
  return (hasZero ? '0' : ' ').repeat(missing) + text;
}

function countRunes(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
