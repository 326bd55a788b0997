import { DecodeError } from '#base';
import { Batch, textAt } from '#pdata';
import { ProtoReader } from '../proto-reader.ts';
import type { KnownSamples } from './known-samples.ts';
import type { KnownSeries } from './known-series.ts';
import { OwnSamples } from './own-samples.ts';
import { OwnSeries, type OwnSeriesLimits } from './own-series.ts';
import { PlainSeries, type SymbolPlaces } from './plain-series.ts';
import {
  nameOf,
  REQUEST_LIMITS,
  type RequestSeries,
  readMetadataV1,
  readSeriesV1,
  readSeriesV2,
  SampleCount,
} from './read-request.ts';
import type { WrittenCounts } from './request-points.ts';

/** What is written of a request whose series stay Prometheus' own. */
export interface OwnWrite {
  /** All points but those of `known`. */
  readonly batch: Batch;
  /** Samples whose series are known; undefined where nobody knows any. */
  readonly known: KnownSamples | undefined;
  /** Points of both. */
  readonly itemCount: number;
  readonly counts: WrittenCounts;
  /** Series, samples and histograms that can't be taken, and why. */
  readonly refusedCount: number;
  readonly reason: string;
}

/**
 * Reads requests of remote write whose series stay as they are. Series of plain samples, nearly all, go by their bytes; the others, and
 * whatever looks odd, one by one as objects.
 */
export class OwnWriteReader {
  readonly #samples: OwnSamples;

  /** `moreBytes` than usual may be made of a request. */
  constructor(moreBytes = 0) {
    this.#samples = new OwnSamples(moreBytes);
  }

  /** Nothing of the content is kept. Series that `series` knows at `nowSeconds` are not read again. Throws a DecodeError. */
  read(
    version: 1 | 2,
    content: Uint8Array,
    {
      series,
      nowSeconds = 0,
      ...limits
    }: OwnSeriesLimits & { series?: KnownSeries | undefined; nowSeconds?: number } = {},
  ): OwnWrite {
    const samples = this.#samples;
    samples.begin(content);
    try {
      const plain = new PlainSeries(content, samples, limits.maxTimeMs ?? Number.MAX_SAFE_INTEGER);
      const short = series === undefined ? undefined : new ShortSeries(series, nowSeconds);
      const request: OwnRequest = { content, samples, plain, short };
      const others = new OwnSeries(version === 1 ? othersOfV1(request) : othersOfV2(request), limits);
      const chunks = [
        ...(samples.count > 0 ? [samples.chunk()] : []),
        ...(others.hasPoints ? [others.builder.chunk()] : []),
      ];
      short?.end();
      const known = short?.known;
      const { histograms, exemplars } = others.counts;
      const batch = new Batch('metrics', chunks);
      return {
        batch,
        known,
        itemCount: batch.itemCount + (known?.count ?? 0),
        counts: { samples: (known?.count ?? 0) + samples.count + others.counts.samples, histograms, exemplars },
        refusedCount: others.refusedCount,
        reason: others.reason,
      };
    } finally {
      samples.end();
    }
  }
}

interface OwnRequest {
  readonly content: Uint8Array;
  readonly samples: OwnSamples;
  readonly plain: PlainSeries;
  readonly short: ShortSeries | undefined;
}

/** Samples of known series take no more than this where the request is read in full again. */
export const KNOWN_BYTES: number = 32 * 1024 * 1024;

/** The way of known series through one request. */
class ShortSeries {
  readonly known: KnownSamples;
  readonly #series: KnownSeries;
  readonly #nowSeconds: number;
  #isFull = false;
  #fullBytes = 0;

  constructor(series: KnownSeries, nowSeconds: number) {
    this.#series = series;
    this.#nowSeconds = nowSeconds;
    this.known = series.begin();
  }

  /** The number of the series that `plain` has just found. */
  find({ key }: PlainSeries): number {
    return this.#series.find(key.view, key.at, key.length);
  }

