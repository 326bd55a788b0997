import { exemplarsFieldOf, readExemplars } from '#pdata';
import { ByteSink } from './byte-sink.ts';
import { BlockSink, clampTimes, fillTimes, type TableBlock, writeConstant64 } from './columns.ts';
import { DictionaryColumn } from './dictionary.ts';
import { type PointRun, TIME_TYPE, writeSink } from './point-head.ts';
import { writeAttributesJson } from './value-json.ts';
import { WordColumn } from './word-column.ts';

/** Exemplars of points of all kinds. */
export class ExemplarRows {
  count = 0;
  readonly #sink = new BlockSink(1 << 12);
  readonly #names = new DictionaryColumn();
  readonly #seriesIds = new WordColumn();
  readonly #times = new ByteSink();
  readonly #pointTimes = new ByteSink();
  readonly #values = new ByteSink();
  readonly #traceIds = new ByteSink();
  readonly #spanIds = new ByteSink();
  readonly #attributes = new ByteSink();
  readonly #text = new ByteSink();

  reset(): void {
    this.count = 0;
    this.#names.reset(0);
    for (const column of [
      this.#seriesIds,
      this.#times,
      this.#pointTimes,
      this.#values,
      this.#traceIds,
      this.#spanIds,
      this.#attributes,
    ])
      column.reset();
  }

  /** Adds those of the point at a place of the run's chunk. */
  add({ chunk, words, series, idsAt }: PointRun, place: number): void {
    const row = chunk.rowAt(place);
    const metric = chunk.columns.metric[row]!;
    const { metrics, arena } = chunk;
    const field = exemplarsFieldOf(metrics.type[metric]!);
    for (const exemplar of readExemplars(chunk, row, field)) {
      this.#names.reserveRows(this.count + 1);
      this.#names.indices[this.count++] = this.#names.indexIn(
        words.view,
        metrics.nameAt[metric]!,
        metrics.nameLength[metric]!,
      );
      const id = idsAt + place * 2;
      this.#seriesIds.push(series.ids.words[id]!, series.ids.words[id + 1]!);
      const timeAt = this.#times.take(8);
      this.#times.view.setBigUint64(timeAt, exemplar.timeNs, true);
      this.#pointTimes.uint64(words.time[row * 2]!, words.time[row * 2 + 1]!);
      const valueAt = this.#values.take(8);
      this.#values.view.setFloat64(valueAt, exemplar.value, true);
      putId(this.#traceIds, arena, exemplar.traceIdAt, 16);
      putId(this.#spanIds, arena, exemplar.spanIdAt, 8);
      this.#text.reset();
      writeAttributesJson(this.#text, arena, exemplar.attributes, 0);
      this.#attributes.varint(this.#text.length);
      this.#attributes.append(this.#text);
    }
  }

  finish(arrivalNs: bigint): TableBlock {
    const { count } = this;
    const sink = this.#sink;
    for (const times of [this.#times, this.#pointTimes]) {
      clampTimes(times, 0, count);
      fillTimes(times, 0, count, arrivalNs);
    }
    sink.begin(count);
    sink.column('name', 'LowCardinality(String)');
    this.#names.write(sink, count);
    writeSink(sink, 'series_id', 'UInt64', this.#seriesIds);
    writeSink(sink, 'time', TIME_TYPE, this.#times);
    writeSink(sink, 'point_time', TIME_TYPE, this.#pointTimes);
    writeSink(sink, 'value', 'Float64', this.#values);
    writeSink(sink, 'trace_id', 'FixedString(16)', this.#traceIds);
    writeSink(sink, 'span_id', 'FixedString(8)', this.#spanIds);
    writeSink(sink, 'attributes', 'String', this.#attributes);
    sink.column('ingested_at', TIME_TYPE);
    writeConstant64(sink, arrivalNs, count);
    return sink.finish('metric_exemplars');
  }
}

function putId(sink: ByteSink, arena: Uint8Array, at: number, size: number): void {
  if (at !== 0) sink.copy(arena, at, size);
  else for (let i = 0; i < size; i++) sink.byte(0);
}
