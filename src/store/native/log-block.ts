import { cursor, LOG, type LogChunk, readVarint32, skipValue, VALUE_EMPTY, VALUE_STRING } from '#pdata';
import { ATTRIBUTE_PATHS, ATTRIBUTES_TYPE, RESOURCE_PATHS, RESOURCE_TYPE } from '../schema.ts';
import { ByteSink } from './byte-sink.ts';
import {
  BlockSink,
  clampTimes,
  rowCountOf,
  StringList,
  type TableBlock,
  wordsOf,
  writeBytes,
  writeConstant64,
  writeIds,
  writeTimes,
  writeUint32s,
} from './columns.ts';
import { DictionaryColumn } from './dictionary.ts';
import { JsonColumnEncoder } from './json-column.ts';
import { RowAttributes } from './row-attributes.ts';
import { ScopeColumns } from './scope-columns.ts';
import { writeValueJson } from './value-json.ts';

const TIME = "DateTime64(9, 'UTC')";
const LOW_CARDINALITY = 'LowCardinality(String)';

/** Writes chunks of log records as one block for the table `logs`. Keeps its buffers: one object, one block at a time. */
export class LogBlockEncoder {
  readonly #sink = new BlockSink(1 << 20);
  readonly #scopes = new ScopeColumns();
  readonly #rows = new RowAttributes();
  readonly #severityTexts = new DictionaryColumn();
  readonly #eventNames = new DictionaryColumn();
  readonly #bodies = new StringList();
  readonly #text = new ByteSink();
  #droppedCounts = new Uint32Array(0);
  readonly #attributes = new JsonColumnEncoder(ATTRIBUTE_PATHS);
  readonly #resources = new JsonColumnEncoder(RESOURCE_PATHS);

  /** `ingestedAtNs` since the epoch goes into every row. The result is valid until the next call. */
  encode(chunks: readonly LogChunk[], ingestedAtNs: bigint): TableBlock {
    const sink = this.#sink;
    const rowCount = rowCountOf(chunks);
    sink.begin(rowCount);
    this.#scopes.collect(chunks, rowCount);
    this.#collect(chunks, rowCount);
    this.#writeColumns(chunks, rowCount);
    this.#scopes.write(sink, rowCount, RESOURCE_TYPE, this.#resources);
    sink.column('attributes', ATTRIBUTES_TYPE);
    this.#attributes.write(sink, this.#rows.groups, rowCount);
    sink.column('dropped_attributes_count', 'UInt32');
    writeUint32s(sink, this.#droppedCounts, undefined, rowCount);
    sink.column('ingested_at', TIME);
    writeConstant64(sink, ingestedAtNs, rowCount);
    return sink.finish('logs');
  }

  /** Gathers what needs a look at each row: bodies, severity texts, and the two fields without a column. */
  #collect(chunks: readonly LogChunk[], rowCount: number): void {
    this.#severityTexts.reset(rowCount);
    this.#eventNames.reset(rowCount);
    this.#bodies.reset();
    this.#rows.reset(rowCount);
    if (this.#droppedCounts.length < rowCount) this.#droppedCounts = new Uint32Array(Math.ceil(rowCount * 1.25));
    this.#droppedCounts.fill(0, 0, rowCount);
    this.#eventNames.indices.fill(0, 0, rowCount);
    let blockRow = 0;
    for (const chunk of chunks) {
      const { arena, rows, columns, patches } = chunk;
      const { severityTextAt, severityTextLength } = columns;
      const { rowStart, rowEnd } = chunk.layout;
      const { count } = chunk;
      const reader = this.#rows.beginChunk(chunk, blockRow) ? this.#rows : undefined;
      for (let i = 0; i < count; i++, blockRow++) {
        const row = rows === undefined ? i : rows[i]!;
        this.#severityTexts.indices[blockRow] = this.#severityTexts.indexOf(
          arena,
          severityTextAt[row]!,
          severityTextLength[row]!,
        );
        this.#addBody(chunk, row);
        const patched = patches?.get(row);
        const skipped = patched?.map((patch) => patch.field);
        reader?.beginRow(blockRow);
        this.#walk(arena, rowStart[row]!, rowEnd[row]!, blockRow, skipped, reader);
        if (patched !== undefined)
          for (const patch of patched)
            this.#walk(arena, patch.at, patch.at + patch.length, blockRow, undefined, undefined);
      }
    }
  }

