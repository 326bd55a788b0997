import { DecodeError } from '#base';
import { LogChunk, readAnyValue, value } from '#pdata';
import { checkAnyValue, checkKeyValue, contentEnd, expectType, nextOffset, skipUnknown, varint } from './check.ts';
import { ColumnSpace, type ColumnsOf } from './columns.ts';
import { clearTime, readTime, wordsOf } from './decode-traces.ts';
import { type Decoded, type ItemReader, readEnvelope } from './envelope.ts';
import { Rejections } from './rejections.ts';

const SPEC = {
  timeNs: BigUint64Array,
  observedNs: BigUint64Array,
  rowStart: Uint32Array,
  rowEnd: Uint32Array,
  rowScope: Uint32Array,
  severityTextAt: Uint32Array,
  severityTextLength: Uint32Array,
  bodyAt: Uint32Array,
  bodyLength: Uint32Array,
  traceIdAt: Uint32Array,
  spanIdAt: Uint32Array,
  flags: Uint32Array,
  severityNumber: Uint8Array,
  bodyType: Uint8Array,
} as const;

const space = new ColumnSpace(SPEC);

/**
 * Decodes an ExportLogsServiceRequest (opentelemetry-proto logs/v1). The chunk's arena is `body` itself, which the caller gives away.
 * A record with an id of a wrong size is rejected alone. Throws a DecodeError when the bytes are not a well-formed message.
 */
export function decodeLogs(body: Uint8Array): Decoded<LogChunk> {
  const reader = new LogReader();
  const envelope = readEnvelope(body, body.length, reader);
  const { rowStart, rowEnd, rowScope, bodyLength, ...columns } = space.take(reader.count);
  const layout = {
    body,
    bodyLength: body.length,
    rowStart,
    rowEnd,
    rowScope,
    ...envelope,
    rowAttributeCount: reader.attributeCount,
    complete: reader.rejections.count === 0,
  };
  return {
    chunk: new LogChunk(layout, { ...columns, bodyLength }),
    rejectedCount: reader.rejections.count,
    rejectedReason: reader.rejections.reason,
  };
}

class LogReader implements ItemReader {
  readonly rejections = new Rejections();
  #columns: ColumnsOf<typeof SPEC> = space.columns;
  #timeWords: Uint32Array = wordsOf(space.columns.timeNs);
  #observedWords: Uint32Array = wordsOf(space.columns.observedNs);
  count = 0;
  attributeCount = 0;

  get rowCount(): number {
    return this.count;
  }

  reject(rowCount: number, error: DecodeError, atLeast: number): void {
    this.rejections.addUnreadable(Math.max(atLeast, this.count - rowCount), error);
    this.count = rowCount;
  }

