import type { PointChunk } from '#pdata';
import { ATTRIBUTE_PATHS, ATTRIBUTES_TYPE } from '../schema/index.ts';
import type { ByteSink } from './byte-sink.ts';
import { BlockSink, StringList, type TableBlock, wordsOf, writeConstant32, writeOffsets } from './columns.ts';
import { DictionaryColumn } from './dictionary.ts';
import { JsonColumn } from './json-column.ts';
import { OWNER_WORDS } from './owner-ids.ts';
import { PrometheusLabels } from './prometheus-labels.ts';

const LOW_CARDINALITY = 'LowCardinality(String)';
const SECONDS = "DateTime('UTC')";
const NS_PER_SECOND = 1_000_000_000;

/** Points of a chunk whose series have to be written. */
export interface DueSeries {
  readonly chunk: PointChunk;
  /** Per scope of the chunk the ids of resource and scope, and the index of the service's name (OwnerIds). */
  readonly ownerWords: Uint32Array;
  readonly rows: Uint32Array;
  /** Per row the index of its words in `ids` and `bounds`. */
  readonly places: Uint32Array;
  /** Ids of series, and of bounds: zero where a point has none. Low and high words. */
  readonly ids: Uint32Array;
  readonly bounds: Uint32Array;
}

const texts = new TextEncoder();

/** Writes the series of some points as one block for `metric_series`. */
export class SeriesBlockEncoder {
  readonly #sink = new BlockSink(1 << 16);
  readonly #texts = new DictionaryColumn();
  readonly #attributes = new JsonColumn(ATTRIBUTE_PATHS);
  readonly #prometheus = new PrometheusLabels();
  readonly #labels = new StringList();

  /** One row per row in `parts`, with the services' names from `services`. The result is valid until the next call. */
  encode(parts: readonly DueSeries[], services: DictionaryColumn, ingestedAtSeconds: number): TableBlock {
    const sink = this.#sink;
    let rowCount = 0;
    for (const { rows } of parts) rowCount += rows.length;
    sink.begin(rowCount);
    sink.column('series_id', 'UInt64');
    for (const { places, ids } of parts) for (const at of places) sink.uint64(ids[at]!, ids[at + 1]!);
    this.#writeTexts(parts, rowCount);
    for (const column of ['type', 'temporality', 'monotonic'] as const) {
      sink.column(column, 'UInt8');
      for (const { chunk, rows } of parts)
        for (const row of rows) sink.byte(chunk.metrics[column][chunk.columns.metric[row]!]!);
    }
    writeOwners(sink, parts, services, rowCount);
    this.#writeAttributes(parts);
    this.#writeLabels(parts, rowCount);
    writeBoundsIds(sink, parts);
    sink.column('first_seen', SECONDS);
    for (const { chunk, rows } of parts) writeFirstSeen(sink, chunk, rows, ingestedAtSeconds);
    sink.column('last_seen', SECONDS);
    writeConstant32(sink, ingestedAtSeconds, rowCount);
    return sink.finish('metric_series');
  }

  #writeAttributes(parts: readonly DueSeries[]): void {
    const attributes = this.#attributes;
    attributes.reset();
    for (const { chunk, rows } of parts) {
      attributes.beginRows(chunk.arena, chunk.rowAttributes.table);
      for (const row of rows) {
        attributes.beginRow();
        attributes.addOwner(row);
        attributes.endRow();
      }
      attributes.endRows();
    }
    this.#sink.column('attributes', ATTRIBUTES_TYPE);
    attributes.write(this.#sink);
  }

  /** The name and the labels that PromQL knows. */
  #writeLabels(parts: readonly DueSeries[], rowCount: number): void {
    const sink = this.#sink;
    this.#texts.reset(rowCount);
    this.#labels.reset();
    const counts = new Uint32Array(rowCount);
    let i = 0;
    for (const { chunk, rows } of parts) {
      let last = -1;
      let name = '';
      for (const row of rows) {
        const metric = chunk.columns.metric[row]!;
        if (metric !== last) name = this.#prometheus.metricName(chunk, metric);
        last = metric;
        const bytes = texts.encode(name);
        this.#texts.indices[i] = this.#texts.indexOf(bytes, 0, bytes.length);
        const labels = this.#prometheus.labels(chunk, row, name);
        for (const label of labels) {
          const text = texts.encode(label);
          this.#labels.add(text, 0, text.length);
        }
        counts[i++] = labels.length;
      }
    }
    sink.column('prometheus_name', LOW_CARDINALITY);
    this.#texts.write(sink, rowCount);
    sink.column('labels', 'Array(String)');
    writeOffsets(sink, counts, rowCount, 0);
    this.#labels.write(sink);
  }

  #writeTexts(parts: readonly DueSeries[], rowCount: number): void {
    for (const column of ['name', 'unit', 'description'] as const) {
      this.#texts.reset(rowCount);
      let i = 0;
      for (const { chunk, rows } of parts) {
        const at = chunk.metrics[`${column}At`];
        const length = chunk.metrics[`${column}Length`];
        for (const row of rows) {
          const metric = chunk.columns.metric[row]!;
          this.#texts.indices[i++] = this.#texts.indexOf(chunk.arena, at[metric]!, length[metric]!);
        }
      }
      this.#sink.column(column, LOW_CARDINALITY);
      this.#texts.write(this.#sink, rowCount);
    }
  }
}

function writeOwners(sink: BlockSink, parts: readonly DueSeries[], services: DictionaryColumn, rowCount: number): void {
  services.reserveRows(rowCount);
  let i = 0;
  for (const { chunk, rows, ownerWords } of parts)
    for (const row of rows) services.indices[i++] = ownerWords[ownerWord(chunk, row) + 4]!;
  sink.column('service_name', LOW_CARDINALITY);
  services.write(sink, rowCount);
  for (const [name, first] of [
    ['resource_id', 0],
    ['scope_id', 2],
  ] as const) {
    sink.column(name, 'UInt64');
    for (const { chunk, rows, ownerWords } of parts) {
      for (const row of rows) {
        const word = ownerWord(chunk, row) + first;
        sink.uint64(ownerWords[word]!, ownerWords[word + 1]!);
      }
    }
  }
}

/** Where the words of a row's owners stand. */
function ownerWord({ layout }: PointChunk, row: number): number {
  return layout.rowScope[row]! * OWNER_WORDS;
}

/** The bounds of a histogram's point; the series' row collects all that it was seen with. */
function writeBoundsIds(sink: BlockSink, parts: readonly DueSeries[]): void {
  sink.column('bounds_ids', 'Array(UInt64)');
  let total = 0;
  for (const { places, bounds } of parts) {
    for (const at of places) {
      if (bounds[at] !== 0 || bounds[at + 1] !== 0) total++;
      sink.uint64(total);
    }
  }
  for (const { places, bounds } of parts)
    for (const at of places) if (bounds[at] !== 0 || bounds[at + 1] !== 0) sink.uint64(bounds[at]!, bounds[at + 1]!);
}

/** The point's own time, or when it was taken in, whichever is earlier. */
function writeFirstSeen(sink: ByteSink, chunk: PointChunk, rows: Uint32Array, ingestedAtSeconds: number): void {
  const words = wordsOf(chunk.columns.timeNs);
  for (const row of rows) {
    const seconds = Math.floor((words[row * 2 + 1]! * 0x1_0000_0000 + words[row * 2]!) / NS_PER_SECOND);
    const at = sink.take(4);
    sink.view.setUint32(at, Math.min(seconds, ingestedAtSeconds), true);
  }
}
