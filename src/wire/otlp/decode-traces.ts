import { DecodeError } from '#base';
import { SpanChunk } from '#pdata';
import { checkKeyValue, contentEnd, expectType, fixed, nextOffset, skipUnknown, varint } from './check.ts';
import { ColumnSpace, type ColumnsOf } from './columns.ts';
import { type Decoded, type ItemReader, readEnvelope } from './envelope.ts';
import { padForMissingIds, Rejections } from './rejections.ts';

const SPEC = {
  startNs: BigUint64Array,
  endNs: BigUint64Array,
  rowStart: Uint32Array,
  rowEnd: Uint32Array,
  rowScope: Uint32Array,
  traceIdAt: Uint32Array,
  spanIdAt: Uint32Array,
  parentSpanIdAt: Uint32Array,
  nameAt: Uint32Array,
  nameLength: Uint32Array,
  flags: Uint32Array,
  eventCount: Uint16Array,
  linkCount: Uint16Array,
  kind: Uint8Array,
  statusCode: Uint8Array,
} as const;

const space = new ColumnSpace(SPEC);

/**
 * Decodes an ExportTraceServiceRequest (opentelemetry-proto trace/v1). The chunk's arena is `body` itself, which the caller gives away.
 * A span with an id of a wrong size is rejected alone; absent ids count as zeros, as in the Go collector. Throws a DecodeError when
 * the bytes are not a well-formed message.
 */
export function decodeTraces(body: Uint8Array): Decoded<SpanChunk> {
  return decode(body, body.length);
}

function decode(body: Uint8Array, bodyLength: number): Decoded<SpanChunk> {
  const reader = new SpanReader(body.length > bodyLength ? bodyLength : 0);
  const envelope = readEnvelope(body, bodyLength, reader);
  if (reader.rejections.missingId) return decode(padForMissingIds(body), bodyLength);
  const { rowStart, rowEnd, rowScope, ...columns } = space.take(reader.count);
  const layout = {
    body,
    bodyLength,
    rowStart,
    rowEnd,
    rowScope,
    ...envelope,
    rowAttributeCount: reader.attributeCount,
    hasTraceStates: reader.hasTraceStates,
    complete: reader.rejections.count === 0,
  };
  const { startNs, endNs } = columns;
  const startWords = new Uint32Array(startNs.buffer, startNs.byteOffset, startNs.length * 2);
  const endWords = new Uint32Array(endNs.buffer, endNs.byteOffset, endNs.length * 2);
  return {
    chunk: new SpanChunk(layout, { ...columns, startWords, endWords }),
    rejectedCount: reader.rejections.count,
    rejectedReason: reader.rejections.reason,
  };
}

class SpanReader implements ItemReader {
  readonly rejections = new Rejections();
  /** Offset of 16 zero bytes behind the body, for absent ids; 0 while there are none. */
  readonly #zerosAt: number;
  #columns: ColumnsOf<typeof SPEC> = space.columns;
  #startWords: Uint32Array;
  #endWords: Uint32Array;
  count = 0;
  attributeCount = 0;
  hasTraceStates = false;

