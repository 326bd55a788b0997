/**
 * What a scrape answers, whatever the format: families of samples, as io.prometheus.client.MetricFamily has them
 * (prometheus/client_model@v0.6.2). Names and labels are final, families and samples in the order in which they are written.
 */

export type FamilyType = 'counter' | 'gauge' | 'summary' | 'untyped' | 'histogram';

export interface ExposedFamily {
  readonly name: string;
  readonly help: string;
  readonly type: FamilyType;
  readonly samples: Iterable<ExposedSample>;
}

/** One series. Which fields count depends on the type of its family. */
export interface ExposedSample {
  readonly labels: LabelSet;
  readonly timestampMs: number | undefined;
  /** When counting began; only the protobuf format has it. */
  readonly createdNs: bigint | undefined;
  /** Of counters and gauges. */
  readonly value: number;
  /** Of a counter. */
  readonly exemplar: ExposedExemplar | undefined;
  readonly summary: ExposedSummary | undefined;
  readonly histogram: ExposedHistogram | undefined;
}

export interface ExposedSummary {
  readonly count: bigint;
  readonly sum: number;
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[];
}

export interface ExposedHistogram {
  readonly count: bigint;
  readonly sum: number;
  /** Ascending; without `+Inf`, unless that has an exemplar. */
  readonly buckets: readonly ExposedBucket[];
  readonly native: NativeHistogram | undefined;
}

export interface ExposedBucket {
  readonly upperBound: number;
  readonly cumulativeCount: bigint;
  readonly exemplar: ExposedExemplar | undefined;
}

/** The part of a native histogram that text formats don't have. */
export interface NativeHistogram {
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: bigint;
  readonly positive: NativeBuckets;
  readonly negative: NativeBuckets;
  readonly exemplars: readonly ExposedExemplar[];
}

export interface NativeBuckets {
  readonly spans: readonly { readonly offset: number; readonly length: number }[];
  /** Each count less the one before it. */
  readonly deltas: readonly bigint[];
}

export interface ExposedExemplar {
  readonly labels: readonly ExposedLabel[];
  readonly value: number;
  readonly timeNs: bigint;
}

export type ExposedLabel = readonly [name: string, value: string];

/** Labels in the order of their names, with the text that most scrapes want. */
export class LabelSet {
  readonly pairs: readonly ExposedLabel[];
  #text: string | undefined = undefined;

  constructor(pairs: readonly ExposedLabel[]) {
    this.pairs = pairs;
  }

  /** `a="b",c="d"`, without braces. */
  get text(): string {
    this.#text ??= labelsText(this.pairs);
    return this.#text;
  }
}

export function labelsText(pairs: readonly ExposedLabel[]): string {
  let text = '';
  for (const [name, value] of pairs) text += `${text === '' ? '' : ','}${quotedName(name)}="${escapeQuoted(value)}"`;
  return text;
}

const LEGACY_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** Whether a name needs no quotes. Labels are judged like metrics, as prometheus/common does. */
export function isLegacyName(name: string): boolean {
  return LEGACY_NAME.test(name);
}

/** A name as it stands in a comment or before `=`. */
export function quotedName(name: string): string {
  return isLegacyName(name) ? name : `"${escapeQuoted(name)}"`;
}

export function escapeQuoted(text: string): string {
  return /[\\"\n]/.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"') : text;
}

/** Of HELP lines in the older text format. */
export function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