  /** Takes the samples that were read with it, where the series is known. */
  take(series: number, samples: OwnSamples): boolean {
    const table = this.#series;
    if (series === 0) return false;
    const { sampleCount, timesMs } = samples;
    let firstMs = timesMs[0]!;
    for (let i = 1; i < sampleCount; i++) firstMs = Math.min(firstMs, timesMs[i]!);
    if (!table.isKnown(series, this.#nowSeconds, Math.floor(firstMs / 1000))) return false;
    this.#fullBytes += table.fullBytes(series, sampleCount);
    if (this.#fullBytes > KNOWN_BYTES) return false;
    samples.addKnown(this.known, table.idLow(series), table.idHigh(series), table.metricOf(series));
    return true;
  }

  /** Notes a series that was read in full: its first sample becomes `row` of the chunk. */
  note(found: number, { key }: PlainSeries, row: number): void {
    const series = found === 0 ? this.#series.add(key.view, key.at, key.length) : found;
    if (series === 0) this.#isFull = true;
    else this.known.newcomers.push({ series, row });
  }

  /** The numbers by which all requests know the symbols of this one; 0 for one without. */
  symbolNumbers(content: Uint8Array, { count, at, length }: SymbolPlaces): Uint32Array {
    const { symbols } = this.#series;
    const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
    const numbers = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      numbers[i] = symbols.find(view, at[i]!, length[i]!) || symbols.add(view, at[i]!, length[i]!);
      if (numbers[i] === 0) this.#isFull = true;
    }
    return numbers;
  }

  end(): void {
    if (this.#isFull) this.#series.overflowed(this.#nowSeconds);
  }
}

/** The series of a prometheus.WriteRequest that aren't plain; the others are added to the samples. */
function* othersOfV1({ content, samples, plain, short }: OwnRequest): Generator<RequestSeries> {
  const metadata = readMetadataV1(content);
  const count = new SampleCount();
  const request = new ProtoReader(content);
  while (request.next()) {
    if (request.field !== 1) {
      request.skip();
      continue;
    }
    const end = request.contentEnd();
    const { at } = request;
    request.skipTo(end);
    if (metadata.size === 0) {
      const isFound = short !== undefined && plain.findV1(at, end);
      const found = isFound ? short.find(plain) : 0;
      if (isFound && short.take(found, samples)) {
        count.add(1 + samples.sampleCount);
        continue;
      }
      if (plain.readV1(at, end)) {
        count.add(1 + samples.sampleCount);
        if (isFound) short.note(found, plain, samples.count);
        samples.add();
        continue;
      }
    }
    const series = readSeriesV1(new ProtoReader(content, at, end), count);
    yield Object.assign(series, metadata.get(nameOf(series)));
  }
}

/** The same of an io.prometheus.write.v2.Request. */
function* othersOfV2({ content, samples, plain, short }: OwnRequest): Generator<RequestSeries> {
  const symbols = placesOf(content);
  const numbers = short?.symbolNumbers(content, symbols);
  let texts: readonly string[] | undefined;
  const count = new SampleCount();
  const request = new ProtoReader(content);
  while (request.next()) {
    if (request.field !== 5) {
      request.skip();
      continue;
    }
    if (symbols.count === 0 || symbols.length[0] !== 0) throw new DecodeError('the first symbol must be empty');
    const end = request.contentEnd();
    const { at } = request;
    request.skipTo(end);
    const isFound = short !== undefined && plain.findV2(at, end, numbers!);
    const found = isFound ? short.find(plain) : 0;
    if (isFound && short.take(found, samples)) {
      count.add(1 + samples.sampleCount);
      continue;
    }
    if (plain.readV2(at, end, symbols)) {
      count.add(1 + samples.sampleCount);
      if (isFound) short.note(found, plain, samples.count);
      samples.add();
      continue;
    }
    texts ??= Array.from({ length: symbols.count }, (_, i) => textAt(content, symbols.at[i]!, symbols.length[i]!));
    yield readSeriesV2(new ProtoReader(content, at, end), texts, count);
  }
}

function placesOf(content: Uint8Array): SymbolPlaces {
  let count = 0;
  const counting = new ProtoReader(content);
  const others = new SampleCount();
  while (counting.next()) {
    if (counting.field === 4) count++;
    else others.add();
    counting.skip();
  }
  if (count > REQUEST_LIMITS.symbols)
    throw new DecodeError(`more than ${REQUEST_LIMITS.symbols} symbols in one request`);
  const places = { count, at: new Uint32Array(count), length: new Uint32Array(count) };
  const table = new ProtoReader(content);
  for (let i = 0; table.next(); ) {
    if (table.field !== 4) {
      table.skip();
      continue;
    }
    const end = table.contentEnd();
    places.at[i] = table.at;
    places.length[i++] = end - table.at;
    table.skipTo(end);
  }
  return places;
}
