import type { SpanChunk } from '#pdata';
import { ATTRIBUTE_PATHS, MISFITS_TYPE, SPAN_ATTRIBUTES_TYPE, SPAN_PATHS } from '../schema/index.ts';
import { AttributeHashes } from './attribute-hashes.ts';
import { ByteSink } from './byte-sink.ts';
import {
  BlockSink,
  clampTimes,
  fillTimes,
  type RowCounts,
  type StringList,
  type TableBlock,
  writeBytes,
  writeConstant64,
  writeIds,
  writeUint32s,
} from './columns.ts';
import { DictionaryColumn } from './dictionary.ts';
import { JsonColumn } from './json-column.ts';
import { OwnerColumns } from './owner-columns.ts';
import type { Owners } from './owner-rows.ts';
import { SpanDetails } from './span-details.ts';

const TIME = "DateTime64(9, 'UTC')";

/** Columns of a block of spans that other blocks are made of too. */
export interface SpanRows {
  readonly count: number;
  /** 16 and 8 bytes each. */
  readonly traceIds: ByteSink;
  readonly spanIds: ByteSink;
  readonly parentSpanIds: ByteSink;
  /** 8 bytes each, nanoseconds: of the start since the epoch, and between start and end. */
  readonly times: ByteSink;
  readonly durations: ByteSink;
  /** A byte each. */
  readonly kinds: ByteSink;
  readonly statusCodes: ByteSink;
  readonly names: DictionaryColumn;
  readonly owners: OwnerColumns;
  readonly details: SpanDetails;
  readonly attributeHashes: AttributeHashes;
}

/**
 * Writes chunks of spans as one block for the table `spans`. A chunk's bytes are not needed any more once it was added. Keeps its buffers:
 * one object, one block at a time.
 */
export class SpanBlockEncoder implements SpanRows {
  readonly #sink = new BlockSink(1 << 16);
  readonly owners: OwnerColumns = new OwnerColumns();
  readonly details: SpanDetails = new SpanDetails();
  readonly attributeHashes: AttributeHashes = new AttributeHashes();
  readonly #attributes = new JsonColumn(ATTRIBUTE_PATHS, SPAN_PATHS, this.attributeHashes);
  readonly times: ByteSink = new ByteSink();
  readonly durations: ByteSink = new ByteSink();
  readonly traceIds: ByteSink = new ByteSink();
  readonly spanIds: ByteSink = new ByteSink();
  readonly parentSpanIds: ByteSink = new ByteSink();
  readonly names: DictionaryColumn = new DictionaryColumn();
  readonly kinds: ByteSink = new ByteSink();
  readonly statusCodes: ByteSink = new ByteSink();
  readonly #flags = new ByteSink();
  count = 0;

  /** Begins an empty block. */
  reset(): void {
    this.count = 0;
    this.owners.reset();
    this.details.reset();
    this.#attributes.reset();
    this.names.reset(0);
    for (const sink of [
      this.times,
      this.durations,
      this.traceIds,
      this.spanIds,
      this.parentSpanIds,
      this.kinds,
      this.statusCodes,
      this.#flags,
    ])
      sink.reset();
  }

  /** Adds the selected rows of a chunk; their resources and scopes to `owners`. */
  add(chunk: SpanChunk, owners: Owners): void {
    const { arena, columns, rows, count } = chunk;
    this.owners.add(chunk, this.count, owners);
    this.details.add(chunk, this.count, this.#attributes);
    writeStartTimes(this.times, chunk);
    writeDurations(this.durations, chunk);
    writeIds(this.traceIds, arena, columns.traceIdAt, 16, rows, count);
    writeIds(this.spanIds, arena, columns.spanIdAt, 8, rows, count);
    writeIds(this.parentSpanIds, arena, columns.parentSpanIdAt, 8, rows, count);
    this.#addNames(chunk);
    writeBytes(this.kinds, columns.kind, rows, count);
    writeBytes(this.statusCodes, columns.statusCode, rows, count);
    writeUint32s(this.#flags, columns.flags, rows, count);
    this.count += count;
  }

  #addNames({ arena, columns, rows, count }: SpanChunk): void {
    const names = this.names;
    const { nameAt, nameLength } = columns;
    const view = new DataView(arena.buffer, arena.byteOffset, arena.byteLength);
    names.reserveRows(this.count + count);
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!;
      names.indices[this.count + i] = names.indexIn(view, nameAt[row]!, nameLength[row]!);
    }
  }

