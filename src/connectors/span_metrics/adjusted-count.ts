import { equalAt } from '#base';
import { SamplingState, textAt } from '#pdata';

/**
 * For how many spans one stands: 1 without a sampling threshold in its trace state (`ot=th:…`), else what was thrown away with it counts,
 * rounded by chance so that sums come out right (OpenTelemetry's "TraceState: Probability Sampling"; otelcol-contrib pkg/sampling).
 */
export class AdjustedCounts {
  readonly #random: () => number;
  /** The last trace state; spans of a trace come together. */
  #last: Uint8Array = new Uint8Array(0);
  #lastCount = 1;
  #lastIsKnown = false;
  /** Of the last `of`: whether the span had a threshold. */
  isExtrapolated = false;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Of the span whose trace state lies at `arena[at, at + length)`; a length of 0 for none. */
  of(arena: Uint8Array, at: number, length: number): number {
    this.isExtrapolated = false;
    if (length === 0) return 1;
    if (length !== this.#last.length || !equalAt(arena, at, this.#last, 0, length)) {
      this.#last = arena.slice(at, at + length);
      const count = SamplingState.parse(textAt(arena, at, length))?.adjustedCount ?? 0;
      this.#lastIsKnown = count > 0;
      this.#lastCount = count || 1;
    }
    this.isExtrapolated = this.#lastIsKnown;
    const whole = Math.floor(this.#lastCount);
    const rest = this.#lastCount - whole;
    return rest > 0 && this.#random() < rest ? whole + 1 : whole;
  }
}
