import { DecodeError } from '#base';
import { type NativeSide, newSide, readSpan } from '../prometheus/native-histogram.ts';
import { ProtoReader } from '../proto-reader.ts';

/** A series as a request of remote write has it, in either version of the protocol. */
export interface RequestSeries {
  readonly labels: readonly (readonly [string, string])[];
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
  readonly labels: readonly (readonly [string, string])[];
  readonly value: number;
  readonly timestampMs: number;
}
export interface RequestHistogram {
  count: number;
  sum: number;
  isStale: boolean;
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
const scratch = new DataView(new ArrayBuffer(8));

/** A prometheus.WriteRequest. Throws a DecodeError. */
export function readWriteRequestV1(body: Uint8Array): RequestSeries[] {
  const series: RequestSeries[] = [];
  const metadata = new Map<string, RequestMetadata>();
  const request = new ProtoReader(body);
  while (request.next()) {
    if (request.field === 1) series.push(readSeriesV1(request.message()));
    else if (request.field === 3) metadata.set(...readMetadataV1(request.message()));
    else request.skip();
  }
  for (const one of series) {
    const name = one.labels.find(([label]) => label === '__name__')?.[1] ?? '';
    Object.assign(one, metadata.get(name) ?? {});
  }
  return series;
}

function readSeriesV1(message: ProtoReader): RequestSeries {
  const labels: [string, string][] = [];
  const series = newSeries(labels);
  while (message.next()) {
    if (message.field === 1) labels.push(readPair(message.message()));
    else if (message.field === 2) series.samples.push(readSample(message.message()));
    else if (message.field === 3) series.exemplars.push(readExemplar(message.message(), readPair));
    else if (message.field === 4) series.histograms.push(readHistogram(message.message()));
    else message.skip();
  }
  return series;
}

function readMetadataV1(message: ProtoReader): [string, RequestMetadata] {
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

/** An io.prometheus.write.v2.Request: texts stand once, in a table. Throws a DecodeError. */
export function readWriteRequestV2(body: Uint8Array): RequestSeries[] {
  const symbols: string[] = [];
  const messages: ProtoReader[] = [];
  const request = new ProtoReader(body);
  while (request.next()) {
    if (request.field === 4) symbols.push(request.text());
    else if (request.field === 5) messages.push(request.message());
    else request.skip();
  }
  if (messages.length > 0 && symbols[0] !== '') throw new DecodeError('the first symbol must be empty');
  return messages.map((message) => readSeriesV2(message, symbols));
}

function readSeriesV2(message: ProtoReader, symbols: readonly string[]): RequestSeries {
  const references: number[] = [];
  const labels: [string, string][] = [];
  const series = newSeries(labels);
  const text = (reference: number): string => symbolOf(symbols, reference);
  while (message.next()) {
    if (message.field === 1) message.uint32s(references);
    else if (message.field === 2) series.samples.push(readSample(message.message()));
    else if (message.field === 3) series.histograms.push(readHistogram(message.message()));
    else if (message.field === 4) series.exemplars.push(readExemplarV2(message.message(), symbols));
    else if (message.field === 5) readMetadataV2(message.message(), series, text);
    else if (message.field === 6) series.createdMs = message.int();
    else message.skip();
  }
  labels.push(...pairsOf(references, symbols));
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
    pairs.push([symbolOf(symbols, references[i]!), symbolOf(symbols, references[i + 1]!)]);
  }
  return pairs;
}

function newSeries(labels: [string, string][]): RequestSeries {
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
    if (field === 1 || field === 2) histogram.count = field === 1 ? Number(message.uint64()) : message.double();
    else if (field === 3) {
      const bits = message.fixed64();
      histogram.isStale = bits === STALE;
      histogram.sum = doubleOf(bits);
    } else if (field === 4) histogram.scale = message.sint32();
    else if (field === 5) histogram.zeroThreshold = message.double();
    else if (field === 6 || field === 7)
      histogram.zeroCount = field === 6 ? Number(message.uint64()) : message.double();
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