  readItem(bytes: Uint8Array, at: number, end: number, scope: number): void {
    if (this.count === space.capacity) {
      space.grow();
      this.#columns = space.columns;
      this.#timeWords = wordsOf(space.columns.timeNs);
      this.#observedWords = wordsOf(space.columns.observedNs);
    }
    const row = this.count;
    this.#columns.rowStart[row] = at;
    this.#columns.rowEnd[row] = end;
    this.#columns.rowScope[row] = scope;
    if (this.#readRecord(bytes, at, end, row)) this.count++;
    else this.rejections.count++;
  }

  /** Fills the columns of `row`. Returns false where the record is rejected. */
  #readRecord(bytes: Uint8Array, from: number, end: number, row: number): boolean {
    const columns = this.#columns;
    let severityNumber = 0;
    let severityTextAt = from;
    let severityTextLength = 0;
    let bodyFrom = from;
    let bodyTo = from;
    let traceIdAt = 0;
    let spanIdAt = 0;
    let flags = 0;
    let attributeCount = 0;
    let accepted = true;
    clearTime(this.#timeWords, row);
    clearTime(this.#observedWords, row);
    let at = from;
    // One-byte tags and lengths, and what SDKs write of a body, are read here; everything else by the checked functions.
    while (at < end) {
      let tag = bytes[at++]!;
      if (tag >= 0x80) {
        tag = varint(bytes, at - 1, end);
        at = nextOffset();
      }
      switch (tag) {
        case 0x32: {
          const length = bytes[at]!;
          attributeCount++;
          if (length < 0x80 && at + length < end) {
            checkKeyValue(bytes, at + 1, at + 1 + length, 0);
            at += 1 + length;
          } else {
            const to = contentEnd(bytes, at, end);
            checkKeyValue(bytes, nextOffset(), to, 0);
            at = to;
          }
          break;
        }
        case 0x09:
          at = readTime(bytes, at, end, this.#timeWords, row);
          break;
        case 0x59:
          at = readTime(bytes, at, end, this.#observedWords, row);
          break;
        case 0x10:
          if (at < end && bytes[at]! < 0x80) severityNumber = bytes[at++]!;
          else {
            severityNumber = varint(bytes, at, end);
            at = nextOffset();
          }
          break;
        case 0x1a:
          severityTextLength = bytes[at]!;
          severityTextAt = at + 1;
          // So written that a length that isn't there any more is no number, and fails it.
          if (!(severityTextLength < 0x80 && severityTextAt + severityTextLength <= end)) {
            severityTextLength = contentEnd(bytes, at, end) - nextOffset();
            severityTextAt = nextOffset();
          }
          at = severityTextAt + severityTextLength;
          break;
        case 0x2a: {
          const length = bytes[at]!;
          // A text that is all of the value.
          if (
            length < 0x80 &&
            length > 1 &&
            at + length < end &&
            bytes[at + 1] === 0x0a &&
            bytes[at + 2] === length - 2
          ) {
            bodyFrom = at + 1;
            bodyTo = bodyFrom + length;
          } else {
            bodyTo = contentEnd(bytes, at, end);
            bodyFrom = nextOffset();
            checkAnyValue(bytes, bodyFrom, bodyTo, 0);
          }
          at = bodyTo;
          break;
        }
        case 0x45:
          at = skipUnknown(bytes, at, end, tag);
          flags = (bytes[at - 4]! | (bytes[at - 3]! << 8) | (bytes[at - 2]! << 16) | (bytes[at - 1]! << 24)) >>> 0;
          break;
        case 0x4a:
          at = contentEnd(bytes, at, end);
          if (at - nextOffset() === 16) traceIdAt = idOrNone(bytes, nextOffset(), 16);
          else if (at > nextOffset()) accepted = this.rejections.add('trace_id', at - nextOffset(), 16);
          break;
        case 0x52:
          at = contentEnd(bytes, at, end);
          if (at - nextOffset() === 8) spanIdAt = idOrNone(bytes, nextOffset(), 8);
          else if (at > nextOffset()) accepted = this.rejections.add('span_id', at - nextOffset(), 8);
          break;
        default:
          at = skipOther(bytes, at, end, tag);
      }
    }
    readAnyValue(bytes, bodyFrom, bodyTo);
    columns.bodyType[row] = value.type;
    columns.bodyAt[row] = value.at;
    columns.bodyLength[row] = value.length;
    columns.severityNumber[row] = severityNumber > 255 ? 0 : severityNumber;
    columns.severityTextAt[row] = severityTextAt;
    columns.severityTextLength[row] = severityTextLength;
    columns.traceIdAt[row] = traceIdAt;
    columns.spanIdAt[row] = spanIdAt;
    columns.flags[row] = flags;
    this.attributeCount += attributeCount;
    return accepted;
  }
}

/** dropped_attributes_count (7), event_name (12), and fields that we don't know. */
function skipOther(bytes: Uint8Array, at: number, end: number, tag: number): number {
  const field = tag >>> 3;
  if (field === 12) expectType(tag, 2, at);
  else if (field === 7) expectType(tag, 0, at);
  else if (field >= 1 && field <= 11 && field !== 4) {
    throw new DecodeError(`field ${field} of a log record has wire type ${tag & 7}`, at);
  }
  return skipUnknown(bytes, at, end, tag);
}

/** The offset of an id, or 0 where all its bytes are zero: then the record has none. */
function idOrNone(bytes: Uint8Array, at: number, length: number): number {
  for (let i = 0; i < length; i++) if (bytes[at + i] !== 0) return at;
  return 0;
}
