/** The payment provider that gets into trouble, and the only region where it does. */
export const TROUBLED_PROVIDER = 'northpay';
export const TROUBLED_REGION = 'eu-west';

const FIRST_START_SECONDS = 30;
const PERIOD_SECONDS = 240;
const LENGTH_SECONDS = 60;

/**
 * The incident that the console can find: every four minutes, for one minute, one payment provider is slow and
 * fails in one region. Nothing in the telemetry says so, other than the telemetry itself.
 */
export class Incident {
  readonly #startedMs: number;

  constructor(startedMs: number = Date.now()) {
    this.#startedMs = startedMs;
  }

  /** Whether a charge through this provider in this region is in trouble now. */
  affects(provider: string, region: string, nowMs: number = Date.now()): boolean {
    if (provider !== TROUBLED_PROVIDER || region !== TROUBLED_REGION) return false;
    const seconds = (nowMs - this.#startedMs) / 1000 - FIRST_START_SECONDS;
    return seconds >= 0 && seconds % PERIOD_SECONDS < LENGTH_SECONDS;
  }
}