  /** Spans without a time begin when they arrived. To be called before others look at the times. */
  arriveAt(ingestedAtNs: bigint): void {
    fillTimes(this.times, 0, this.count, ingestedAtNs);
  }

  /** The block of all rows. `ingestedAtNs` since the epoch goes into every row. The result is valid until the next call of any method. */
  finish(ingestedAtNs: bigint): TableBlock {
    const sink = this.#sink;
    const rowCount = this.count;
    this.arriveAt(ingestedAtNs);
    sink.begin(rowCount);
    this.#writeColumns(rowCount);
    this.owners.write(sink, rowCount);
    sink.column('attributes', SPAN_ATTRIBUTES_TYPE);
    this.#attributes.write(sink);
    if (this.#attributes.hasMisfits) {
      sink.column('attributes_other', MISFITS_TYPE);
      this.#attributes.writeMisfits(sink);
    }
    this.#writeDetails(rowCount);
    sink.column('ingested_at', TIME);
    writeConstant64(sink, ingestedAtNs, rowCount);
    return sink.finish('spans');
  }

  #writeColumns(rowCount: number): void {
    this.#writeColumn('time', TIME, this.times);
    this.#writeColumn('duration_ns', 'UInt64', this.durations);
    this.#writeColumn('trace_id', 'FixedString(16)', this.traceIds);
    this.#writeColumn('span_id', 'FixedString(8)', this.spanIds);
    this.#writeColumn('parent_span_id', 'FixedString(8)', this.parentSpanIds);
    this.#sink.column('name', 'LowCardinality(String)');
    this.names.write(this.#sink, rowCount);
    this.#writeColumn('kind', 'UInt8', this.kinds);
    this.#writeColumn('status_code', 'UInt8', this.statusCodes);
    this.#writeColumn('flags', 'UInt32', this.#flags);
  }

  #writeColumn(name: string, type: string, values: ByteSink): void {
    this.#sink.column(name, type);
    this.#sink.refer(values);
  }

  /** What most blocks have none of is left out. */
  #writeDetails(rowCount: number): void {
    const { details } = this;
    this.#writeStrings('trace_state', details.traceStates);
    this.#writeStrings('status_message', details.statusMessages);
    this.#writeCounts('dropped_attributes_count', details.droppedAttributes, rowCount);
    this.#writeCounts('dropped_events_count', details.droppedEvents, rowCount);
    this.#writeCounts('dropped_links_count', details.droppedLinks, rowCount);
  }

  #writeStrings(name: string, strings: StringList): void {
    if (strings.isEmpty) return;
    this.#sink.column(name, 'String');
    strings.write(this.#sink);
  }

  #writeCounts(name: string, counts: RowCounts, rowCount: number): void {
    if (counts.isZero) return;
    this.#sink.column(name, 'UInt32');
    counts.write(this.#sink, rowCount);
  }
}

/** The start, or the end where there is no start; zero where there is neither. */
function writeStartTimes(sink: ByteSink, chunk: SpanChunk): void {
  const { startWords, endWords } = chunk.columns;
  const { rows, count } = chunk;
  const at = sink.take(count * 8);
  const { view } = sink;
  for (let i = 0; i < count; i++) {
    const word = (rows === undefined ? i : rows[i]!) * 2;
    const source = startWords[word] === 0 && startWords[word + 1] === 0 ? endWords : startWords;
    view.setUint32(at + i * 8, source[word]!, true);
    view.setUint32(at + i * 8 + 4, source[word + 1]!, true);
  }
  clampTimes(sink, at, count);
}

/** End minus start; 0 where the end is before the start, and where there is no start. */
function writeDurations(sink: ByteSink, chunk: SpanChunk): void {
  const { startWords, endWords } = chunk.columns;
  const { rows, count } = chunk;
  const at = sink.take(count * 8);
  const { view } = sink;
  for (let i = 0; i < count; i++) {
    const word = (rows === undefined ? i : rows[i]!) * 2;
    let low = endWords[word]! - startWords[word]!;
    let high = endWords[word + 1]! - startWords[word + 1]!;
    if (low < 0) high--;
    if (high < 0 || (startWords[word] === 0 && startWords[word + 1] === 0)) {
      low = 0;
      high = 0;
    }
    view.setUint32(at + i * 8, low, true);
    view.setUint32(at + i * 8 + 4, high, true);
  }
}
