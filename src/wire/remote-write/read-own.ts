import { DecodeError } from '#base';
import { Batch, textAt } from '#pdata';
import { ProtoReader } from '../proto-reader.ts';
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
  readonly batch: Batch;
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
  readonly #samples = new OwnSamples();

  /** Nothing of the content is kept. Throws a DecodeError. */
  read(version: 1 | 2, content: Uint8Array, limits: OwnSeriesLimits = {}): OwnWrite {
    const samples = this.#samples;
    samples.begin(content);
    try {
      const plain = new PlainSeries(content, samples, limits.maxTimeMs ?? Number.MAX_SAFE_INTEGER);
      const request: OwnRequest = { content, samples, plain };
      const others = new OwnSeries(version === 1 ? othersOfV1(request) : othersOfV2(request), limits);
      const chunks = [
        ...(samples.count > 0 ? [samples.chunk()] : []),
        ...(others.hasPoints ? [others.builder.chunk()] : []),
      ];
      const { histograms, exemplars } = others.counts;
      return {
        batch: new Batch('metrics', chunks),
        counts: { samples: samples.count + others.counts.samples, histograms, exemplars },
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
}

/** The series of a prometheus.WriteRequest that aren't plain; the others are added to the samples. */
function* othersOfV1({ content, samples, plain }: OwnRequest): Generator<RequestSeries> {
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
    if (metadata.size === 0 && plain.readV1(at, end)) {
      count.add(1 + samples.sampleCount);
      samples.add();
      continue;
    }
    const series = readSeriesV1(new ProtoReader(content, at, end), count);
    yield Object.assign(series, metadata.get(nameOf(series)));
  }
}

/** The same of an io.prometheus.write.v2.Request. */
function* othersOfV2({ content, samples, plain }: OwnRequest): Generator<RequestSeries> {
  const symbols = placesOf(content);
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
    if (plain.readV2(at, end, symbols)) {
      count.add(1 + samples.sampleCount);
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
