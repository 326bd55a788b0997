/**
 * Measured values most often have a few decimals: 21.53 is 2153 / 10^2. As such integers they take a third of the bytes on disk, because
 * the differences of neighbours are small. A value is only kept so where the division gives back the very same double.
 */

/** More decimals than this are kept as doubles. */
const MOST_DECIMALS = 9;

const POWERS = Float64Array.from({ length: MOST_DECIMALS + 1 }, (_, decimals) => 10 ** decimals);
/** After so many values of a run that are no decimals, the rest of the run is only tried with what was found until then. */
const FAILURES = 8;
const SLOTS = 4096;

/** `value` times 10^decimals where that is an integer that stands for exactly `value`; NaN where not. */
export function scaledInteger(value: number, decimals: number): number {
  const power = POWERS[decimals]!;
  const integer = Math.round(value * power);
  if (integer / power !== value || integer > Number.MAX_SAFE_INTEGER || integer < Number.MIN_SAFE_INTEGER)
    return Number.NaN;
  // -0 is a double of its own.
  return integer === 0 && Object.is(value, -0) ? Number.NaN : integer;
}

/**
 * How many decimals the values of a metric have. All values of a run get as many, so that neighbours differ by little; what a metric needed
 * before is remembered by its hash, because a run may be one value, and 2.50 needs one digit less than its neighbours.
 */
export class Decimals {
  readonly #known = new Uint8Array(SLOTS);
  readonly #runs = new Uint8Array(SLOTS);

  /** The least number of decimals for `values` at `rows[from, to)`, or at [from, to) without rows. */
  of(values: Float64Array, rows: Uint32Array | undefined, from: number, to: number, metricHash: number): number {
    let needed = 0;
    let failures = 0;
    for (let i = from; i < to; i++) {
      const value = values[rows === undefined ? i : rows[i]!]!;
      if (!Number.isNaN(scaledInteger(value, needed))) continue;
      if (failures >= FAILURES) continue;
      let decimals = needed + 1;
      while (decimals <= MOST_DECIMALS && Number.isNaN(scaledInteger(value, decimals))) decimals++;
      if (decimals > MOST_DECIMALS) failures++;
      else needed = decimals;
    }
    return this.#remember(needed, metricHash);
  }

  /** The larger of what is needed now and before; every 256 runs only now counts. */
  #remember(needed: number, metricHash: number): number {
    const slot = metricHash & (SLOTS - 1);
    const run = (this.#runs[slot]! + 1) & 0xff;
    this.#runs[slot] = run;
    const known = this.#known[slot]!;
    if (needed > known || run === 0) {
      this.#known[slot] = needed;
      return needed;
    }
    return known;
  }
}
