import { goNumber } from '#base';
import { type PromRange, positionOf } from '#lang/promql';

/** What an answer is to be read with: Prometheus' warnings and infos, in its words, each text once, with the place of the last one that says it. */
export class Annotations {
  readonly #notes = new Map<string, Note>();

  add(note: Note): void {
    const key = `${note.level}${note.text}`;
    const known = this.#notes.get(key);
    if (known !== undefined && note.merge !== undefined) note.merge(known);
    else if (known !== undefined || this.#notes.size < MAX_NOTES) this.#notes.set(key, note);
  }

  warn(text: string, range: PromRange): void {
    this.add({ level: 'warning', text, range });
  }

  inform(text: string, range: PromRange): void {
    this.add({ level: 'info', text, range });
  }

  /** Texts with their places in the query, `(line:column)`. */
  texts(level: Note['level'], query: string): string[] {
    return Array.from(this.#notes.values())
      .filter((note) => note.level === level)
      .map((note) => {
        const kind = level === 'warning' ? 'PromQL warning' : 'PromQL info';
        return `${kind}: ${note.text}${note.details?.() ?? ''} (${positionOf(query, note.range.start)})`;
      });
  }
}

/** A query of many series could have as many. */
const MAX_NOTES = 10_000;

export interface Note {
  readonly level: 'warning' | 'info';
  readonly text: string;
  readonly range: PromRange;
  /** What many equal ones say together. */
  readonly details?: () => string;
  /** Takes this one's figures into the one that is there already. */
  readonly merge?: (known: Note) => void;
}

export type HistogramOperation = 'addition' | 'subtraction' | 'aggregation';

/** ` for metric name "x"`, where it has one. */
function ofMetric(name: string): string {
  return name === '' ? '' : ` for metric name ${JSON.stringify(name)}`;
}

const MONOTONICITY_HELP = 'https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile';

export const NOTES = {
  invalidQuantile: (q: number) => `quantile value should be between 0 and 1, got ${goNumber(q)}`,
  invalidRatio: (ratio: number, limit: number) =>
    `ratio value should be between -1 and 1, got ${goNumber(ratio)}, capping to ${goNumber(limit)}`,
  invalidStrategy: (strategy: number) => `strategy should be 0, 1, or 2 (default), using 2, got ${goNumber(strategy)}`,
  badBucketLabel: (name: string, label: string) =>
    `bucket label "le" is missing or has a malformed value of ${JSON.stringify(label)}${ofMetric(name)}`,
  mixedFloatsHistograms: (name: string) =>
    `encountered a mix of histograms and floats for metric name ${JSON.stringify(name)}`,
  mixedAggregation: () => 'encountered a mix of histograms and floats for aggregation',
  mixedClassicNative: (name: string) => `vector contains a mix of classic and native histograms${ofMetric(name)}`,
  notCounter: (name: string) => `this native histogram metric is not a counter: ${JSON.stringify(name)}`,
  notGauge: (name: string) => `this native histogram metric is not a gauge: ${JSON.stringify(name)}`,
  mixedSchemas: (name: string) =>
    `vector contains a mix of histograms with exponential and custom buckets schemas for metric name ${JSON.stringify(name)}`,
  incompatibleBuckets: (operator: string) => `incompatible bucket layout encountered for binary operator ${operator}`,
  sortInRange: () => 'sort is ineffective for range queries since results are always ordered by labels',
  possibleNonCounter: (name: string) =>
    `metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ${JSON.stringify(name)}`,
  possibleNonCounterType: (name: string, type: string) =>
    `metric might not be a counter, __type__ label is not set to "counter" or "histogram", got ${JSON.stringify(type)}: ${JSON.stringify(name)}`,
  incompatibleTypes: (left: string, operator: string, right: string) =>
    `incompatible sample types encountered for binary operator ${JSON.stringify(operator)}: ${left} ${operator} ${right}`,
  ignoredInAggregation: (aggregation: string) => `ignored histogram in ${aggregation} aggregation`,
  ignoredInRange: (name: string) =>
    `ignored histograms in a range containing both floats and histograms for metric name ${JSON.stringify(name)}`,
  nanResult: (name: string) => `input to histogram_quantile has NaN observations, result is NaN${ofMetric(name)}`,
  nanSkew: (name: string) =>
    `input to histogram_quantile has NaN observations, result is skewed higher${ofMetric(name)}`,
  nanExcluded: (name: string) =>
    `input to histogram_fraction has NaN observations, which are excluded from all fractions${ofMetric(name)}`,
  resetCollision: (operation: HistogramOperation) => `conflicting counter resets during histogram ${operation}`,
  reconciledBounds: (operation: HistogramOperation) => `mismatched custom buckets were reconciled during ${operation}`,
  forcedMonotonicity: (name: string) =>
    `input to histogram_quantile needed to be fixed for monotonicity (see ${MONOTONICITY_HELP})${ofMetric(name)}`,
  startTimeOverlap: (name: string) =>
    `sample has start time that overlaps with previous sample timestamp for metric ${JSON.stringify(name)}`,
} as const;
