import { DecodeError, excerpt } from '#base';
import { type NativeSide, newSide, readSpan } from '../prometheus/native-histogram.ts';
import { ProtoReader } from '../proto-reader.ts';

/** Names and values, in any order, `__name__` among them. */
export type RequestLabels = readonly (readonly [string, string])[];

/** A series as a request of remote write has it, in either version of the protocol. */
export interface RequestSeries {
  readonly labels: RequestLabels;
  /** `counter` and so on; `unknown` where that isn't said. */
  type: string;
  help: string;
  unit: string;
  /** When it began; 0 where that isn't said. */
  createdMs: number;
  readonly samples: RequestSample[];
  readonly histograms: RequestHistogram[];
  readonly exemplars: RequestExemplar[];
}
export interface RequestSample {
  readonly value: number;
  readonly timestampMs: number;
  readonly startMs: number;
  /** The series ends here. */
  readonly isStale: boolean;
}
export interface RequestExemplar {
  readonly labels: RequestLabels;
  readonly value: number;
  readonly timestampMs: number;
}
export interface RequestHistogram {
  count: number;
  sum: number;
  isStale: boolean;
  /** Its counts may have fractions. */
  isFloat: boolean;
  /** It may fall without having begun anew. */
  isGauge: boolean;
  scale: number;
  zeroThreshold: number;
  zeroCount: number;
  timestampMs: number;
  startMs: number;
  readonly positive: NativeSide;
  readonly negative: NativeSide;
  /** Bounds, where `scale` says that they are chosen: `CUSTOM_BOUNDS`. */
  readonly bounds: number[];
}
export interface RequestMetadata {
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

export const CUSTOM_BOUNDS = -53;
const TYPES = ['unknown', 'counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset'];
/** The NaN that says that a series has ended (prometheus/model/value). */
const STALE = 0x7ff0_0000_0000_0002n;
/** The reset hint of a gauge. */
const HINT_GAUGE = 3;
const scratch = new DataView(new ArrayBuffer(8));

/** Beyond these a request is refused, for whoever reads it: a few bytes on the wire are many in memory. */
export const REQUEST_LIMITS = { labels: 1000, symbols: 500_000, metadata: 50_000, samples: 500_000 } as const;

/** The series of a prometheus.WriteRequest, one by one. Throws a DecodeError. */
export function* readWriteRequestV1(body: Uint8Array): Generator<RequestSeries> {
  const metadata = readMetadataV1(body);
  const count = new SampleCount();
  const request = new ProtoReader(body);
  while (request.next()) {
    if (request.field !== 1) {
      request.skip();
      continue;
    }
    const series = readSeriesV1(request.message(), count);
    yield Object.assign(series, metadata.get(nameOf(series)));
  }
}

/** By the names of metrics. */
export function readMetadataV1(body: Uint8Array): ReadonlyMap<string, RequestMetadata> {
  const metadata = new Map<string, RequestMetadata>();
  const request = new ProtoReader(body);
  const count = new SampleCount();
  while (request.next()) {
    if (request.field !== 3) {
      count.add();
      request.skip();
    } else if (metadata.size < REQUEST_LIMITS.metadata) metadata.set(...readMetadata(request.message()));
    else throw new DecodeError(`more than ${REQUEST_LIMITS.metadata} metadata in one request`);
  }
  return metadata;
}

/** Series and samples of one request. */
export class SampleCount {
  #count = 0;

