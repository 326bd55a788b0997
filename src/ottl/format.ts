import { goExponent, goFixed, goGeneral, goNumber } from '#base';
import { durationText } from './time/duration.ts';
import { formatRfc3339 } from './time/rfc3339.ts';
import { Duration, Id, isDouble, isInt, isList, numberOf, Time, typeName, type Value } from './values.ts';

/** Go's fmt.Sprintf for the values of OTTL: the verbs and flags that statements use. */
export function formatGo(format: string, values: readonly Value[]): string {
  let next = 0;
  let result = '';
  let at = 0;
  for (const match of format.matchAll(VERB)) {
    result += format.slice(at, match.index);
    at = match.index + match[0].length;
    const [, flags, width, precision, verb] = match as unknown as [string, string, string, string | undefined, string];
    if (verb === '%') result += '%';
    else if (verb === '') result += '%!(NOVERB)';
    else if (next >= values.length) result += `%!${verb}(MISSING)`;
    else {
      const spec: Spec = {
        flags,
        width: Number(width || 0),
        precision: precision === undefined ? undefined : Number(precision.slice(1) || 0),
        verb,
      };
      result += padded(formatted(spec, values[next++]!), spec);
    }
  }
  result += format.slice(at);
  const extra = values.slice(next).map((value) => `${goType(value)}=${plain(value)}`);
  return extra.length === 0 ? result : `${result}%!(EXTRA ${extra.join(', ')})`;
}

const VERB = /%([-+# 0]*)(\d{0,4})(\.\d{0,4})?(\p{L}|%|)/gu;

interface Spec {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly verb: string;
}

function formatted(spec: Spec, value: Value): string {
  const { verb } = spec;
  if (verb === 'T') return goType(value);
  if (verb === 'v') return isDouble(value) ? double(spec, numberOf(value), 'g') : signed(spec, value, plain(value));
  if (typeof value === 'string') return text(spec, value);
  if (typeof value === 'boolean' && verb === 't') return String(value);
  if (isInt(value)) return int(spec, BigInt(value)) ?? wrong(spec, value);
  if (isDouble(value)) return 'eEfFgG'.includes(verb) ? double(spec, numberOf(value), verb) : wrong(spec, value);
  if (value instanceof Uint8Array) return text(spec, Buffer.from(value).toString('latin1'), value);
  if (value instanceof Duration && verb === 'd') return String(value.ns);
  if (verb === 's' && (value instanceof Time || value instanceof Duration || value instanceof Id)) return plain(value);
  if (isList(value)) return `[${value.map((item) => formatted(spec, item)).join(' ')}]`;
  return wrong(spec, value);
}

function wrong({ verb }: Spec, value: Value): string {
  return value === null ? `%!${verb}(<nil>)` : `%!${verb}(${goType(value)}=${plain(value)})`;
}

function signed({ flags }: Spec, value: Value, digits: string): string {
  return flags.includes('+') && isInt(value) && value >= 0 ? `+${digits}` : digits;
}

function text(spec: Spec, value: string, bytes?: Uint8Array): string {
  const { verb, precision, flags } = spec;
  const cut = precision === undefined ? value : Array.from(value).slice(0, precision).join('');
  if (verb === 's') return bytes === undefined ? cut : Buffer.from(bytes).toString('utf8');
  if (verb === 'q') return flags.includes('#') && !cut.includes('`') ? `\`${cut}\`` : JSON.stringify(cut);
  if (verb !== 'x' && verb !== 'X') return `%!${verb}(${bytes === undefined ? 'string' : '[]uint8'}=${value})`;
  const hex = Buffer.from(bytes ?? Buffer.from(cut)).toString('hex');
  return verb === 'X' ? hex.toUpperCase() : hex;
}

const BASES: Readonly<Record<string, number>> = { d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };
const BASE_PREFIXES: Readonly<Record<string, string>> = { b: '0b', o: '0', O: '0o', x: '0x', X: '0X' };

function int({ verb, flags, precision, width }: Spec, value: bigint): string | undefined {
  if (verb === 'c') return String.fromCodePoint(value >= 0n && value <= 0x10_ffffn ? Number(value) : 0xfffd);
  if (verb === 'q') return `'${String.fromCodePoint(value >= 0n && value <= 0x10_ffffn ? Number(value) : 0xfffd)}'`;
  if (verb === 'U') return `U+${value.toString(16).toUpperCase().padStart(4, '0')}`;
  const base = BASES[verb];
  if (base === undefined) return undefined;
  const isNegative = value < 0n;
  let digits = (isNegative ? -value : value).toString(base);
  if (verb === 'X') digits = digits.toUpperCase();
  if (precision !== undefined) digits = digits.padStart(precision, '0');
  const prefix = flags.includes('#') || verb === 'O' ? (BASE_PREFIXES[verb] ?? '') : '';
  const sign = isNegative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  if (flags.includes('0') && !flags.includes('-') && precision === undefined) {
    digits = digits.padStart(width - sign.length - prefix.length, '0');
  }
  return sign + prefix + digits;
}

function double({ flags, precision, width }: Spec, value: number, verb: string): string {
  if (!Number.isFinite(value)) {
    const sign = value > 0 && flags.includes('+') ? '+' : '';
    return Number.isNaN(value) ? 'NaN' : value > 0 ? `${sign || '+'}Inf` : '-Inf';
  }
  const isNegative = value < 0 || Object.is(value, -0);
  const digits = goDigits(Math.abs(value), verb, precision);
  const sign = isNegative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  const isPadded = flags.includes('0') && !flags.includes('-');
  return sign + (isPadded ? digits.padStart(width - sign.length, '0') : digits);
}

function goDigits(value: number, verb: string, precision: number | undefined): string {
  const upper = (digits: string): string => (verb === 'E' || verb === 'G' ? digits.toUpperCase() : digits);
  if (verb === 'f' || verb === 'F') return goFixed(value, precision ?? 6);
  if (verb === 'e' || verb === 'E') return upper(goExponent(value, precision ?? 6));
  return upper(precision === undefined ? goNumber(value) : goGeneral(value, precision));
}

function padded(result: string, { flags, width }: Spec): string {
  const missing = width - Array.from(result).length;
  if (missing <= 0) return result;
  return flags.includes('-') ? result + ' '.repeat(missing) : ' '.repeat(missing) + result;
}

function goType(value: Value): string {
  if (value === null) return '<nil>';
  if (value instanceof Uint8Array) return '[]uint8';
  if (isList(value)) return '[]interface {}';
  if (value instanceof Map) return 'pcommon.Map';
  if (value instanceof Time) return 'time.Time';
  if (value instanceof Duration) return 'time.Duration';
  return typeName(value);
}

/** As %v prints a value. */
function plain(value: Value): string {
  if (value === null) return '<nil>';
  if (isDouble(value)) return goNumber(numberOf(value));
  if (value instanceof Uint8Array) return `[${Array.from(value).join(' ')}]`;
  if (isList(value)) return `[${value.map(plain).join(' ')}]`;
  if (value instanceof Map) {
    return `map[${Array.from(value, ([key, item]) => `${key}:${plain(item)}`)
      .sort()
      .join(' ')}]`;
  }
  if (value instanceof Time) return formatRfc3339(value);
  if (value instanceof Duration) return durationText(value.ns);
  if (value instanceof Id) return value.hex;
  return String(value);
}
