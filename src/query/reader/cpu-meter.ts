/** CPU of a process over its last interval, from readings of how much it has used. Looking does not start a new interval. */

interface Reading {
  readonly atMs: number;
  readonly cpuMs: number;
}

/** An interval is at least so long: below, what is asked right now would be most of what is seen. */
const MIN_INTERVAL_MS = 4_000;
const KEPT_READINGS = 60;

export class CpuMeter {
  /** The oldest first, at least a second apart. */
  readonly #readings: Reading[] = [];

  /** `cpuMs`: since the process began. `atMs`: by a clock that does not jump. */
  add(atMs: number, cpuMs: number): void {
    const last = this.#readings.at(-1);
    // A process that began again has used less than before.
    if (last !== undefined && cpuMs < last.cpuMs) this.#readings.length = 0;
    else if (last !== undefined && atMs - last.atMs < 1000) return;
    if (this.#readings.length === KEPT_READINGS) this.#readings.shift();
    this.#readings.push({ atMs, cpuMs });
  }

  /** Of one core, up to `now`; undefined without a reading that is old enough. */
  percent(now: Reading): number | undefined {
    const before = this.#readings.findLast(({ atMs }) => now.atMs - atMs >= MIN_INTERVAL_MS);
    if (before === undefined || now.cpuMs < before.cpuMs) return undefined;
    return ((now.cpuMs - before.cpuMs) / (now.atMs - before.atMs)) * 100;
  }
}