  add(count = 1): void {
    this.#count += count;
    if (this.#count > REQUEST_LIMITS.samples)
      throw new DecodeError(`more than ${REQUEST_LIMITS.samples} series and samples in one request`);
  }
}

function addLabel(labels: [string, string][], pair: [string, string]): void {
  if (labels.length >= REQUEST_LIMITS.labels)
    throw new DecodeError(`more than ${REQUEST_LIMITS.labels} labels in one series`);
  labels.push(pair);
}

export function readSeriesV1(message: ProtoReader, count: SampleCount): RequestSeries {
  const labels: [string, string][] = [];
  const series = newRequestSeries(labels);
  count.add();
  while (message.next()) {
    if (message.field >= 2 && message.field <= 4) count.add();
    if (message.field === 1) addLabel(labels, readPair(message.message()));
    else if (message.field === 2) series.samples.push(readSample(message.message()));
    else if (message.field === 3) series.exemplars.push(readExemplar(message.message(), readPair));
    else if (message.field === 4) series.histograms.push(readHistogram(message.message()));
    else message.skip();
  }
  return series;
}

function readMetadata(message: ProtoReader): [string, RequestMetadata] {
  let name = '';
  let type = 0;
  let help = '';
  let unit = '';
  while (message.next()) {
    if (message.field === 1) type = message.uint32();
    else if (message.field === 2) name = message.text();
    else if (message.field === 4) help = message.text();
    else if (message.field === 5) unit = message.text();
    else message.skip();
  }
  return [name, { type: TYPES[type] ?? 'unknown', help, unit }];
}

/** The series of an io.prometheus.write.v2.Request, one by one: texts stand once, in a table. Throws a DecodeError. */
export function* readWriteRequestV2(body: Uint8Array): Generator<RequestSeries> {
  const symbols: string[] = [];
  const table = new ProtoReader(body);
  while (table.next()) {
    if (table.field !== 4) table.skip();
    else if (symbols.length < REQUEST_LIMITS.symbols) symbols.push(table.text());
    else throw new DecodeError(`more than ${REQUEST_LIMITS.symbols} symbols in one request`);
  }
  const count = new SampleCount();
  const request = new ProtoReader(body);
  while (request.next()) {
    if (request.field !== 5) {
      request.skip();
      continue;
    }
    if (symbols[0] !== '') throw new DecodeError('the first symbol must be empty');
    yield readSeriesV2(request.message(), symbols, count);
  }
}

export function readSeriesV2(message: ProtoReader, symbols: readonly string[], count: SampleCount): RequestSeries {
  const references: number[] = [];
  const labels: [string, string][] = [];
  const series = newRequestSeries(labels);
  const text = (reference: number): string => symbolOf(symbols, reference);
  count.add();
  while (message.next()) {
    if (message.field >= 2 && message.field <= 4) count.add();
    if (message.field === 1) message.uint32s(references);
    else if (message.field === 2) series.samples.push(readSample(message.message()));
    else if (message.field === 3) series.histograms.push(readHistogram(message.message()));
    else if (message.field === 4) series.exemplars.push(readExemplarV2(message.message(), symbols));
    else if (message.field === 5) readMetadataV2(message.message(), series, text);
    else if (message.field === 6) series.createdMs = message.int();
    else message.skip();
  }
  for (const pair of pairsOf(references, symbols)) labels.push(pair);
  return series;
}

function readMetadataV2(message: ProtoReader, series: RequestSeries, text: (reference: number) => string): void {
  while (message.next()) {
    if (message.field === 1) series.type = TYPES[message.uint32()] ?? 'unknown';
    else if (message.field === 3) series.help = text(message.uint32());
    else if (message.field === 4) series.unit = text(message.uint32());
    else message.skip();
  }
}

function symbolOf(symbols: readonly string[], reference: number): string {
  const text = symbols[reference];
  if (text === undefined) throw new DecodeError(`symbol ${reference} of ${symbols.length}`);
  return text;
}

function pairsOf(references: readonly number[], symbols: readonly string[]): [string, string][] {
  if (references.length % 2 !== 0) throw new DecodeError('an odd number of references to labels');
  const pairs: [string, string][] = [];
  for (let i = 0; i < references.length; i += 2) {
    addLabel(pairs, [symbolOf(symbols, references[i]!), symbolOf(symbols, references[i + 1]!)]);
  }
  return pairs;
}

export function nameOf({ labels }: RequestSeries): string {
  return labels.find(([name]) => name === '__name__')?.[1] ?? '';
}

/** What is wrong with the names of labels; undefined where nothing is. */
export function labelMistake(labels: RequestLabels): string | undefined {
  const names = new Set<string>();
  for (const [name] of labels) {
    if (name === '') return 'a label without a name';
    if (names.has(name)) return `the label "${excerpt(name)}" twice in one series`;
    names.add(name);
  }
  return undefined;
}

/** A series without any sample yet. */
export function newRequestSeries(labels: RequestSeries['labels']): RequestSeries {
  return { labels, type: 'unknown', help: '', unit: '', createdMs: 0, samples: [], histograms: [], exemplars: [] };
}

function readPair(message: ProtoReader): [string, string] {
  let name = '';
  let value = '';
  while (message.next()) {
    if (message.field === 1) name = message.text();
    else if (message.field === 2) value = message.text();
    else message.skip();
  }
  return [name, value];
}

function readSample(message: ProtoReader): RequestSample {
  let bits = 0n;
  let timestampMs = 0;
  let startMs = 0;
  while (message.next()) {
    if (message.field === 1) bits = message.fixed64();
    else if (message.field === 2) timestampMs = message.int();
    else if (message.field === 3) startMs = message.int();
    else message.skip();
  }
  return { value: doubleOf(bits), timestampMs, startMs, isStale: bits === STALE };
}

function doubleOf(bits: bigint): number {
  scratch.setBigUint64(0, bits);
  return scratch.getFloat64(0);
}

function readExemplar(message: ProtoReader, label: (message: ProtoReader) => [string, string]): RequestExemplar {
  const labels: [string, string][] = [];
  let value = 0;
  let timestampMs = 0;
  while (message.next()) {
    if (message.field === 1) labels.push(label(message.message()));
    else if (message.field === 2) value = message.double();
    else if (message.field === 3) timestampMs = message.int();
    else message.skip();
  }
  return { labels, value, timestampMs };
}

function readExemplarV2(message: ProtoReader, symbols: readonly string[]): RequestExemplar {
  const references: number[] = [];
  let value = 0;
  let timestampMs = 0;
  while (message.next()) {
    if (message.field === 1) message.uint32s(references);
    else if (message.field === 2) value = message.double();
    else if (message.field === 3) timestampMs = message.int();
    else message.skip();
  }
  return { labels: pairsOf(references, symbols), value, timestampMs };
}

/** The same in both versions. */
function readHistogram(message: ProtoReader): RequestHistogram {
  const histogram: RequestHistogram = {
    count: 0,
    sum: 0,
    isStale: false,
    isFloat: false,
    isGauge: false,
    scale: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    timestampMs: 0,
    startMs: 0,
    positive: newSide(),
    negative: newSide(),
    bounds: [],
  };
  while (message.next()) {
    const { field } = message;
    if (field === 1) histogram.count = Number(message.uint64());
    else if (field === 2) {
      histogram.count = message.double();
      histogram.isFloat = true;
    } else if (field === 3) {
      const bits = message.fixed64();
      histogram.isStale = bits === STALE;
      histogram.sum = doubleOf(bits);
    } else if (field === 4) histogram.scale = message.sint32();
    else if (field === 5) histogram.zeroThreshold = message.double();
    else if (field === 6 || field === 7)
      histogram.zeroCount = field === 6 ? Number(message.uint64()) : message.double();
    else if (field === 14) histogram.isGauge = message.uint32() === HINT_GAUGE;
    else if (field === 15) histogram.timestampMs = message.int();
    else if (field === 16) message.doubles(histogram.bounds);
    else if (field === 17) histogram.startMs = message.int();
    else readSides(message, histogram);
  }
  return histogram;
}

function readSides(message: ProtoReader, { positive, negative }: RequestHistogram): void {
  if (message.field === 8) readSpan(negative, message.message());
  else if (message.field === 9) message.sint64s(negative.deltas);
  else if (message.field === 10) message.doubles(negative.counts);
  else if (message.field === 11) readSpan(positive, message.message());
  else if (message.field === 12) message.sint64s(positive.deltas);
  else if (message.field === 13) message.doubles(positive.counts);
  else message.skip();
}
