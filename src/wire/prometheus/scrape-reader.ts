import { openMetricsNumber } from '#base';
import type { ExemplarInput } from '../build/metrics-builder.ts';
import { type FamilyMetadata, findMetadata } from './metadata.ts';
import { isNumber, parsePrometheusNumber } from './number.ts';
import { PART_NONE, ScrapeSlot } from './point-groups.ts';
import { type ProtobufSample, readPrometheusProtobuf } from './protobuf-reader.ts';
import { ScrapeLimit } from './scrape-limit.ts';
import type { Label, Nativeness, ScrapeMetrics } from './scrape-metrics.ts';
import { latin1 } from './text-bytes.ts';
import { ENTRY_END, ENTRY_HELP, ENTRY_SERIES, ENTRY_TYPE, type LabelPairs } from './text-entries.ts';
import { PrometheusTextReader } from './text-reader.ts';

export interface ScrapeOptions {
  readonly format: 'text' | 'openmetrics' | 'protobuf';
  /** Takes the times that the target gives. */
  readonly honorsTimestamps: boolean;
  /** Tells also of samples with a time of their own when they have gone. */
  readonly tracksTimestamps: boolean;
  /** Samples that a scrape may have; 0 for any number. */
  readonly sampleLimit: number;
  /** Series that may be remembered, new ones included. */
  readonly seriesLimit: number;
  /** Samples with a later time are refused. Milliseconds since the epoch. */
  readonly latestMs: number;
  /** Keeps the body, so that the next scrape can be compared with it; else each line is looked at anew. */
  readonly keepsBody: boolean;
  /** Native histograms where the target has them; else their classic form. */
  readonly takesNative: boolean;
  /** The classic form besides the native one. */
  readonly takesClassicToo: boolean;
  /** Buckets that a native histogram may have; 0 for any number. */
  readonly bucketLimit: number;
  /** The finest scale of a native histogram; finer ones are made coarser. */
  readonly maxScale: number;
}

/** Makes the labels of a series out of those that the target gives. Throws a ScrapeLimit. */
export interface SeriesRules {
  /** Sorted by name; undefined where the series is left out. */
  resolve(labels: LabelPairs): readonly Label[] | undefined;
}

export interface ScrapeCounts {
  /** Samples that the target exposed. */
  scraped: number;
  /** Of these, those that the relabelling has left. */
  kept: number;
  /** Series that were not there in the scrape before. */
  added: number;
  /** Samples that came twice, with times that don't fit or make no point. */
  unusable: number;
}

const NO_BYTES = new Uint8Array(0);

/** The lines of a scrape, in their order: from, to in the body, and the slot of a series; metadata has none. */
class Lines {
  body: Uint8Array = NO_BYTES;
  count = 0;
  from = new Uint32Array(64);
  to = new Uint32Array(64);
  readonly slots: (ScrapeSlot | undefined)[] = [];

  add(from: number, to: number, slot: ScrapeSlot | undefined): void {
    const at = this.count++;
    if (at === this.from.length) {
      this.from = grown(this.from);
      this.to = grown(this.to);
    }
    this.from[at] = from;
    this.to[at] = to;
    this.slots[at] = slot;
  }

  forgetBody(): void {
    this.body = NO_BYTES;
    this.from.fill(0, 0, this.count);
    this.to.fill(0, 0, this.count);
  }

  reset(body: Uint8Array): void {
    this.body = body;
    this.count = 0;
    this.slots.length = 0;
  }
}

