import type { Counter, HistogramInstrument, InstrumentOptions, Meter, MetricLabels } from '#component';

export type InstrumentKind = 'counter' | 'gauge' | 'histogram';

/** One line of a metric: its labels, in order of their names, and what was counted. */
export interface Series {
  readonly labels: readonly (readonly [string, string])[];
  /** Sum of a counter; value of a gauge, read at collection. */
  read(): number;
  readonly histogram: HistogramState | undefined;
}

export interface HistogramState {
  readonly bounds: readonly number[];
  /** One more than bounds: the last counts what is above all of them. */
  readonly counts: Float64Array;
  count: number;
  sum: number;
}

export interface MetricFamily {
  /** Full name: `otelcol_receiver_accepted_spans`, `otelcol.receiver.produced.items`. */
  readonly name: string;
  readonly kind: InstrumentKind;
  readonly unit: string;
  readonly description: string;
  readonly isDetailed: boolean;
  readonly series: ReadonlyMap<string, Series>;
}

interface Family extends MetricFamily {
  readonly series: Map<string, Series>;
}

class CounterSeries implements Series, Counter {
  readonly labels: readonly (readonly [string, string])[];
  readonly histogram = undefined;
  #sum = 0;
  constructor(labels: readonly (readonly [string, string])[]) {
    this.labels = labels;
  }
  add(amount: number): void {
    this.#sum += amount;
  }
  read(): number {
    return this.#sum;
  }
}

class GaugeSeries implements Series {
  readonly labels: readonly (readonly [string, string])[];
  readonly histogram = undefined;
  readonly #read: () => number;
  #last = 0;
  constructor(labels: readonly (readonly [string, string])[], read: () => number) {
    this.labels = labels;
    this.#read = read;
  }
  /** A figure that the machine doesn't give at the moment (no file descriptor is free) stays what it was, and the others are read. */
  read(): number {
    try {
      this.#last = this.#read();
    } catch {
      // The next collection asks again.
    }
    return this.#last;
  }
}

class HistogramSeries implements Series, HistogramInstrument {
  readonly labels: readonly (readonly [string, string])[];
  readonly histogram: HistogramState;
  constructor(labels: readonly (readonly [string, string])[], bounds: readonly number[]) {
    this.labels = labels;
    this.histogram = { bounds, counts: new Float64Array(bounds.length + 1), count: 0, sum: 0 };
  }
  record(value: number): void {
    const { bounds, counts } = this.histogram;
    let at = 0;
    while (at < bounds.length && value > bounds[at]!) at++;
    counts[at]! += 1;
    this.histogram.count++;
    this.histogram.sum += value;
  }
  read(): number {
    return this.histogram.sum;
  }
}

/**
 * Series of a metric at most. Labels may come from outside; what is beyond is counted together, under the label that OpenTelemetry's SDKs
 * use for it (specification, metrics SDK, "Overflow attribute").
 */
const SERIES_LIMIT = 2000;
const OVERFLOW: MetricLabels = { 'otel.metric.overflow': 'true' };

/**
 * The collector's own metrics. Counting is an addition to a field; names and labels are looked at when an instrument is made and
 * when metrics are collected. Counters live as long as the process, so that a reload doesn't reset them.
 */
export class MetricRegistry {
  readonly #families = new Map<string, Family>();

  /** A meter whose instruments all carry `base`. */
  meter(base: MetricLabels = {}): Meter {
    return {
      counter: (name, options, labels) =>
        this.#series(
          name,
          'counter',
          options,
          { ...base, ...labels },
          (own) => new CounterSeries(own),
        ) as CounterSeries,
      histogram: (name, options, labels) =>
        this.#series(
          name,
          'histogram',
          options,
          { ...base, ...labels },
          (own) => new HistogramSeries(own, options.bounds),
        ) as HistogramSeries,
      gauge: (name, options, read, labels) => {
        const all = { ...base, ...labels };
        const family = this.#family(name, options.isSum === true ? 'counter' : 'gauge', options);
        const key = labelKey(all);
        const series = new GaugeSeries(sortedLabels(all), read);
        family.series.set(key, series);
        return () => {
          if (family.series.get(key) === series) family.series.delete(key);
        };
      },
    };
  }

  /** All metrics in order of their names. */
  collect(): readonly MetricFamily[] {
    return [...this.#families.values()]
      .filter((family) => family.series.size > 0)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The sum of one metric over the series that have all of `labels`: for tests and health. */
  total(name: string, labels: MetricLabels = {}): number {
    let sum = 0;
    for (const series of this.#families.get(fullName(name))?.series.values() ?? []) {
      const own = new Map(series.labels);
      if (Object.entries(labels).every(([key, value]) => own.get(key) === value)) sum += series.read();
    }
    return sum;
  }

  #series(
    name: string,
    kind: InstrumentKind,
    options: InstrumentOptions,
    labels: MetricLabels,
    make: (labels: readonly (readonly [string, string])[]) => Series,
  ): Series {
    const family = this.#family(name, kind, options);
    const key = labelKey(labels);
    let series = family.series.get(key);
    if (series === undefined) {
      if (family.series.size >= SERIES_LIMIT && labels !== OVERFLOW)
        return this.#series(name, kind, options, OVERFLOW, make);
      series = make(sortedLabels(labels));
      family.series.set(key, series);
    }
    return series;
  }

  #family(name: string, kind: InstrumentKind, options: InstrumentOptions): Family {
    const full = fullName(name);
    let family = this.#families.get(full);
    if (family === undefined) {
      const { unit, description, isDetailed = false } = options;
      family = { name: full, kind, unit, description, isDetailed, series: new Map() };
      this.#families.set(full, family);
    }
    return family;
  }
}

/** Dotted names are complete (`otelcol.processor.consumed.items`, `signalbox.…`); the others get otelcol's prefix. */
function fullName(name: string): string {
  return name.includes('.') || name.startsWith('otelcol_') ? name : `otelcol_${name}`;
}

function sortedLabels(labels: MetricLabels): (readonly [string, string])[] {
  return Object.entries(labels).sort((a, b) => (a[0] < b[0] ? -1 : 1));
}

function labelKey(labels: MetricLabels): string {
  return sortedLabels(labels)
    .map(([key, value]) => `${key}\u0000${value}`)
    .join('\u0001');
}
