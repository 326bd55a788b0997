import type { SpanChunk } from '#pdata';
import { ATTRIBUTE_PATHS, ATTRIBUTES_TYPE, RESOURCE_PATHS, RESOURCE_TYPE } from '../schema.ts';
import type { ByteSink } from './byte-sink.ts';
import {
  BlockSink,
  clampTimes,
  isZero,
  rowCountOf,
  type StringList,
  type TableBlock,
  writeBytes,
  writeConstant64,
  writeOffsets,
  writeTimes,
  writeUint32s,
} from './columns.ts';
import { JsonColumnEncoder } from './json-column.ts';
import { RowAttributes } from './row-attributes.ts';
import { ScopeColumns } from './scope-columns.ts';
import { SpanDetails } from './span-details.ts';

const TIME = "DateTime64(9, 'UTC')";

/** The trace ids (16 bytes each) and start times (8 bytes each) of a block's rows, where they stand in the block. */
export interface TraceRows {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly idsAt: number;
  readonly timesAt: number;
  readonly count: number;
}

/** Writes chunks of spans as one block for the table `spans`. Keeps its buffers: one object, one block at a time. */
export class SpanBlockEncoder {
  readonly #sink = new BlockSink(1 << 20);
  readonly #scopes = new ScopeColumns();
  readonly #details = new SpanDetails();
  readonly #rows = new RowAttributes();
  readonly #attributes = new JsonColumnEncoder(ATTRIBUTE_PATHS);
  readonly #resources = new JsonColumnEncoder(RESOURCE_PATHS);

  #idsAt = 0;
  #timesAt = 0;
  #rowCount = 0;

  /** Of the last block: valid until the next call of `encode`. */
  get traces(): TraceRows {
    const { bytes, view } = this.#sink;
    return { bytes, view, idsAt: this.#idsAt, timesAt: this.#timesAt, count: this.#rowCount };
  }

  /** `ingestedAtNs` since the epoch goes into every row. The result is valid until the next call. */
  encode(chunks: readonly SpanChunk[], ingestedAtNs: bigint): TableBlock {
    const sink = this.#sink;
    const rowCount = rowCountOf(chunks);
    this.#rowCount = rowCount;
    sink.begin(rowCount);
    this.#scopes.collect(chunks, rowCount);
    this.#details.collect(chunks, rowCount, this.#rows);
    this.#writeColumns(chunks, rowCount);
    this.#scopes.write(sink, rowCount, RESOURCE_TYPE, this.#resources);
    sink.column('attributes', ATTRIBUTES_TYPE);
    this.#attributes.write(sink, this.#rows.groups, rowCount);
    this.#writeDetails(rowCount);
    sink.column('ingested_at', TIME);
    writeConstant64(sink, ingestedAtNs, rowCount);
    return sink.finish('spans');
  }

  #writeColumns(chunks: readonly SpanChunk[], rowCount: number): void {
    const sink = this.#sink;
    const details = this.#details;
    sink.column('time', TIME);
    this.#timesAt = sink.length;
    for (const { columns, rows, count } of chunks) writeTimes(sink, columns.startWords, rows, count);
    sink.column('duration_ns', 'UInt64');
    for (const chunk of chunks) writeDurations(sink, chunk);
    sink.column('trace_id', 'FixedString(16)');
    this.#idsAt = sink.length;
    sink.append(details.traceIds);
    sink.column('span_id', 'FixedString(8)');
    sink.append(details.spanIds);
    sink.column('parent_span_id', 'FixedString(8)');
    sink.append(details.parentSpanIds);
    sink.column('name', 'LowCardinality(String)');
    details.names.write(sink, rowCount);
    sink.column('kind', 'UInt8');
    for (const { columns, rows, count } of chunks) writeBytes(sink, columns.kind, rows, count);
    sink.column('status_code', 'UInt8');
    for (const { columns, rows, count } of chunks) writeBytes(sink, columns.statusCode, rows, count);
    sink.column('flags', 'UInt32');
    for (const { columns, rows, count } of chunks) writeUint32s(sink, columns.flags, rows, count);
  }

  /** What most blocks have none of is left out. */
  #writeDetails(rowCount: number): void {
    const details = this.#details;
    this.#writeStrings('trace_state', details.traceStates);
    this.#writeStrings('status_message', details.statusMessages);
    this.#writeCounts('dropped_attributes_count', details.droppedAttributes, rowCount);
    this.#writeCounts('dropped_events_count', details.droppedEvents, rowCount);
    this.#writeCounts('dropped_links_count', details.droppedLinks, rowCount);
    if (details.eventCount > 0) this.#writeEvents(rowCount);
    if (details.linkCount > 0) this.#writeLinks(rowCount);
  }

  #writeStrings(name: string, strings: StringList): void {
    if (strings.isEmpty) return;
    this.#sink.column(name, 'String');
    strings.write(this.#sink);
  }

  #writeCounts(name: string, counts: Uint32Array, rowCount: number): void {
    if (isZero(counts, rowCount)) return;
    this.#sink.column(name, 'UInt32');
    writeUint32s(this.#sink, counts, undefined, rowCount);
  }

  #writeEvents(rowCount: number): void {
    const sink = this.#sink;
    const details = this.#details;
    const { eventCounts, eventTimes } = details;
    sink.column('event_time', `Array(${TIME})`);
    writeOffsets(sink, eventCounts, rowCount, 0);
    const timesAt = sink.length;
    sink.append(eventTimes);
    clampTimes(sink, timesAt, details.eventCount);
    sink.column('event_name', 'Array(LowCardinality(String))');
    details.eventNames.writeVersion(sink);
    writeOffsets(sink, eventCounts, rowCount, 0);
    details.eventNames.writeData(sink, details.eventCount);
    sink.column('event_attributes', 'Array(String)');
    writeOffsets(sink, eventCounts, rowCount, 0);
    details.eventAttributes.write(sink);
    this.#writeArray('event_dropped_attributes_count', 'UInt32', eventCounts, rowCount, details.eventDropped);
  }

  #writeLinks(rowCount: number): void {
    const sink = this.#sink;
    const details = this.#details;
    const { linkCounts } = details;
    this.#writeArray('link_trace_id', 'FixedString(16)', linkCounts, rowCount, details.linkTraceIds);
    this.#writeArray('link_span_id', 'FixedString(8)', linkCounts, rowCount, details.linkSpanIds);
    sink.column('link_trace_state', 'Array(String)');
    writeOffsets(sink, linkCounts, rowCount, 0);
    details.linkTraceStates.write(sink);
    sink.column('link_attributes', 'Array(String)');
    writeOffsets(sink, linkCounts, rowCount, 0);
    details.linkAttributes.write(sink);
    this.#writeArray('link_flags', 'UInt32', linkCounts, rowCount, details.linkFlags);
    this.#writeArray('link_dropped_attributes_count', 'UInt32', linkCounts, rowCount, details.linkDropped);
  }

  #writeArray(name: string, type: string, counts: Uint32Array, rowCount: number, elements: ByteSink): void {
    this.#sink.column(name, `Array(${type})`);
    writeOffsets(this.#sink, counts, rowCount, 0);
    this.#sink.append(elements);
  }
}

/** End minus start; 0 where the end is before the start. */
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
    if (high < 0) {
      low = 0;
      high = 0;
    }
    view.setUint32(at + i * 8, low, true);
    view.setUint32(at + i * 8 + 4, high, true);
  }
}
