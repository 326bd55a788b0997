import { ArenaWriter } from '#pdata';

export interface TestSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** Value and time; a bigint is the bits of a value. */
  readonly samples?: readonly (readonly [number | bigint, number])[];
  readonly type?: number;
  readonly help?: string;
  readonly unit?: string;
  readonly createdMs?: number;
  readonly exemplar?: {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
    readonly timestampMs: number;
  };
  /** Writes a Histogram. */
  readonly histogram?: (out: ArenaWriter) => void;
}

function writeSample(out: ArenaWriter, [value, timestampMs]: readonly [number | bigint, number]): void {
  const sample = out.begin(2);
  if (typeof value === 'bigint') out.fixed64Field(1, value);
  else out.doubleField(1, value);
  out.uintField(2, timestampMs);
  out.end(sample);
}

/** A native histogram of integers on its positive side. */
export interface TestHistogram {
  readonly schema: number;
  /** Default: what is in the buckets. */
  readonly count?: number;
  readonly sum: number;
  readonly zero?: number;
  readonly spans: readonly (readonly [offset: number, length: number])[];
  readonly deltas: readonly number[];
  readonly bounds?: readonly number[];
  readonly timeMs: number;
}

export function writeHistogram(out: ArenaWriter, histogram: TestHistogram): void {
  const { schema, sum, zero = 0, spans, deltas, bounds = [], timeMs } = histogram;
  let last = 0;
  let total = zero;
  for (const delta of deltas) {
    last += delta;
    total += last;
  }
  out.uintField(1, histogram.count ?? total);
  out.doubleField(3, sum);
  out.sintField(4, schema);
  out.uintField(6, zero);
  for (const [offset, length] of spans) {
    const span = out.begin(11);
    out.sintField(1, offset);
    out.uintField(2, length);
    out.end(span);
  }
  const list = out.begin(12);
  for (const delta of deltas) out.varint(((delta << 1) ^ (delta >> 31)) >>> 0);
  out.end(list);
  out.uintField(15, timeMs);
  out.fixedListField(16, Float64Array.from(bounds));
}

/** A native histogram whose counts are doubles. */
export interface TestFloatHistogram {
  readonly schema: number;
  readonly count: number;
  readonly sum: number;
  readonly zero?: number;
  /** From bucket 0 on. */
  readonly positive: readonly number[];
  readonly negative?: readonly number[];
  readonly bounds?: readonly number[];
  readonly timeMs: number;
}

export function writeFloatHistogram(out: ArenaWriter, histogram: TestFloatHistogram): void {
  const { schema, count, sum, zero = 0, positive, negative = [], bounds = [], timeMs } = histogram;
  out.doubleField(2, count);
  out.doubleField(3, sum);
  out.sintField(4, schema);
  out.doubleField(7, zero);
  for (const [field, counts] of [
    [8, negative],
    [11, positive],
  ] as const) {
    if (counts.length === 0) continue;
    const span = out.begin(field);
    out.uintField(2, counts.length);
    out.end(span);
    out.fixedListField(field + 2, Float64Array.from(counts));
  }
  out.uintField(15, timeMs);
  out.fixedListField(16, Float64Array.from(bounds));
}

/** A prometheus.WriteRequest. */
export function writeRequestV1(series: readonly TestSeries[]): Uint8Array {
  const out = new ArenaWriter();
  for (const { labels, samples = [], histogram } of series) {
    const one = out.begin(1);
    for (const [name, value] of Object.entries(labels)) {
      const label = out.begin(1);
      out.textField(1, name);
      out.textField(2, value);
      out.end(label);
    }
    for (const sample of samples) writeSample(out, sample);
    if (histogram !== undefined) {
      const message = out.begin(4);
      histogram(out);
      out.end(message);
    }
    out.end(one);
  }
  return out.finish();
}

/** An io.prometheus.write.v2.Request. */
export function writeRequestV2(series: readonly TestSeries[]): Uint8Array {
  const symbols = [''];
  const out = new ArenaWriter();
  const reference = (text: string): number => {
    const at = symbols.indexOf(text);
    return at >= 0 ? at : symbols.push(text) - 1;
  };
  const references = (field: number, labels: Readonly<Record<string, string>>): void => {
    const list = out.begin(field);
    for (const [name, value] of Object.entries(labels)) {
      out.varint(reference(name));
      out.varint(reference(value));
    }
    out.end(list);
  };
  for (const one of series) {
    const message = out.begin(5);
    references(1, one.labels);
    for (const sample of one.samples ?? []) writeSample(out, sample);
    if (one.histogram !== undefined) {
      const histogram = out.begin(3);
      one.histogram(out);
      out.end(histogram);
    }
    if (one.exemplar !== undefined) {
      const exemplar = out.begin(4);
      references(1, one.exemplar.labels);
      out.doubleField(2, one.exemplar.value);
      out.uintField(3, one.exemplar.timestampMs);
      out.end(exemplar);
    }
    const metadata = out.begin(5);
    out.uintField(1, one.type ?? 0);
    out.uintField(3, reference(one.help ?? ''));
    out.uintField(4, reference(one.unit ?? ''));
    out.end(metadata);
    out.uintField(6, one.createdMs ?? 0);
    out.end(message);
  }
  // The table of symbols may stand behind what refers to it.
  for (const symbol of symbols) out.bytesField(4, Buffer.from(symbol));
  return out.finish();
}
