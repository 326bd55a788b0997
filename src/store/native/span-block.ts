import type { SpanChunk } from '#pdata';
import { ATTRIBUTE_PATHS, ATTRIBUTES_TYPE, RESOURCE_PATHS, RESOURCE_TYPE } from '../schema.ts';
import { ByteSink } from './byte-sink.ts';
import {
  beginBlock,
  beginColumn,
  clampTimes,
  rowCountOf,
  type StringList,
  writeBytes,
  writeConstant64,
  writeIds,
  writeOffsets,
  writeTimes,
  writeUint32s,
} from './columns.ts';
import { DictionaryColumn } from './dictionary.ts';
import { JsonColumnEncoder } from './json-column.ts';
import { RowAttributes } from './row-attributes.ts';
import { SCOPE_COLUMN_COUNT, ScopeColumns } from './scope-columns.ts';
import { SpanDetails } from './span-details.ts';

const TIME = "DateTime64(9, 'UTC')";
const OWN_COLUMN_COUNT = 26;

/** Writes chunks of spans as one block for the table `spans`. Keeps its buffers: one object, one block at a time. */
export class SpanBlockEncoder {
  readonly #sink = new ByteSink(1 << 20);
  readonly #scopes = new ScopeColumns();
  readonly #details = new SpanDetails();
  readonly #rows = new RowAttributes();
  readonly #names = new DictionaryColumn();
  readonly #attributes = new JsonColumnEncoder(ATTRIBUTE_PATHS);
  readonly #resources = new JsonColumnEncoder(RESOURCE_PATHS);

  /** `ingestedAtNs` since the epoch goes into every row. The result is valid until the next call. */
  encode(chunks: readonly SpanChunk[], ingestedAtNs: bigint): Uint8Array<ArrayBuffer> {
    const sink = this.#sink;
    const rowCount = rowCountOf(chunks);
    beginBlock(sink, OWN_COLUMN_COUNT + SCOPE_COLUMN_COUNT, rowCount);
    this.#scopes.collect(chunks, rowCount);
    this.#details.collect(chunks, rowCount, this.#rows);
    this.#writeColumns(chunks, rowCount);
    this.#scopes.write(sink, rowCount, RESOURCE_TYPE, this.#resources);
    beginColumn(sink, 'attributes', ATTRIBUTES_TYPE);
    this.#attributes.write(sink, this.#rows.groups, rowCount);
    this.#writeDetails(rowCount);
    this.#writeEvents(rowCount);
    this.#writeLinks(rowCount);
    beginColumn(sink, 'ingested_at', TIME);
    writeConstant64(sink, ingestedAtNs, rowCount);
    return sink.written();
  }

  #writeColumns(chunks: readonly SpanChunk[], rowCount: number): void {
    const sink = this.#sink;
    beginColumn(sink, 'time', TIME);
    for (const { columns, rows, count } of chunks) writeTimes(sink, columns.startWords, rows, count);
    beginColumn(sink, 'duration_ns', 'UInt64');
    for (const chunk of chunks) writeDurations(sink, chunk);
    beginColumn(sink, 'trace_id', 'FixedString(16)');
    for (const { arena, columns, rows, count } of chunks) writeIds(sink, arena, columns.traceIdAt, 16, rows, count);
    beginColumn(sink, 'span_id', 'FixedString(8)');
    for (const { arena, columns, rows, count } of chunks) writeIds(sink, arena, columns.spanIdAt, 8, rows, count);
    beginColumn(sink, 'parent_span_id', 'FixedString(8)');
    for (const { arena, columns, rows, count } of chunks) writeIds(sink, arena, columns.parentSpanIdAt, 8, rows, count);
    beginColumn(sink, 'name', 'LowCardinality(String)');
    fillNames(this.#names, chunks, rowCount);
    this.#names.write(sink, rowCount);
    beginColumn(sink, 'kind', 'UInt8');
    for (const { columns, rows, count } of chunks) writeBytes(sink, columns.kind, rows, count);
    beginColumn(sink, 'status_code', 'UInt8');
    for (const { columns, rows, count } of chunks) writeBytes(sink, columns.statusCode, rows, count);
    beginColumn(sink, 'flags', 'UInt32');
    for (const { columns, rows, count } of chunks) writeUint32s(sink, columns.flags, rows, count);
  }

  #writeDetails(rowCount: number): void {
    const sink = this.#sink;
    const details = this.#details;
    this.#writeStrings('trace_state', 'String', details.traceStates);
    this.#writeStrings('status_message', 'String', details.statusMessages);
    beginColumn(sink, 'dropped_attributes_count', 'UInt32');
    writeUint32s(sink, details.droppedAttributes, undefined, rowCount);
    beginColumn(sink, 'dropped_events_count', 'UInt32');
    writeUint32s(sink, details.droppedEvents, undefined, rowCount);
    beginColumn(sink, 'dropped_links_count', 'UInt32');
    writeUint32s(sink, details.droppedLinks, undefined, rowCount);
  }

  #writeStrings(name: string, type: string, strings: StringList): void {
    beginColumn(this.#sink, name, type);
    strings.write(this.#sink);
  }

  #writeEvents(rowCount: number): void {
    const sink = this.#sink;
    const details = this.#details;
    const { eventCounts, eventTimes } = details;
    beginColumn(sink, 'event_time', `Array(${TIME})`);
    writeOffsets(sink, eventCounts, rowCount, 0);
    const timesAt = sink.length;
    sink.copy(eventTimes.bytes, 0, eventTimes.length);
    clampTimes(sink, timesAt, details.eventCount);
    beginColumn(sink, 'event_name', 'Array(LowCardinality(String))');
    details.eventNames.writeVersion(sink);
    writeOffsets(sink, eventCounts, rowCount, 0);
    details.eventNames.writeData(sink, details.eventCount);
    beginColumn(sink, 'event_attributes', 'Array(String)');
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
    beginColumn(sink, 'link_trace_state', 'Array(String)');
    writeOffsets(sink, linkCounts, rowCount, 0);
    details.linkTraceStates.write(sink);
    beginColumn(sink, 'link_attributes', 'Array(String)');
    writeOffsets(sink, linkCounts, rowCount, 0);
    details.linkAttributes.write(sink);
    this.#writeArray('link_flags', 'UInt32', linkCounts, rowCount, details.linkFlags);
    this.#writeArray('link_dropped_attributes_count', 'UInt32', linkCounts, rowCount, details.linkDropped);
  }

  #writeArray(name: string, type: string, counts: Uint32Array, rowCount: number, elements: ByteSink): void {
    beginColumn(this.#sink, name, `Array(${type})`);
    writeOffsets(this.#sink, counts, rowCount, 0);
    this.#sink.copy(elements.bytes, 0, elements.length);
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

function fillNames(names: DictionaryColumn, chunks: readonly SpanChunk[], rowCount: number): void {
  names.reset(rowCount);
  const { indices } = names;
  let blockRow = 0;
  for (const { arena, columns, rows, count } of chunks) {
    const { nameAt, nameLength } = columns;
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!;
      indices[blockRow++] = names.indexOf(arena, nameAt[row]!, nameLength[row]!);
    }
  }
}
