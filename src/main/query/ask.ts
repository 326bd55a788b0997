import { parsePromDuration } from '#lang/promql';
import { addressesIn } from '../addresses.ts';
import { type Flags, printAddress } from '../flags.ts';
import { sectionOf } from '../section.ts';
import { UsageError } from '../usage.ts';
import { askPrometheus, type PromAnswer } from './answer.ts';
import { withMark } from './mark.ts';

/** As many steps as a terminal has room for. */
export const CHART_STEPS = 160;

/** `--server`, or the one that runs here, without a slash at its end. */
export async function serverOf(flags: Flags): Promise<string> {
  const given = flags.get('server');
  if (given !== undefined) return (/^https?:\/\//.test(given) ? given : `http://${given}`).replace(/\/+$/, '');
  const { server } = addressesIn(await sectionOf(flags), flags);
  return `http://${printAddress(server)}`;
}

export function durationFlag(flags: Flags, name: 'range' | 'step'): number | undefined {
  const text = flags.get(name);
  if (text === undefined) return undefined;
  const ms = durationMs(text);
  if (ms > 0) return ms;
  throw new UsageError(`--${name}: expected a time such as 30s or 1h, got "${text}"`);
}

/** NaN for what is no duration. */
function durationMs(text: string): number {
  try {
    return parsePromDuration(text);
  } catch {
    return Number.NaN;
  }
}

/** `--time` in milliseconds since the epoch: a date with its time, Unix seconds, or so long before now. */
export function momentOf(text: string | undefined, nowMs: number): number {
  if (text === undefined) return nowMs;
  const agoMs = durationMs(text);
  const ms = /^\d+(?:\.\d+)?$/.test(text)
    ? Number(text) * 1000
    : /^\d{4}-\d\d-\d\d/.test(text)
      ? Date.parse(text)
      : nowMs - agoMs;
  if (Number.isFinite(ms) && Math.abs(ms) <= MAX_TIME_MS) return ms;
  throw new UsageError(
    `--time: expected a date with its time, Unix seconds, or how long ago, got "${text}"`,
    '--time 2026-11-29T10:00:00Z, --time 10m',
  );
}

/** The last time that a Date can hold. */
const MAX_TIME_MS = 8.64e15;

/** Asks at `--time`, or over the `--range` before it. `further` are parameters of the query. */
export async function askServer(
  flags: Flags,
  query: string,
  further: Readonly<Record<string, string>> = {},
): Promise<PromAnswer> {
  const rangeMs = durationFlag(flags, 'range');
  const stepMs = durationFlag(flags, 'step');
  if (rangeMs === undefined && stepMs !== undefined) throw new UsageError('--step needs a range', '--range 1h');
  const timeMs = momentOf(flags.get('time'), Date.now());
  const url = await serverOf(flags);
  const end = String(timeMs / 1000);
  const form = { ...further, query };
  try {
    if (rangeMs === undefined) return await askPrometheus(url, '/api/v1/query', { ...form, time: end });
    const step = stepMs === undefined ? Math.max(1, Math.ceil(rangeMs / CHART_STEPS / 1000)) : stepMs / 1000;
    const start = String((timeMs - rangeMs) / 1000);
    return await askPrometheus(url, '/api/v1/query_range', { ...form, start, end, step: String(step) });
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(withMark(error.message, query), error.hint);
    throw error;
  }
}