  #addBody(chunk: LogChunk, row: number): void {
    const { bodyType, bodyAt, bodyLength } = chunk.columns;
    const type = bodyType[row]!;
    if (type === VALUE_STRING) this.#bodies.add(chunk.arena, bodyAt[row]!, bodyLength[row]!);
    else if (type === VALUE_EMPTY) this.#bodies.add(chunk.arena, 0, 0);
    else {
      this.#text.reset();
      writeValueJson(this.#text, chunk.arena, type, bodyAt[row]!, bodyLength[row]!);
      this.#bodies.add(this.#text.bytes, 0, this.#text.length);
    }
  }

  /** Walks the fields in `arena[at, end)` but for the numbers in `skipped`. Attributes go to `reader`. */
  #walk(
    arena: Uint8Array,
    at: number,
    end: number,
    blockRow: number,
    skipped: readonly number[] | undefined,
    reader: RowAttributes | undefined,
  ): void {
    while (at < end) {
      let tag = arena[at++]!;
      if (tag >= 0x80) {
        tag = readVarint32(arena, at - 1);
        at = cursor.at;
      }
      const next = skipValue(arena, at, tag & 7);
      const field = tag >>> 3;
      if (field === LOG.attributes) {
        readVarint32(arena, at);
        reader?.add(cursor.at, next);
      } else if ((field === LOG.droppedAttributesCount || field === LOG.eventName) && !skipped?.includes(field)) {
        const number = readVarint32(arena, at);
        if (field === LOG.eventName)
          this.#eventNames.indices[blockRow] = this.#eventNames.indexOf(arena, cursor.at, number);
        else this.#droppedCounts[blockRow] = number;
      }
      at = next;
    }
  }

  #writeColumns(chunks: readonly LogChunk[], rowCount: number): void {
    const sink = this.#sink;
    sink.column('time', TIME);
    for (const chunk of chunks) writeLogTimes(sink, chunk);
    sink.column('observed_time', TIME);
    for (const { columns, rows, count } of chunks) writeTimes(sink, wordsOf(columns.observedNs), rows, count);
    sink.column('trace_id', 'FixedString(16)');
    for (const { arena, columns, rows, count } of chunks) writeIds(sink, arena, columns.traceIdAt, 16, rows, count);
    sink.column('span_id', 'FixedString(8)');
    for (const { arena, columns, rows, count } of chunks) writeIds(sink, arena, columns.spanIdAt, 8, rows, count);
    sink.column('flags', 'UInt32');
    for (const { columns, rows, count } of chunks) writeUint32s(sink, columns.flags, rows, count);
    sink.column('severity_number', 'UInt8');
    for (const { columns, rows, count } of chunks) writeBytes(sink, columns.severityNumber, rows, count);
    sink.column('severity_text', LOW_CARDINALITY);
    this.#severityTexts.write(sink, rowCount);
    sink.column('body', 'String');
    this.#bodies.write(sink);
    sink.column('body_type', 'UInt8');
    for (const { columns, rows, count } of chunks) writeBytes(sink, columns.bodyType, rows, count);
    sink.column('event_name', LOW_CARDINALITY);
    this.#eventNames.write(sink, rowCount);
  }
}

/** The record's own time, or when it was observed where it has none. */
function writeLogTimes(sink: ByteSink, chunk: LogChunk): void {
  const times = wordsOf(chunk.columns.timeNs);
  const observed = wordsOf(chunk.columns.observedNs);
  const at = sink.take(chunk.count * 8);
  const { view } = sink;
  for (let i = 0; i < chunk.count; i++) {
    const word = (chunk.rows === undefined ? i : chunk.rows[i]!) * 2;
    const source = times[word] === 0 && times[word + 1] === 0 ? observed : times;
    view.setUint32(at + i * 8, source[word]!, true);
    view.setUint32(at + i * 8 + 4, source[word + 1]!, true);
  }
  clampTimes(sink, at, chunk.count);
}
