import { type AnyValue, TEMPORALITY_CUMULATIVE, valueText } from '#pdata';
import { type ExemplarInput, type MetricBuilder, MetricsBuilder, type Series } from '#wire';

const SCOPE_NAME = 'exceptionsconnector';
/** Messages of exceptions come from outside, and some are of any length. */
const SERIES_LIMIT = 50_000;
const KEYS_LIMIT = 32 * 1024 * 1024;
/** Of a series, between two points. */
const EXEMPLARS_LIMIT = 100;
const NO_TRACE = '0'.repeat(32);

interface Count {
  readonly series: Series<number | bigint>;
  total: number;
  exemplars: { readonly value: number; readonly traceId: string; readonly spanId: string }[];
}

/** How many exceptions there have been since the start, by their attributes. What comes beyond the limits goes into one series. */
export class ExceptionCounts {
  readonly #startNs: bigint;
  readonly #exemplarsEnabled: boolean;
  readonly #builder = new MetricsBuilder();
  readonly #exceptions: MetricBuilder<number | bigint>;
  readonly #counts = new Map<string, Count>();
  #keysLength = 0;
  #overflow: Count | undefined;

  constructor(startNs: bigint, exemplarsEnabled: boolean) {
    this.#startNs = startNs;
    this.#exemplarsEnabled = exemplarsEnabled;
    this.#exceptions = this.#builder
      .group({ scope: { name: SCOPE_NAME } })
      .sum('exceptions', { temporality: TEMPORALITY_CUMULATIVE, isMonotonic: true });
  }

  get size(): number {
    return this.#counts.size;
  }

  /** Ids are hexadecimal. */
  add(attributes: readonly (readonly [string, AnyValue])[], traceId: string, spanId: string): void {
    const key = attributes.map(([name, value]) => `${name}\0${typeof value} ${valueText(value)}`).join('\0');
    const count = this.#counts.get(key) ?? this.#newCount(key, attributes);
    count.total++;
    if (!this.#exemplarsEnabled || traceId === '' || traceId === NO_TRACE) return;
    if (count.exemplars.length < EXEMPLARS_LIMIT) count.exemplars.push({ value: count.total, traceId, spanId });
  }

  #newCount(key: string, attributes: readonly (readonly [string, AnyValue])[]): Count {
    if (this.#counts.size >= SERIES_LIMIT || this.#keysLength + key.length > KEYS_LIMIT) {
      this.#overflow ??= this.#countOf({ 'otel.metric.overflow': true });
      return this.#overflow;
    }
    const count = this.#countOf(attributes);
    this.#counts.set(key, count);
    this.#keysLength += key.length;
    return count;
  }

  #countOf(attributes: Parameters<MetricBuilder<number | bigint>['series']>[0]): Count {
    return { series: this.#exceptions.series(attributes), total: 0, exemplars: [] };
  }

  /** The request with a point of each series, and how many they are. */
  collect(timeNs: bigint): { readonly body: Uint8Array; readonly points: number } {
    const counts = [...this.#counts.values(), ...(this.#overflow === undefined ? [] : [this.#overflow])];
    for (const count of counts) {
      const exemplars = count.exemplars.map((exemplar): ExemplarInput => ({ ...exemplar, timeNs }));
      count.series.add(timeNs, BigInt(count.total), this.#startNs, { exemplars });
      count.exemplars = [];
    }
    const body = this.#builder.body();
    this.#builder.clear();
    return { body, points: counts.length };
  }
}
