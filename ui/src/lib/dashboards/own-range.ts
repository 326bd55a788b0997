import type { Dashboard } from '#dashboards';
import { parseSpan, type RangeSearch, rangeToSearch } from '../time-range.ts';

const SINCE = /^now-(\d+[smhdw])$/;

/**
 * The range that a dashboard is made for, as search parameters: `now-6h` to now, or two times. None where it is the console's own, or where Grafana
 * rounds it (`now/d`), which the console has no word for.
 */
export function ownRangeSearch({ from, to }: Pick<Dashboard, 'from' | 'to'>): RangeSearch {
  const text = SINCE.exec(from)?.[1];
  const spanMs = text === undefined ? undefined : parseSpan(text);
  if (text !== undefined && spanMs !== undefined && to === 'now')
    return rangeToSearch({ kind: 'relative', spanMs, text });
  const [fromMs, toMs] = [timeMs(from), timeMs(to)];
  return fromMs < toMs ? rangeToSearch({ kind: 'absolute', fromMs, toMs }) : {};
}

/** Grafana writes ISO 8601 or milliseconds; NaN for anything else. */
function timeMs(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  return /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
}
