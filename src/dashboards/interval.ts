import { printPromDuration } from '#lang/promql';
import type { TimeSpan } from './time-span.ts';

/**
 * How often series are expected to have a sample, where nobody says. SDKs of OpenTelemetry send every 60 s; with Grafana's own default, 15 s,
 * `$__rate_interval` would be 60 s and hold one sample.
 */
export const DEFAULT_SCRAPE_INTERVAL_MS = 60_000;
/** Prometheus refuses ranges with more points. */
const POINTS_LIMIT = 11_000;

/** Up to the first number (exclusive), in milliseconds, a step is rounded to the second, as in Grafana. */
const ROUNDING: readonly (readonly [below: number, to: number])[] = [
  ...([
    [10, 1],
    [15, 10],
    [35, 20],
    [75, 50],
    [150, 100],
    [350, 200],
    [750, 500],
    [1500, 1000],
  ] as const),
  ...([
    [3500, 2000],
    [7500, 5000],
    [12_500, 10_000],
    [17_500, 15_000],
    [25_000, 20_000],
    [45_000, 30_000],
  ] as const),
  ...([
    [90_000, 60_000],
    [210_000, 120_000],
    [450_000, 300_000],
    [750_000, 600_000],
    [1_050_000, 900_000],
  ] as const),
  ...([
    [1_500_000, 1_200_000],
    [2_700_000, 1_800_000],
    [5_400_000, 3_600_000],
    [9_000_000, 7_200_000],
  ] as const),
  ...([
    [16_200_000, 10_800_000],
    [32_400_000, 21_600_000],
    [86_400_000, 43_200_000],
  ] as const),
  ...([
    [604_800_000, 86_400_000],
    [1_814_400_000, 604_800_000],
    [3_628_800_000, 2_592_000_000],
  ] as const),
];
const YEAR_MS = 31_536_000_000;

export function roundInterval(ms: number): number {
  return ROUNDING.find(([below]) => ms < below)?.[1] ?? YEAR_MS;
}

/** The interval of points for about `count` of them, rounded, and at least `minMs`. */
export function intervalOf({ fromMs, toMs }: TimeSpan, count: number, minMs: number): number {
  return Math.max(minMs, roundInterval((toMs - fromMs) / Math.max(1, count)));
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  M: 2_592_000_000,
  y: YEAR_MS,
};

/** `30s`, `1m30s`, `>1m` (at least), `15` (seconds) → milliseconds; undefined for what is no interval. */
export function parseInterval(text: string): number | undefined {
  const written = text.trim().replace(/^>=?/, '').trim();
  if (/^\d+(\.\d+)?$/.test(written)) return Number(written) * 1000;
  if (!/^(\d+(\.\d+)?\s*(ms|[smhdwMy])\s*)+$/.test(written)) return undefined;
  const pieces = written.matchAll(/(\d+(?:\.\d+)?)\s*(ms|[smhdwMy])/g);
  return Array.from(pieces).reduce((ms, [, number, unit]) => ms + Number(number) * UNITS_MS[unit!]!, 0);
}

/** `1m30s`, which both PromQL and people read. */
export function printInterval(ms: number): string {
  return printPromDuration(Math.max(1, ms));
}

export interface QueryIntervals {
  /** Between two points of the answer. */
  readonly stepMs: number;
  /** `$__interval`. */
  readonly intervalMs: number;
  /** `$__rate_interval`. */
  readonly rateIntervalMs: number;
}

export interface IntervalSettings {
  readonly time: TimeSpan;
  readonly maxDataPoints: number;
  /** `Min step` of the query and `Min interval` of the panel, with variables replaced; empty for none. */
  readonly minStep: string;
  readonly minInterval: string;
  readonly intervalFactor: number;
  readonly scrapeIntervalMs: number;
}

const RATE_INTERVAL = /^\$(__rate_interval|\{__rate_interval\})$/;
const INTERVAL = /^\$(__interval|\{__interval\})$/;

/**
 * The step of a query and its macros. `$__rate_interval` is the bigger of `$__interval` plus one scrape interval and four scrape intervals, where the
 * query's min step is the scrape interval if it has one. Source: Grafana's documentation, "Prometheus template variables".
 */
export function queryIntervals(settings: IntervalSettings): QueryIntervals {
  const { time, maxDataPoints, scrapeIntervalMs } = settings;
  const wantsRate = RATE_INTERVAL.test(settings.minStep.trim());
  const isMacro = wantsRate || INTERVAL.test(settings.minStep.trim());
  const minStepMs = isMacro ? undefined : parseInterval(settings.minStep);
  const minMs = minStepMs ?? parseInterval(settings.minInterval) ?? scrapeIntervalMs;
  const intervalMs = intervalOf(time, maxDataPoints, minMs);
  const scrapeMs = minStepMs ?? scrapeIntervalMs;
  const rateIntervalMs = Math.max(intervalMs + scrapeMs, 4 * scrapeMs);
  const safeMs = Math.ceil((time.toMs - time.fromMs) / POINTS_LIMIT);
  const wantedMs = wantsRate ? rateIntervalMs : intervalMs * Math.max(1, settings.intervalFactor);
  return { stepMs: Math.max(wantedMs, safeMs), intervalMs, rateIntervalMs };
}
