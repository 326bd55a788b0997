import type { Counter, HistogramInstrument, Meter } from '#component';
import type { Signal } from '#pdata';

const NAMES: Readonly<Record<Signal, { readonly items: string; readonly one: string }>> = {
  traces: { items: 'spans', one: 'span' },
  logs: { items: 'logs', one: 'log' },
  metrics: { items: 'metrics', one: 'metric' },
};

/** The instruments of otelcol-contrib's processor; of metrics they count points. */
export class GroupByAttrsMetrics {
  readonly #grouped: Counter;
  readonly #others: Counter;
  readonly #groups: HistogramInstrument;

  constructor(meter: Meter, signal: Signal) {
    const { items, one } = NAMES[signal];
    const counter = (name: string, description: string): Counter =>
      meter.counter(`processor_groupbyattrs_${name}`, { unit: '1', description });
    this.#grouped = counter(`num_grouped_${items}`, `${items} that had attributes to group by`);
    this.#others = counter(`num_non_grouped_${items}`, `${items} that had none`);
    this.#groups = meter.histogram(`processor_groupbyattrs_${one}_groups`, {
      unit: '1',
      description: `resources that a batch of ${items} had afterwards`,
      bounds: [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000],
    });
  }

  add(grouped: number, others: number, groups: number): void {
    this.#grouped.add(grouped);
    this.#others.add(others);
    this.#groups.record(groups);
  }
}
