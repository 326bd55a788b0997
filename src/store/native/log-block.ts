import { cursor, LOG, type LogChunk, readVarint32, skipValue, VALUE_EMPTY, VALUE_STRING } from '#pdata';
import { ATTRIBUTE_PATHS, LOG_ATTRIBUTES_TYPE, LOG_PATHS, MISFITS_TYPE } from '../schema/index.ts';
import { ByteSink } from './byte-sink.ts';
import {
  BlockSink,
  clampTimes,
  fillTimes,
  RowCounts,
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
import { JsonColumn } from './json-column.ts';
import { LogStreams } from './log-streams.ts';
import { OwnerColumns } from './owner-columns.ts';
import type { Owners } from './owner-rows.ts';
import { writeValueJson } from './value-json.ts';

const TIME = "DateTime64(9, 'UTC')";
const LOW_CARDINALITY = 'LowCardinality(String)';

/**
 * Writes chunks of log records as one block for the table `logs`. A chunk's bytes are not needed any more once it was added. Keeps its
 * buffers: one object, one block at a time.
 */
export class LogBlockEncoder {
  readonly #sink = new BlockSink(1 << 16);
  readonly #owners = new OwnerColumns();
  readonly #attributes = new JsonColumn(ATTRIBUTE_PATHS, LOG_PATHS);
  readonly #times = new ByteSink();
  readonly #observedTimes = new ByteSink();
  readonly #traceIds = new ByteSink();
  readonly #spanIds = new ByteSink();
  readonly #flags = new ByteSink();
  readonly #severityNumbers = new ByteSink();
  readonly #severityTexts = new DictionaryColumn();
  readonly #bodies = new StringList();
  readonly #bodyTypes = new ByteSink();
  readonly #eventNames = new DictionaryColumn();
  readonly #droppedCounts = new RowCounts();
  readonly #text = new ByteSink();
  /** The streams of the rows, and the column of their ids. */
  readonly streams: LogStreams = new LogStreams();
  #hasEventNames = false;
  count = 0;

  /** Begins an empty block. */
  reset(): void {
    this.count = 0;
    this.#owners.reset();
    this.streams.reset();
    this.#hasEventNames = false;
    this.#severityTexts.reset(0);
    this.#eventNames.reset(0);
    for (const part of [
      this.#attributes,
      this.#times,
      this.#observedTimes,
      this.#traceIds,
      this.#spanIds,
      this.#flags,
      this.#severityNumbers,
      this.#bodies,
      this.#bodyTypes,
      this.#droppedCounts,
    ])
      part.reset();
  }

  /** Adds the selected rows of a chunk; their resources and scopes to `owners`. */
  add(chunk: LogChunk, owners: Owners): void {
    const { arena, columns, rows, count } = chunk;
    this.#owners.add(chunk, this.count, owners);
    this.streams.add(chunk);
    this.#addRows(chunk);
    writeLogTimes(this.#times, chunk);
    writeTimes(this.#observedTimes, wordsOf(columns.observedNs), rows, count);
    writeIds(this.#traceIds, arena, columns.traceIdAt, 16, rows, count);
    writeIds(this.#spanIds, arena, columns.spanIdAt, 8, rows, count);
    writeUint32s(this.#flags, columns.flags, rows, count);
    writeBytes(this.#severityNumbers, columns.severityNumber, rows, count);
    writeBytes(this.#bodyTypes, columns.bodyType, rows, count);
    this.count += count;
  }

  /**
   * The block of all rows. `ingestedAtNs` since the epoch goes into every row, also as the time of a record that has none. The result is valid
   * until the next call of any method.
   */
  finish(ingestedAtNs: bigint): TableBlock {
    const sink = this.#sink;
    const rowCount = this.count;
    fillTimes(this.#times, 0, rowCount, ingestedAtNs);
    sink.begin(rowCount);
    this.#writeColumns(rowCount);
    this.streams.writeIds(sink);
    sink.column('record', 'UInt32');
    writePlaces(sink, rowCount);
    this.#owners.write(sink, rowCount);
    sink.column('attributes', LOG_ATTRIBUTES_TYPE);
    this.#attributes.write(sink);
    if (this.#attributes.hasMisfits) {
      sink.column('attributes_other', MISFITS_TYPE);
      this.#attributes.writeMisfits(sink);
    }
    this.#writeRare(rowCount);
    sink.column('ingested_at', TIME);
    writeConstant64(sink, ingestedAtNs, rowCount);
    return sink.finish('logs');
  }

  /** Gathers what needs a look at each row: attributes, bodies, severity texts, and the two fields without a column. */
  #addRows(chunk: LogChunk): void {
    const { arena, rows, columns, count } = chunk;
    const { severityTextAt, severityTextLength } = columns;
    const { rowStart, rowEnd } = chunk.layout;
    // Those of a chunk that somebody changed stand in its table.
    const table = chunk.hasChangedAttributes ? chunk.rowAttributes.table : undefined;
    const attributes = this.#attributes;
    const reader = table === undefined ? attributes : undefined;
    const severityTexts = this.#severityTexts;
    const view = new DataView(arena.buffer, arena.byteOffset, arena.byteLength);
    severityTexts.reserveRows(this.count + count);
    this.#eventNames.reserveRows(this.count + count);
    this.#eventNames.indices.fill(0, this.count, this.count + count);
    attributes.beginRows(arena, table);
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!;
      const blockRow = this.count + i;
      severityTexts.indices[blockRow] = severityTexts.indexIn(view, severityTextAt[row]!, severityTextLength[row]!);
      this.#addBody(chunk, row);
      attributes.beginRow();
      this.#walk(arena, rowStart[row]!, rowEnd[row]!, blockRow, reader);
      if (table !== undefined) attributes.addOwner(row);
      attributes.endRow();
    }
    attributes.endRows();
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

  /** Walks the fields in `arena[at, end)`. Attributes go to `reader`. */
  #walk(arena: Uint8Array, at: number, end: number, blockRow: number, reader: JsonColumn | undefined): void {
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
        reader?.addMessage(cursor.at, next);
      } else if (field === LOG.droppedAttributesCount || field === LOG.eventName) {
        const number = readVarint32(arena, at);
        if (field === LOG.droppedAttributesCount) this.#droppedCounts.set(blockRow, number);
        else {
          this.#eventNames.indices[blockRow] = this.#eventNames.indexOf(arena, cursor.at, number);
          this.#hasEventNames = true;
        }
      }
      at = next;
    }
  }

  #writeColumns(rowCount: number): void {
    const sink = this.#sink;
    this.#writeColumn('time', TIME, this.#times);
    this.#writeColumn('observed_time', TIME, this.#observedTimes);
    this.#writeColumn('trace_id', 'FixedString(16)', this.#traceIds);
    this.#writeColumn('span_id', 'FixedString(8)', this.#spanIds);
    this.#writeColumn('flags', 'UInt32', this.#flags);
    this.#writeColumn('severity_number', 'UInt8', this.#severityNumbers);
    sink.column('severity_text', LOW_CARDINALITY);
    this.#severityTexts.write(sink, rowCount);
    sink.column('body', 'String');
    this.#bodies.write(sink);
    this.#writeColumn('body_type', 'UInt8', this.#bodyTypes);
  }

  /** What most blocks have none of is left out. */
  #writeRare(rowCount: number): void {
    const sink = this.#sink;
    if (this.#hasEventNames) {
      sink.column('event_name', LOW_CARDINALITY);
      this.#eventNames.write(sink, rowCount);
    }
    if (this.#droppedCounts.isZero) return;
    sink.column('dropped_attributes_count', 'UInt32');
    this.#droppedCounts.write(sink, rowCount);
  }

  #writeColumn(name: string, type: string, values: ByteSink): void {
    this.#sink.column(name, type);
    this.#sink.refer(values);
  }
}

/** The record's own time, or when it was observed where it has none; zero where it has neither. */
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

/** The rows' places in the segment, of which they all are. */
function writePlaces(sink: BlockSink, rowCount: number): void {
  const at = sink.take(rowCount * 4);
  const { view } = sink;
  for (let i = 0; i < rowCount; i++) view.setUint32(at + i * 4, i, true);
}
