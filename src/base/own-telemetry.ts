/** What a part of the program says of itself: lines of a log, and metrics. src/collector/telemetry has what is behind it. */

/** Logs with a fixed set of fields per component. Rate-limited by the collector; never call it per item. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export type MetricLabels = Readonly<Record<string, string>>;
export interface InstrumentOptions {
  readonly unit: string;
  readonly description: string;
  /** On the metrics page only with `level: detailed`, as in otelcol; the store always has it. */
  readonly isDetailed?: boolean;
}
export interface GaugeOptions extends InstrumentOptions {
  /** What is read only grows: it is published as a sum. */
  readonly isSum?: boolean;
}
/** Adds to a sum. `labels` come on top of the component's own (`receiver`, `processor` or `exporter`). */
export interface Counter {
  add(amount: number): void;
}
export interface HistogramInstrument {
  record(value: number): void;
}
/**
 * The component's own telemetry. Names are otelcol's without the `otelcol_` prefix (research: self-telemetry); instruments with the
 * same name and labels are one. Make instruments once, in the constructor, never per batch.
 */
export interface Meter {
  counter(name: string, options: InstrumentOptions, labels?: MetricLabels): Counter;
  histogram(
    name: string,
    options: InstrumentOptions & { readonly bounds: readonly number[] },
    labels?: MetricLabels,
  ): HistogramInstrument;
  /** `read` is called at each collection. Returns a function that removes the gauge. */
  gauge(name: string, options: GaugeOptions, read: () => number, labels?: MetricLabels): () => void;
}
