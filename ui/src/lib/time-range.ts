/** The time range that applies to a whole page: relative to now ("last hour") or two fixed times. */
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
  | { readonly kind: 'absolute'; readonly fromMs: number; readonly toMs: number };

export interface ResolvedRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Short: what one looks for first is what is wrong now, and a fresh installation has no more. */
const DEFAULT_RANGE_TEXT = '15m';

/** Offered in the range menu, shortest first. */
export const RANGE_PRESETS: readonly string[] = ['5m', '15m', '30m', '1h', '3h', '6h', '12h', '24h', '2d', '7d', '30d'];

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

/** The range that search parameters describe; the default where they are absent or make no sense. */
export function rangeFromSearch(search: RangeSearch): TimeRange {
  if (search.from !== undefined && search.to !== undefined && search.to > search.from) {
    return { kind: 'absolute', fromMs: search.from, toMs: search.to };
  }
  const text = search.range ?? DEFAULT_RANGE_TEXT;
  const spanMs = parseSpan(text);
  if (spanMs === undefined)
    return { kind: 'relative', spanMs: parseSpan(DEFAULT_RANGE_TEXT)!, text: DEFAULT_RANGE_TEXT };
  return { kind: 'relative', spanMs, text };
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
  return { fromMs: nowMs - range.spanMs, toMs: nowMs };
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
  const spanMs = Math.min((range.toMs - range.fromMs) * 2, MAX_SPAN_MS);
  const middleMs = (range.fromMs + range.toMs) / 2;
  const toMs = Math.min(middleMs + spanMs / 2, Math.max(nowMs, range.toMs));
  return { kind: 'absolute', fromMs: toMs - spanMs, toMs };
}

/** Short text for the top bar: "Last 1 h", or "11-22 14:00 – 15:30". */
export function describeRange(range: TimeRange): string {
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

/** Long text for a tooltip: exact times, the span, how long ago. */
export function describeRangeExactly(range: TimeRange, nowMs: number): string {
  const { fromMs, toMs } = resolveRange(range, nowMs);
  const from = `${formatDate(fromMs)} ${formatClock(fromMs)}`;
  const to = `${formatDate(toMs)} ${formatClock(toMs)}`;
  return `${from} to ${to} (${formatSpan(toMs - fromMs)}, ended ${formatAgo(toMs, nowMs)})`;
}

/**
 * What a person types into the range box: `2h`, `now-2h`, `last 15m`, `2026-11-22 10:00 to 2026-11-22 11:00`,
 * `10:00 to 10:30` (today), epoch seconds or milliseconds on either side. Undefined if it can't be read.
 */
export function parseRangeText(text: string, nowMs: number): TimeRange | undefined {
  const trimmed = text
    .trim()
    .toLowerCase()
    .replace(/^last\s+/, '')
    .replace(/^now\s*-\s*/, '');
  const spanMs = parseSpan(trimmed.replace(/\s+/g, ''));
  if (spanMs !== undefined) return { kind: 'relative', spanMs, text: trimmed.replace(/\s+/g, '') };
  const parts = text.trim().split(/\s+(?:to|–|\.\.)\s+|\s+-\s+|\.\./i);
  if (parts.length !== 2) return undefined;
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
