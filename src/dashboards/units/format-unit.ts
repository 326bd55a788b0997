import { formatDate } from '../variables/date-format.ts';
import { isDuration, writeClock, writeDuration, writeStopwatch, writeWords } from './durations.ts';
import { scale, writeNumber } from './numbers.ts';
import { BINARY, COUNTED, CURRENCY_AFTER, CURRENCY_BEFORE, FIXED, SI } from './tables.ts';

const SI_PREFIXES = ['f', 'p', 'n', 'µ', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
/** Where no prefix stands. */
const SI_ZERO = 5;
const BINARY_PREFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi'];
const SHORT = ['', ' K', ' Mil', ' Bil', ' Tri', ' Quadr', ' Quint', ' Sext', ' Sept'];
const COUNTS = ['', 'K', 'M', 'B', 'T'];
/** Units that write each value in a way of their own. */
const OWN: Readonly<Record<string, (value: number, decimals: number | undefined) => string>> = {
  string: (value) => String(value),
  short: (value, decimals) => inSteps(value, decimals, SHORT),
  percentunit: (value, decimals) => `${writeNumber(percentOf(value), decimals)}%`,
  sci: (value, decimals) => value.toExponential(decimals),
  hex: (value, decimals) => hexOf(value, decimals, ''),
  hex0x: (value, decimals) => hexOf(value, decimals, '0x'),
  locale: (value, decimals) => value.toLocaleString('en-US', { maximumFractionDigits: decimals ?? 3 }),
  timeticks: (value, decimals) => writeDuration('s', value / 100, decimals),
  dtdurations: (value, decimals) => (value === 0 ? '0 seconds' : writeWords(value * 1000, decimals)),
  dtdurationms: (value, decimals) => (value === 0 ? '0 milliseconds' : writeWords(value, decimals)),
  dateTimeFromNow: (value) => writeWords(value - Date.now()).replace(/^$/, 'now'),
  clocks: (value, decimals) => writeStopwatch(value * 1000, decimals),
  clockms: (value, decimals) => writeStopwatch(value, decimals),
  pressurepsi: (value, decimals) => inSteps(value, decimals, ['psi', 'ksi', 'Mpsi']),
  dthms: (value) => writeClock(value, false),
  dtdhms: (value) => writeClock(value, true),
  bool: (value) => (value === 0 ? 'False' : 'True'),
  bool_yes_no: (value) => (value === 0 ? 'No' : 'Yes'),
  bool_on_off: (value) => (value === 0 ? 'Off' : 'On'),
  dateTimeAsIso: (value) => dateText(value, 'YYYY-MM-DD HH:mm:ss'),
  dateTimeAsIsoNoDateIfToday: (value) => dateText(value, 'YYYY-MM-DD HH:mm:ss'),
  dateTimeAsUS: (value) => dateText(value, 'MM/DD/YYYY h:mm:ss a'),
  dateTimeAsUSNoDateIfToday: (value) => dateText(value, 'MM/DD/YYYY h:mm:ss a'),
  dateTimeAsLocal: (value) => dateText(value, 'MM/DD/YYYY, hh:mm:ss A'),
  dateTimeAsLocalNoDateIfToday: (value) => dateText(value, 'MM/DD/YYYY, hh:mm:ss A'),
  dateTimeAsSystem: (value) => dateText(value, 'YYYY-MM-DD HH:mm:ss'),
};
/** `prefix:$`: units that say how in their name. */
const NAMED: Readonly<Record<string, (value: number, decimals: number | undefined, rest: string) => string>> = {
  prefix: (value, decimals, rest) => `${rest}${writeNumber(value, decimals)}`,
  suffix: (value, decimals, rest) => `${writeNumber(value, decimals)}${rest === '' ? '' : ` ${rest}`}`,
  time: (value, _decimals, rest) => dateText(value, rest),
  count: (value, decimals, rest) => counted(value, decimals, ` ${rest}`),
  currency: (value, decimals, rest) => currency(value, decimals, rest, true),
  si: (value, decimals, rest) => {
    const at = rest.length > 1 ? SI_PREFIXES.indexOf(rest[0]!) : -1;
    return at < 0 ? si(value, decimals, rest, 0) : si(value, decimals, rest.slice(1), at - SI_ZERO);
  },
  bool: (value, _decimals, rest) => rest.split('/')[value === 0 ? 1 : 0] ?? '',
};

/**
 * A value as Grafana's value formats write it. A unit that isn't known stands behind the value as it is. `decimals` is undefined where the
 * panel leaves it open.
 */
export function formatUnit(unit: string | undefined, value: number, decimals?: number): string {
  if (unit === undefined || unit === '' || unit === 'none') return writeNumber(value, decimals);
  const own = Object.hasOwn(OWN, unit) ? OWN[unit] : undefined;
  if (own !== undefined) return own(value, decimals);
  if (isDuration(unit)) return writeDuration(unit, value, decimals);
  if (Object.hasOwn(FIXED, unit)) return `${writeNumber(value, decimals)}${FIXED[unit]}`;
  if (Object.hasOwn(COUNTED, unit)) return counted(value, decimals, COUNTED[unit]!);
  if (Object.hasOwn(CURRENCY_BEFORE, unit)) return currency(value, decimals, CURRENCY_BEFORE[unit]!, true);
  if (Object.hasOwn(CURRENCY_AFTER, unit)) return currency(value, decimals, CURRENCY_AFTER[unit]!, false);
  if (Object.hasOwn(SI, unit)) return si(value, decimals, ...SI[unit]!);
  if (Object.hasOwn(BINARY, unit)) return binary(value, decimals, ...BINARY[unit]!);
  const colon = unit.indexOf(':');
  const named = colon > 0 ? NAMED[unit.slice(0, colon)] : undefined;
  return named?.(value, decimals, unit.slice(colon + 1)) ?? `${writeNumber(value, decimals)} ${unit}`;
}

function dateText(ms: number, format: string): string {
  const text = formatDate(ms, format);
  return text === 'NaN' ? 'Invalid date' : text;
}

/** 0.07 times 100 is a little more than 7. */
function percentOf(value: number): number {
  return Number((value * 100).toPrecision(15));
}

function si(value: number, decimals: number | undefined, unit: string, offset: number): string {
  const last = SI_PREFIXES.length - 1 - SI_ZERO;
  const { value: scaled, step } = scale(value, 1000, offset, -SI_ZERO, last);
  return `${writeNumber(scaled, decimals)} ${SI_PREFIXES[step + SI_ZERO]}${unit}`;
}

function binary(value: number, decimals: number | undefined, unit: string, offset: number): string {
  const { value: scaled, step } = scale(value, 1024, offset, 0, BINARY_PREFIXES.length - 1);
  return `${writeNumber(scaled, decimals)} ${BINARY_PREFIXES[step]}${unit}`;
}

function inSteps(value: number, decimals: number | undefined, names: readonly string[]): string {
  const { value: scaled, step } = scale(value, 1000, 0, 0, names.length - 1);
  return `${writeNumber(scaled, decimals)}${names[step]}`;
}

function counted(value: number, decimals: number | undefined, unit: string): string {
  return `${inSteps(value, decimals, COUNTS)}${unit}`;
}

function currency(value: number, decimals: number | undefined, sign: string, isBefore: boolean): string {
  const text = inSteps(Math.abs(value), decimals, COUNTS);
  return `${value < 0 ? '-' : ''}${isBefore ? sign : ''}${text}${isBefore ? '' : sign}`;
}

function hexOf(value: number, decimals: number | undefined, prefix: string): string {
  const rounded = Number(writeNumber(value, decimals));
  return `${rounded < 0 ? '-' : ''}${prefix}${Math.abs(rounded).toString(16).toUpperCase()}`;
}