  constructor(zerosAt: number) {
    this.#zerosAt = zerosAt;
    this.#startWords = wordsOf(space.columns.startNs);
    this.#endWords = wordsOf(space.columns.endNs);
  }

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
      this.#startWords = wordsOf(space.columns.startNs);
      this.#endWords = wordsOf(space.columns.endNs);
    }
    const row = this.count;
    const columns = this.#columns;
    columns.rowStart[row] = at;
    columns.rowEnd[row] = end;
    columns.rowScope[row] = scope;
    if (this.#readSpan(bytes, at, end, row)) this.count++;
  }

  /** Fills the columns of `row`. Returns false where the span is rejected. */
  #readSpan(bytes: Uint8Array, from: number, end: number, row: number): boolean {
    const columns = this.#columns;
    let traceIdAt = 0;
    let spanIdAt = 0;
    let parentSpanIdAt = 0;
    let nameAt = from;
    let nameLength = 0;
    let kind = 0;
    let statusCode = 0;
    let flags = 0;
    let eventCount = 0;
    let linkCount = 0;
    let attributeCount = 0;
    let accepted = true;
    clearTime(this.#startWords, row);
    clearTime(this.#endWords, row);
    let at = from;
    // One-byte tags and lengths, and ids of the right size, are read here; everything else by the checked functions.
    while (at < end) {
      let tag = bytes[at++]!;
      if (tag >= 0x80) {
        tag = varint(bytes, at - 1, end);
        at = nextOffset();
      }
      switch (tag) {
        case 0x4a: {
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
        case 0x0a:
          if (bytes[at] === 16 && at + 16 < end) {
            traceIdAt = at + 1;
            at += 17;
          } else {
            const to = contentEnd(bytes, at, end);
            if (to - nextOffset() === 16) traceIdAt = nextOffset();
            else if (to > nextOffset()) accepted = this.rejections.add('trace_id', to - nextOffset(), 16);
            at = to;
          }
          break;
        case 0x12:
          if (bytes[at] === 8 && at + 8 < end) {
            spanIdAt = at + 1;
            at += 9;
          } else {
            const to = contentEnd(bytes, at, end);
            if (to - nextOffset() === 8) spanIdAt = nextOffset();
            else if (to > nextOffset()) accepted = this.rejections.add('span_id', to - nextOffset(), 8);
            at = to;
          }
          break;
        case 0x22:
          if (bytes[at] === 8 && at + 8 < end) {
            parentSpanIdAt = isZero(bytes, at + 1) ? 0 : at + 1;
            at += 9;
          } else {
            const to = contentEnd(bytes, at, end);
            if (to - nextOffset() === 8) parentSpanIdAt = isZero(bytes, nextOffset()) ? 0 : nextOffset();
            else if (to > nextOffset()) accepted = this.rejections.add('parent_span_id', to - nextOffset(), 8);
            at = to;
          }
          break;
        case 0x2a:
          nameLength = bytes[at]!;
          nameAt = at + 1;
          // So written that a length that isn't there any more is no number, and fails it.
          if (!(nameLength < 0x80 && nameAt + nameLength <= end)) {
            nameLength = contentEnd(bytes, at, end) - nextOffset();
            nameAt = nextOffset();
          }
          at = nameAt + nameLength;
          break;
        case 0x30:
          kind = varint(bytes, at, end);
          at = nextOffset();
          break;
        case 0x39:
          at = readTime(bytes, at, end, this.#startWords, row);
          break;
        case 0x41:
          at = readTime(bytes, at, end, this.#endWords, row);
          break;
        case 0x5a: {
          const to = contentEnd(bytes, at, end);
          checkEvent(bytes, nextOffset(), to);
          eventCount++;
          at = to;
          break;
        }
        case 0x6a: {
          const to = contentEnd(bytes, at, end);
          accepted = this.#checkLink(bytes, nextOffset(), to) && accepted;
          linkCount++;
          at = to;
          break;
        }
        case 0x7a: {
          const to = contentEnd(bytes, at, end);
          statusCode = readStatusCode(bytes, nextOffset(), to);
          at = to;
          break;
        }
        case 0x85:
          at = fixed(at, 4, end);
          flags = (bytes[at - 4]! | (bytes[at - 3]! << 8) | (bytes[at - 2]! << 16) | (bytes[at - 1]! << 24)) >>> 0;
          break;
        default:
          if (tag === 0x1a) this.hasTraceStates = true;
          at = skipOther(bytes, at, end, tag);
      }
    }
    if (accepted && (traceIdAt === 0 || spanIdAt === 0)) {
      this.rejections.missingId ||= this.#zerosAt === 0;
      traceIdAt ||= this.#zerosAt;
      spanIdAt ||= this.#zerosAt;
    }
    columns.traceIdAt[row] = traceIdAt;
    columns.spanIdAt[row] = spanIdAt;
    columns.parentSpanIdAt[row] = parentSpanIdAt;
    columns.nameAt[row] = nameAt;
    columns.nameLength[row] = nameLength;
    columns.kind[row] = kind > 255 ? 0 : kind;
    columns.statusCode[row] = statusCode > 255 ? 0 : statusCode;
    columns.flags[row] = flags;
    columns.eventCount[row] = Math.min(eventCount, 65535);
    columns.linkCount[row] = Math.min(linkCount, 65535);
    this.attributeCount += attributeCount;
    if (!accepted) this.rejections.count++;
    return accepted;
  }

  #checkLink(bytes: Uint8Array, at: number, end: number): boolean {
    let accepted = true;
    while (at < end) {
      const tag = varint(bytes, at, end);
      at = nextOffset();
      if (tag === 0x0a || tag === 0x12) {
        const to = contentEnd(bytes, at, end);
        const length = to - nextOffset();
        const wanted = tag === 0x0a ? 16 : 8;
        if (length !== 0 && length !== wanted) {
          accepted = this.rejections.add(tag === 0x0a ? 'link trace_id' : 'link span_id', length, wanted);
        }
        at = to;
      } else if (tag === 0x22) {
        const to = contentEnd(bytes, at, end);
        checkKeyValue(bytes, nextOffset(), to, 0);
        at = to;
      } else {
        if (tag >>> 3 <= 4) expectType(tag, 2, at);
        at = skipUnknown(bytes, at, end, tag);
      }
    }
    return accepted;
  }
}

/** Fields without a column: trace_state (3) and the counts of what the SDK dropped (10, 12, 14); and fields that we don't know. */
function skipOther(bytes: Uint8Array, at: number, end: number, tag: number): number {
  const field = tag >>> 3;
  if (field === 3) expectType(tag, 2, at);
  else if (field === 10 || field === 12 || field === 14) expectType(tag, 0, at);
  else if (field >= 1 && field <= 16) throw new DecodeError(`field ${field} of a span has wire type ${tag & 7}`, at);
  return skipUnknown(bytes, at, end, tag);
}

/** Span.Event: time_unix_nano = 1, name = 2, attributes = 3, dropped_attributes_count = 4. */
function checkEvent(bytes: Uint8Array, at: number, end: number): void {
  while (at < end) {
    const tag = varint(bytes, at, end);
    at = nextOffset();
    if (tag === 0x1a) {
      const to = contentEnd(bytes, at, end);
      checkKeyValue(bytes, nextOffset(), to, 0);
      at = to;
    } else {
      if (tag >>> 3 === 1) expectType(tag, 1, at);
      else if (tag >>> 3 === 2 || tag >>> 3 === 3) expectType(tag, 2, at);
      at = skipUnknown(bytes, at, end, tag);
    }
  }
}

/** Status: message = 2, code = 3. */
function readStatusCode(bytes: Uint8Array, at: number, end: number): number {
  let code = 0;
  while (at < end) {
    const tag = varint(bytes, at, end);
    at = nextOffset();
    if (tag === 0x18) {
      code = varint(bytes, at, end);
      at = nextOffset();
    } else {
      if (tag >>> 3 === 2) expectType(tag, 2, at);
      at = skipUnknown(bytes, at, end, tag);
    }
  }
  return code;
}

/** Copies a fixed64 into lane `row` of a column of word pairs; returns the offset behind it. */
export function readTime(bytes: Uint8Array, at: number, end: number, words: Uint32Array, row: number): number {
  const to = fixed(at, 8, end);
  words[row * 2] = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  words[row * 2 + 1] = bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24);
  return to;
}

export function clearTime(words: Uint32Array, row: number): void {
  words[row * 2] = 0;
  words[row * 2 + 1] = 0;
}

/** The same bytes as pairs of 32-bit words, low word first. */
export function wordsOf(column: BigUint64Array | BigInt64Array | Float64Array): Uint32Array {
  return new Uint32Array(column.buffer, column.byteOffset, column.length * 2);
}

function isZero(bytes: Uint8Array, at: number): boolean {
  return (
    (bytes[at]! |
      bytes[at + 1]! |
      bytes[at + 2]! |
      bytes[at + 3]! |
      bytes[at + 4]! |
      bytes[at + 5]! |
      bytes[at + 6]! |
      bytes[at + 7]!) ===
    0
  );
}
