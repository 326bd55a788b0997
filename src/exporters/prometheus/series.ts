import { compareText } from '#base';
import type { ExposedExemplar, ExposedSample, FamilyType, LabelSet } from '#wire';
import { exposeExponential, exposeHistogram, exposeSummary } from './expose.ts';
import type { ExponentialValue, HistogramValue, SummaryValue } from './values.ts';

/** When counting began is believed from this time on, as in otelcol. */
const CREATED_MIN_NS = 1_000_000_000n;

/** The last value of one series. */
export class Series implements ExposedSample {
  readonly family: Family;
  readonly labels: LabelSet;
  /** `job` and `instance`, where the resource has both. */
  readonly target: Target | undefined;
  readonly #hasTimestamp: boolean;
  startNs = 0n;
  timeNs = 0n;
  updatedMs = 0;
  /** It is served no more; a point of it begins another. */
  isGone = false;
  number: number | bigint = 0;
  complex: HistogramValue | ExponentialValue | SummaryValue | undefined = undefined;
  exemplars: readonly ExposedExemplar[] = [];

  constructor(family: Family, labels: LabelSet, target: Target | undefined, hasTimestamp: boolean) {
    this.family = family;
    this.labels = labels;
    this.target = target;
    this.#hasTimestamp = hasTimestamp;
  }

  get timestampMs(): number | undefined {
    return this.#hasTimestamp ? Number(this.timeNs / 1_000_000n) : undefined;
  }

  get createdNs(): bigint | undefined {
    return this.startNs >= CREATED_MIN_NS ? this.startNs : undefined;
  }

  get value(): number {
    return Number(this.number);
  }

  get exemplar(): ExposedExemplar | undefined {
    return this.family.type === 'counter' ? this.exemplars.at(-1) : undefined;
  }

  get summary(): ReturnType<typeof exposeSummary> | undefined {
    return this.complex?.kind === 'summary' ? exposeSummary(this.complex) : undefined;
  }

  get histogram(): ReturnType<typeof exposeHistogram> | undefined {
    if (this.complex?.kind === 'histogram') return exposeHistogram(this.complex, this.exemplars);
    return this.complex?.kind === 'exponential' ? exposeExponential(this.complex, this.exemplars) : undefined;
  }
}

/** Who the resource of a series is: one `target_info` series. */
export class Target {
  readonly key: string;
  info: LabelSet;
  seriesCount = 0;

  constructor(key: string, info: LabelSet) {
    this.key = key;
    this.info = info;
  }
}

/** The series of one name. */
export class Family {
  readonly name: string;
  readonly help: string;
  readonly type: FamilyType;
  /** By the text of their labels: what can't be told apart by a reader is one. */
  readonly #byLabels = new Map<string, Series>();
  #sorted: readonly Series[] | undefined = undefined;

  constructor(name: string, help: string, type: FamilyType) {
    this.name = name;
    this.help = help;
    this.type = type;
  }

  get size(): number {
    return this.#byLabels.size;
  }

  has(labels: LabelSet): boolean {
    return this.#byLabels.has(labels.text);
  }

  add(series: Series): void {
    this.#byLabels.set(series.labels.text, series);
    this.#sorted = undefined;
  }

  delete(series: Series): void {
    this.#byLabels.delete(series.labels.text);
    this.#sorted = undefined;
  }

  /** In the order of a scrape. */
  get samples(): readonly Series[] {
    this.#sorted ??= [...this.#byLabels.values()].sort((one, other) => compareLabels(one.labels, other.labels));
    return this.#sorted;
  }
}

/** By the number of labels and then by their values, whatever their names (client_golang@v1.24.1 MetricSorter). */
export function compareLabels({ pairs: one }: LabelSet, { pairs: other }: LabelSet): number {
  if (one.length !== other.length) return one.length - other.length;
  for (let i = 0; i < one.length; i++) {
    const order = compareText(one[i]![1], other[i]![1]);
    if (order !== 0) return order;
  }
  return 0;
}