function grown(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/**
 * Reads the scrapes of one target, one after the other. A target says the same again and again, but for the values: each line is compared
 * with the line that stood in its place in the scrape before, and where they are the same nothing is made of its labels.
 */
export class ScrapeReader {
  readonly #metrics: ScrapeMetrics;
  readonly #rules: SeriesRules;
  #before = new Lines();
  #now = new Lines();
  /** Whether what is missing was told already. */
  #isStale = true;
  /** Changes with the type of some family: then all series are looked at again. */
  #generation = 1;
  /** Of series without a line: those of protobuf. */
  readonly #byKey = new Map<string, ScrapeSlot>();
  #counts: ScrapeCounts = { scraped: 0, kept: 0, added: 0, unusable: 0 };
  #options!: ScrapeOptions;

  constructor(metrics: ScrapeMetrics, rules: SeriesRules) {
    this.#metrics = metrics;
    this.#rules = rules;
  }

  /** Series of the last scrape. */
  get seriesCount(): number {
    return this.#before.count;
  }

  /** Bytes that are kept of it. */
  get keptBytes(): number {
    return this.#before.body.length;
  }

  /** Reads a body into the metrics. Throws a DecodeError or a ScrapeLimit, and then all of it counts as not read: see `missed`. */
  read(body: Uint8Array, options: ScrapeOptions): ScrapeCounts {
    this.#options = options;
    this.#counts = { scraped: 0, kept: 0, added: 0, unusable: 0 };
    this.#now.reset(body);
    if (options.format === 'protobuf') this.#readProtobuf(body);
    else this.#readText(new PrometheusTextReader(body, options.format === 'openmetrics'));
    this.#tellStale();
    const before = this.#before;
    this.#before = this.#now;
    this.#now = before;
    before.reset(NO_BYTES);
    if (!options.keepsBody) this.#before.forgetBody();
    this.#isStale = false;
    return this.#counts;
  }

  /** There was no scrape, or it couldn't be read: the series of the one before are gone. */
  missed(): void {
    this.#now.reset(NO_BYTES);
    if (this.#isStale) return;
    this.#isStale = true;
    for (let i = 0; i < this.#before.count; i++) {
      const slot = this.#before.slots[i];
      if (slot?.isTracked === true && slot.part !== PART_NONE) this.#metrics.markStale(slot);
    }
  }

  /** After `finish` of the metrics: forgets the series that were missed in a scrape that others were in. */
  forgetStale(): void {
    const { scrape } = this.#metrics;
    const gone = this.#gone.filter((slot) => slot.seen !== scrape);
    this.#gone = [];
    if (gone.length === 0) return;
    const set = new Set(gone);
    for (const [key, slot] of this.#byKey) if (set.has(slot)) this.#byKey.delete(key);
    this.#metrics.forget(gone);
  }

  #gone: ScrapeSlot[] = [];

  #tellStale(): void {
    const { scrape } = this.#metrics;
    const { slots, count } = this.#before;
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      if (slot === undefined || slot.seen === scrape || slot.part === PART_NONE) continue;
      if (!this.#isStale && slot.isTracked) this.#metrics.markStale(slot);
      this.#gone.push(slot);
    }
  }

  #readText(reader: PrometheusTextReader): void {
    const before = this.#before;
    const previous = before.body;
    const now = this.#now;
    let index: Map<string, number> | undefined;
    let at = 0;
    for (;;) {
      reader.skipTrivia();
      if (at < before.count) {
        const slot = before.slots[at];
        const from = before.from[at]!;
        const to = before.to[at]!;
        if (slot === undefined ? reader.matchesLine(previous, from, to) : reader.matchesSeries(previous, from, to)) {
          at++;
          now.add(reader.from, reader.to, slot && this.#sample(reader, slot));
          continue;
        }
      }
      const entry = reader.next();
      if (entry === ENTRY_END) return;
      let slot: ScrapeSlot | undefined;
      if (entry === ENTRY_SERIES) {
        index ??= indexOf(before);
        const known = index.get(latin1(reader.bytes, reader.from, reader.to));
        if (known !== undefined) at = known + 1;
        slot = this.#sample(reader, known === undefined ? undefined : before.slots[known]);
      } else this.#metadata(entry, reader.name, reader.text);
      now.add(reader.from, reader.to, slot);
    }
  }

  #sample(reader: PrometheusTextReader, known: ScrapeSlot | undefined): ScrapeSlot {
    let slot = known;
    if (slot === undefined || slot.generation !== this.#generation) {
      slot = this.#resolve(reader.labels(), 'classic');
    }
    const exemplars = reader.hasExemplar
      ? [this.#exemplar(reader.exemplarLabels(), reader.exemplarValue, reader.exemplarMs)]
      : undefined;
    this.#record(slot, reader.value, reader.timestampMs, exemplars);
    return slot;
  }

  #resolve(labels: LabelPairs, nativeness: Nativeness): ScrapeSlot {
    if (this.#now.count >= this.#options.seriesLimit) {
      throw new ScrapeLimit(`more series than the limit of ${this.#options.seriesLimit}`);
    }
    const resolved = this.#rules.resolve(this.#withPlainNumbers(labels));
    const slot =
      resolved === undefined ? new ScrapeSlot(PART_NONE, undefined) : this.#metrics.slot(resolved, nativeness);
    if (slot.generation === 0 && slot.part !== PART_NONE) this.#counts.added++;
    slot.generation = this.#generation;
    return slot;
  }

  /** `le` and `quantile` are written in one way, whatever the target's is, so that rules for labels find them. */
  #withPlainNumbers(labels: LabelPairs): LabelPairs {
    const at = labels.findIndex(([name]) => name === 'le' || name === 'quantile');
    if (at < 0) return labels;
    const { type } = findMetadata(labels[0]![1], this.#metrics.metadata).metadata;
    const [name, text] = labels[at]!;
    if (type !== (name === 'le' ? 'histogram' : 'summary')) return labels;
    const value = parsePrometheusNumber(text);
    return isNumber ? labels.with(at, [name, openMetricsNumber(value)]) : labels;
  }

  #record(slot: ScrapeSlot, value: number, timestampMs: number, exemplars: ExemplarInput[] | undefined): boolean {
    const counts = this.#counts;
    const { honorsTimestamps, tracksTimestamps, sampleLimit, latestMs } = this.#options;
    counts.scraped++;
    if (slot.part === PART_NONE) return false;
    counts.kept++;
    if (sampleLimit > 0 && counts.kept > sampleLimit)
      throw new ScrapeLimit(`more samples than sample_limit ${sampleLimit}`);
    const time = honorsTimestamps ? timestampMs : Number.NaN;
    if (time > latestMs || !this.#metrics.record(slot, value, time)) {
      counts.unusable++;
      return false;
    }
    slot.isTracked = tracksTimestamps || Number.isNaN(time);
    slot.exemplars = exemplars;
    return true;
  }

  #metadata(entry: number, name: string, text: string): void {
    const { metadata } = this.#metrics;
    let known = metadata.get(name);
    if (known === undefined) {
      known = { type: 'unknown', help: '', unit: '' };
      metadata.set(name, known);
      this.#dropOldMetadata();
    }
    if (entry === ENTRY_TYPE) this.#setType(known, text);
    else if (entry === ENTRY_HELP) known.help = text;
    else known.unit = text;
  }

  #setType(known: FamilyMetadata, type: string): void {
    if (known.type === type) return;
    known.type = type;
    this.#generation++;
  }

  /** Metadata has no end of its own: a target that renames its metrics all the time must not fill the memory. */
  #dropOldMetadata(): void {
    const { metadata } = this.#metrics;
    if (metadata.size <= this.#options.seriesLimit) return;
    const [oldest] = metadata.keys();
    metadata.delete(oldest!);
  }

  #readProtobuf(body: Uint8Array): void {
    readPrometheusProtobuf(body, {
      family: (name, type, help, unit) => {
        this.#metadata(ENTRY_TYPE, name, type);
        const known = this.#metrics.metadata.get(name)!;
        known.help = help;
        known.unit = unit;
      },
      takesNative: this.#options.takesNative,
      takesClassicToo: this.#options.takesClassicToo,
      bucketLimit: this.#options.bucketLimit,
      maxScale: this.#options.maxScale,
      sample: (sample) => this.#protobufSample(sample),
    });
  }

  #protobufSample({ labels, value, timestampMs, createdMs, exemplars, native, nativeness }: ProtobufSample): void {
    let key: string = nativeness;
    for (const [name, text] of labels) key += `${name.length}:${name}${text.length}:${text}`;
    let slot = this.#byKey.get(key);
    if (slot === undefined || slot.generation !== this.#generation) {
      slot = this.#resolve(labels, nativeness);
      this.#byKey.set(key, slot);
    }
    const inputs = exemplars.map((one) => this.#exemplar(one.labels, one.value, one.timestampMs));
    if (this.#record(slot, value, timestampMs, inputs.length === 0 ? undefined : inputs)) {
      slot.native = native;
      slot.createdMs = createdMs;
    }
    this.#now.add(0, 0, slot);
  }

  /** One without a time is as old as the scrape. */
  #exemplar(labels: LabelPairs, value: number, timestampMs: number): ExemplarInput {
    return exemplarOf(labels, value, Number.isNaN(timestampMs) ? this.#metrics.timeMs : timestampMs);
  }
}

/** Where each series stands; made only where the order of lines has changed. */
function indexOf(lines: Lines): Map<string, number> {
  const index = new Map<string, number>();
  for (let i = 0; i < lines.count; i++) {
    if (lines.slots[i] !== undefined) index.set(latin1(lines.body, lines.from[i]!, lines.to[i]!), i);
  }
  return index;
}

/** Ids of the right size become those of OTLP; other labels are attributes. */
export function exemplarOf(labels: LabelPairs, value: number, timestampMs: number): ExemplarInput {
  const attributes: [string, string][] = [];
  let traceId = '';
  let spanId = '';
  for (const [name, text] of labels) {
    if (text === '' && /^(trace|span)_id$/i.test(name)) continue;
    if (/^trace_id$/i.test(name) && /^[0-9a-f]{32}$/i.test(text) && !/^0+$/.test(text)) traceId = text;
    else if (/^span_id$/i.test(name) && /^[0-9a-f]{16}$/i.test(text) && !/^0+$/.test(text)) spanId = text;
    else attributes.push([name, text]);
  }
  const timeNs = BigInt(Math.round(timestampMs)) * 1_000_000n;
  return { timeNs, value, traceId, spanId, attributes };
}
