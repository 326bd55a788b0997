/** The time range that applies to a whole page: relative to now ("last hour", "yesterday") or two fixed times. */
import { isDateMath, type RangeEdge, resolveDateMath } from '#base/date-math.ts';
import { formatAgo, formatClock, formatDate, formatSpan } from './format.ts';

/** Its search parameters. */
export interface RangeSearch {
  readonly range?: string | undefined;
  /** Ms since 1970; both or none, and `from` is the smaller. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export type TimeRange =
  | { readonly kind: 'relative'; readonly spanMs: number; readonly text: string }
  /** Each side a time as Grafana writes it, such as `now-1d/d`, or in ms; `text` is both with `..` between. */
  | { readonly kind: 'calendar'; readonly from: string; readonly to: string; readonly text: string }
  | { readonly kind: 'absolute'; readonly fromMs: number; readonly toMs: number };

export interface ResolvedRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Short: what one looks for first is what is wrong now, and a fresh installation has no more. */
const DEFAULT_RANGE_TEXT = '15m';

/** Offered in the range menu, shortest first. */
export const RANGE_PRESETS: readonly string[] = ['5m', '15m', '30m', '1h', '3h', '6h', '12h', '24h', '2d', '7d', '30d'];

/** Offered beside them: ranges of the calendar, by their names, which can be typed too. */
export const NAMED_RANGES: readonly { readonly name: string; readonly text: string }[] = [
  { name: 'Today', text: 'now/d..now' },
  { name: 'Yesterday', text: 'now-1d/d..now-1d/d' },
  { name: 'This week', text: 'now/w..now' },
  { name: 'Last week', text: 'now-1w/w..now-1w/w' },
];

const UNIT_MS: Record<string, number> = { s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7, w: 6.048e8 };
const MIN_SPAN_MS = 1;
const MAX_SPAN_MS = 366 * 8.64e7;

/** `15m`, `6h`, `7d` to milliseconds; undefined for anything else. */
export function parseSpan(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(s|m|h|d|w)$/.exec(text.trim());
  if (!match) return undefined;
  const spanMs = Number(match[1]) * UNIT_MS[match[2]!]!;
  return spanMs >= MIN_SPAN_MS && spanMs <= MAX_SPAN_MS ? spanMs : undefined;
}

/**
 * `now-1d/d..now-1d/d` as a range; undefined where a side can't be read, where both are fixed, or where the end is not behind the begin. What ends
 * now and begins a span before is a relative range like any other.
 */
export function calendarRange(text: string, nowMs: number): TimeRange | undefined {
  const [from = '', to = '', ...more] = text.split('..');
  if (more.length > 0 || !(isDateMath(from) || isDateMath(to))) return undefined;
  const span = to === 'now' ? /^now-(\d.*)$/.exec(from)?.[1] : undefined;
  const spanMs = span === undefined ? undefined : parseSpan(span);
  if (span !== undefined && spanMs !== undefined) return { kind: 'relative', spanMs, text: span };
  const range = { kind: 'calendar', from, to, text } as const;
  const { fromMs, toMs } = resolveRange(range, nowMs);
  return fromMs < toMs ? range : undefined;
}

/** The range that search parameters describe; the default where they are absent or make no sense. */
export function rangeFromSearch(search: RangeSearch, nowMs: number = Date.now()): TimeRange {
  if (search.from !== undefined && search.to !== undefined && search.to > search.from) {
    return { kind: 'absolute', fromMs: search.from, toMs: search.to };
  }
  return readRange(search.range ?? DEFAULT_RANGE_TEXT, nowMs) ?? readRange(DEFAULT_RANGE_TEXT, nowMs)!;
}

/** What stands in an address as `range`: a span, or two times with `..` between. */
export function readRange(text: string, nowMs: number): TimeRange | undefined {
  const spanMs = parseSpan(text);
  return spanMs === undefined ? calendarRange(text, nowMs) : { kind: 'relative', spanMs, text };
}

/** The search parameters of a range; the default range has none. */
export function rangeToSearch(range: TimeRange): {
  range: string | undefined;
  from: number | undefined;
  to: number | undefined;
} {
  if (range.kind === 'absolute')
    return { range: undefined, from: Math.round(range.fromMs), to: Math.round(range.toMs) };
  return { range: range.text === DEFAULT_RANGE_TEXT ? undefined : range.text, from: undefined, to: undefined };
}

export function resolveRange(range: TimeRange, nowMs: number): ResolvedRange {
  if (range.kind === 'absolute') return { fromMs: range.fromMs, toMs: range.toMs };
  if (range.kind === 'relative') return { fromMs: nowMs - range.spanMs, toMs: nowMs };
  const edge = (text: string, which: RangeEdge): number =>
    resolveDateMath(text, nowMs, which, text.includes('/w') ? { firstDay: firstDayOfWeek() } : {}) ?? fixedTime(text);
  const fromMs = edge(range.from, 'from');
  const toMs = edge(range.to, 'to');
  // At midnight, today has only begun.
  return { fromMs, toMs: toMs === fromMs ? fromMs + MIN_SPAN_MS : toMs };
}

/** Two times as a dashboard has them: ISO 8601 or milliseconds. Undefined where they are no range. */
export function readFixedRange(from: string, to: string): TimeRange | undefined {
  const [fromMs, toMs] = [fixedTime(from), fixedTime(to)];
  return fromMs < toMs ? { kind: 'absolute', fromMs, toMs } : undefined;
}

/** Grafana writes ISO 8601 or milliseconds; NaN for anything else. */
function fixedTime(text: string): number {
  if (/^\d{1,16}$/.test(text)) return Number(text);
  return /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
}

/** With which day the weeks of this person begin; Monday where the browser doesn't know. To ask loads tables of languages: not before it is needed. */
function firstDayOfWeek(): number {
  const language = globalThis.navigator?.language;
  if (language === undefined) return 1;
  const locale = new Intl.Locale(language) as { getWeekInfo?: () => { firstDay: number } };
  return (locale.getWeekInfo?.().firstDay ?? 1) % 7;
}

/** Whether the end of a range moves with the clock, so that asking again gives something new. */
export function isMoving(range: TimeRange, nowMs: number): boolean {
  return range.kind !== 'absolute' && resolveRange(range, nowMs).toMs >= nowMs;
}

/** The same for two ranges that are the same choice, whatever the time is. */
export function rangeKey(range: TimeRange): string {
  return range.kind === 'absolute' ? `${range.fromMs}-${range.toMs}` : range.text;
}

/** Moves by half the span, so that what was at one edge is still in view. `direction`: -1 earlier, 1 later. */
export function shiftRange(range: TimeRange, nowMs: number, direction: -1 | 1): TimeRange {
  const { fromMs, toMs } = resolveRange(range, nowMs);
  const byMs = ((toMs - fromMs) / 2) * direction;
  return { kind: 'absolute', fromMs: fromMs + byMs, toMs: toMs + byMs };
}

/** Doubles the span around its middle; never reaches past now. */
export function zoomOutRange(range: TimeRange, nowMs: number): TimeRange {
  if (range.kind === 'relative') {
    const next = RANGE_PRESETS.find((text) => parseSpan(text)! >= range.spanMs * 2) ?? '30d';
    return { kind: 'relative', spanMs: parseSpan(next)!, text: next };
  }
  const before = resolveRange(range, nowMs);
  const spanMs = Math.min((before.toMs - before.fromMs) * 2, MAX_SPAN_MS);
  const middleMs = (before.fromMs + before.toMs) / 2;
  const toMs = Math.min(middleMs + spanMs / 2, Math.max(nowMs, before.toMs));
  return { kind: 'absolute', fromMs: toMs - spanMs, toMs };
}

/** Short text for the top bar: "Last 1 h", "Yesterday", "now-2h to now-1h", or "11-22 14:00 – 15:30". */
export function describeRange(range: TimeRange): string {
  if (range.kind === 'calendar') {
    const name = NAMED_RANGES.find(({ text }) => text === range.text)?.name;
    return name ?? `${sideText(range.from)} to ${sideText(range.to)}`;
  }
  if (range.kind === 'relative') return `Last ${formatSpan(range.spanMs)}`;
  const { fromMs, toMs } = range;
  const short = toMs - fromMs < 120_000;
  const clock = (ms: number): string => (short ? formatClock(ms) : formatClock(ms).slice(0, 5));
  const fromDate = formatDate(fromMs);
  const toDate = formatDate(toMs);
  const today = formatDate(Date.now());
  if (fromDate === toDate)
    return `${fromDate === today ? '' : `${fromDate.slice(5)} `}${clock(fromMs)} – ${clock(toMs)}`;
  return `${fromDate.slice(5)} ${clock(fromMs)} – ${toDate.slice(5)} ${clock(toMs)}`;
}

function sideText(side: string): string {
  const ms = fixedTime(side);
  return Number.isNaN(ms) ? side : `${formatDate(ms).slice(5)} ${formatClock(ms).slice(0, 5)}`;
}

/** Long text for a tooltip: exact times, the span, how long ago. */
export function describeRangeExactly(range: TimeRange, nowMs: number): string {
  const { fromMs, toMs } = resolveRange(range, nowMs);
  const from = `${formatDate(fromMs)} ${formatClock(fromMs)}`;
  const to = `${formatDate(toMs)} ${formatClock(toMs)}`;
  return `${from} to ${to} (${formatSpan(toMs - fromMs)}, ${toMs > nowMs ? 'not over yet' : `ended ${formatAgo(toMs, nowMs)}`})`;
}

/**
 * What a person types into the range box: `2h`, `now-2h`, `last 15m`, `yesterday`, `now-1d/d to now/d`, `2026-11-22 10:00 to 2026-11-22 11:00`,
 * `10:00 to 10:30` (today), epoch seconds or milliseconds on either side. Undefined if it can't be read.
 */
export function parseRangeText(text: string, nowMs: number): TimeRange | undefined {
  const named = NAMED_RANGES.find(({ name }) => name.toLowerCase() === text.trim().toLowerCase());
  if (named !== undefined) return readRange(named.text, nowMs);
  const trimmed = text
    .trim()
    .toLowerCase()
    .replace(/^last\s+/, '')
    .replace(/^now\s*-\s*/, '');
  const spanMs = parseSpan(trimmed.replace(/\s+/g, ''));
  if (spanMs !== undefined) return { kind: 'relative', spanMs, text: trimmed.replace(/\s+/g, '') };
  const parts = text.trim().split(/\s+(?:to|–|\.\.)\s+|\s+-\s+|\.\./i);
  if (parts.length !== 2) return undefined;
  const sides = parts.map((part) => part.trim());
  if (sides.every(isDateMath)) return calendarRange(sides.join('..'), nowMs);
  const fromMs = parseTime(parts[0]!, nowMs);
  const toMs = parseTime(parts[1]!, nowMs);
  if (fromMs === undefined || toMs === undefined || toMs <= fromMs) return undefined;
  return { kind: 'absolute', fromMs, toMs };
}

function parseTime(text: string, nowMs: number): number | undefined {
  const trimmed = text.trim();
  if (trimmed.toLowerCase() === 'now') return nowMs;
  const ago = /^now-(.+)$/i.exec(trimmed);
  if (ago) {
    const spanMs = parseSpan(ago[1]!);
    return spanMs === undefined ? undefined : nowMs - spanMs;
  }
  if (/^\d{13}$/.test(trimmed)) return Number(trimmed);
  if (/^\d{10}$/.test(trimmed)) return Number(trimmed) * 1000;
  if (/^\d{1,2}:\d{2}(:\d{2})?$/.test(trimmed))
    return parseTime(
      `${formatDate(nowMs)} ${trimmed.padStart(trimmed.length === 4 || trimmed.length === 7 ? trimmed.length + 1 : trimmed.length, '0')}`,
      nowMs,
    );
  const parsed = Date.parse(trimmed.replace(/^(\d{4}-\d{2}-\d{2}) (\d)/, '$1T$2'));
  return Number.isNaN(parsed) ? undefined : parsed;
}
