import type { Reason } from '#base';
import type { Counter, Meter } from '#component';
import { METRIC_EXPONENTIAL_HISTOGRAM, METRIC_HISTOGRAM, METRIC_SUM } from '#pdata';

const TYPE_NAMES: Readonly<Record<number, string>> = {
  [METRIC_SUM]: 'sum',
  [METRIC_HISTOGRAM]: 'histogram',
  [METRIC_EXPONENTIAL_HISTOGRAM]: 'exponential_histogram',
};
/** otelcol's words for reasons that are its own, too. */
const REASON_NAMES = {
  counter_reset: 'reset',
  first_of_series: 'initial',
  buckets_changed: 'bucket_mismatch',
} as const satisfies Partial<Readonly<Record<Reason, string>>>;

/** The instruments of otelcol-contrib's processor. */
export class CumulativeToDeltaMetrics {
  readonly #converted = new Map<number, Counter>();
  readonly #dropped = new Map<string, Counter>();
  readonly #cancel: () => void;

  constructor(meter: Meter, seriesCount: () => number) {
    for (const [type, name] of Object.entries(TYPE_NAMES)) {
      const labels = { metric_type: name };
      const description = 'data points converted from cumulative to delta';
      const options = { unit: '{datapoint}', description };
      this.#converted.set(Number(type), meter.counter('cumulativetodelta_datapoints', options, labels));
      for (const [reason, word] of Object.entries(REASON_NAMES)) {
        const dropped = {
          unit: '{datapoint}',
          description: 'data points left out because they could not be converted',
        };
        const counter = meter.counter('cumulativetodelta_datapoints_dropped', dropped, { ...labels, reason: word });
        this.#dropped.set(`${type} ${reason}`, counter);
      }
    }
    const gauge = { unit: '{stream}', description: 'series whose last point is remembered' };
    this.#cancel = meter.gauge('cumulativetodelta_streams_tracked', gauge, seriesCount);
  }

  addConverted(type: number, count: number): void {
    this.#converted.get(type)?.add(count);
  }

  addDropped(type: number, reason: Reason, count: number): void {
    this.#dropped.get(`${type} ${reason}`)?.add(count);
  }

  close(): void {
    this.#cancel();
  }
}
