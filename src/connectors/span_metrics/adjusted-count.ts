import { equalAt } from '#base';
import { findField, SPAN, type SpanChunk, textAt } from '#pdata';

/** 2^56: the sampling thresholds of OpenTelemetry are fractions of it. */
const THRESHOLD_HALF = 2 ** 28;
const THRESHOLD_DIGITS = 14;

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

  of(chunk: SpanChunk, row: number): number {
    const { arena, layout } = chunk;
    const state = findField(arena, layout.rowStart[row]!, layout.rowEnd[row]!, SPAN.traceState);
    this.isExtrapolated = false;
    if (state === undefined || state.length === 0) return 1;
    const { at, length } = state;
    if (length !== this.#last.length || !equalAt(arena, at, this.#last, 0, length)) {
      this.#last = arena.slice(at, at + length);
      const count = adjustedCount(textAt(arena, at, length));
      this.#lastIsKnown = count !== undefined;
      this.#lastCount = count ?? 1;
    }
    this.isExtrapolated = this.#lastIsKnown;
    const whole = Math.floor(this.#lastCount);
    const rest = this.#lastCount - whole;
    return rest > 0 && this.#random() < rest ? whole + 1 : whole;
  }
}

/** 1 over the probability that a trace state's threshold gives; undefined where it has none that can be read. */
export function adjustedCount(traceState: string): number | undefined {
  for (const member of traceState.split(',')) {
    const [key, ...rest] = member.trim().split('=');
    if (key !== 'ot') continue;
    for (const field of rest.join('=').split(';')) {
      const digits = /^th:([0-9a-f]{1,14})$/.exec(field)?.[1]?.padEnd(THRESHOLD_DIGITS, '0');
      if (digits === undefined) continue;
      // In two halves, because 56 bits don't fit into a double.
      const high = Number.parseInt(digits.slice(0, 7), 16);
      const low = Number.parseInt(digits.slice(7), 16);
      return THRESHOLD_HALF ** 2 / ((THRESHOLD_HALF - high) * THRESHOLD_HALF - low);
    }
    return undefined;
  }
  return undefined;
}
