import type { Reason } from '#base';
import type { Counter, Meter } from '#component';

/** otelcol's words for what went wrong with a point. */
const ERRORS = {
  series_limit: 'limit',
  older_start: 'delta.ErrOlderStart',
  out_of_order: 'delta.ErrOutOfOrder',
} as const satisfies Partial<Readonly<Record<Reason, string>>>;

export interface Gauges {
  readonly series: () => number;
  readonly limit: () => number;
  readonly maxStaleS: () => number;
}

/** The instruments of otelcol-contrib's processor. */
export class DeltaToCumulativeMetrics {
  readonly #points: Counter;
  readonly #errors = new Map<Reason, Counter>();
  readonly #cancels: readonly (() => void)[];

  constructor(meter: Meter, { series, limit, maxStaleS }: Gauges) {
    const options = { unit: '{datapoint}', description: 'delta points; with `error` those that were left out' };
    this.#points = meter.counter('deltatocumulative_datapoints', options);
    for (const [reason, error] of Object.entries(ERRORS)) {
      this.#errors.set(reason as Reason, meter.counter('deltatocumulative_datapoints', options, { error }));
    }
    const gauge = (name: string, unit: string, description: string, read: () => number): (() => void) =>
      meter.gauge(`deltatocumulative_streams_${name}`, { unit, description }, read);
    this.#cancels = [
      gauge('tracked', '{dps}', 'series that are remembered', series),
      gauge('limit', '{stream}', 'series that may be remembered', limit),
      gauge('max_stale', 's', 'a series without new points for so long is forgotten', maxStaleS),
    ];
  }

  addConverted(count: number): void {
    this.#points.add(count);
  }

  addLeft(reason: Reason, count: number): void {
    this.#errors.get(reason)?.add(count);
  }

  close(): void {
    for (const cancel of this.#cancels) cancel();
  }
}
