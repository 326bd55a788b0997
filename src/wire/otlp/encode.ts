import {
  type AttributeTable,
  attributesFieldOf,
  Batch,
  type Chunk,
  cursor,
  type HeadRanges,
  isMarked,
  METRIC_EMPTY,
  PointChunk,
  readVarint32,
  type Signal,
  skipValue,
  VALUE_BOOL,
  VALUE_DOUBLE,
  VALUE_EMPTY,
  VALUE_INT,
} from '#pdata';
import { decodeOtlp } from './decode.ts';

/**
 * Batches as OTLP Export…ServiceRequest messages. An untouched chunk is its own message and is not copied; of any other chunk the rows,
 * resources and scopes that nobody changed are copied byte for byte, and only what a processor changed is written anew. Because all
 * levels of the message are repeated fields, the messages of several chunks put one behind the other are again one message.
 */
export function encodeOtlpParts(batch: Batch): Uint8Array[] {
  return batch.chunks.filter((chunk) => chunk.count > 0).map(encodeChunk);
}

/** The batch as one buffer. For a single untouched chunk it is the received body itself: don't write into it. */
export function encodeOtlp(batch: Batch): Uint8Array {
  const parts = encodeOtlpParts(batch);
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The same items in one chunk over one fresh arena: for a component that keeps few rows of many bodies. */
export function compact(batch: Batch): Batch {
  const bytes = encodeOtlp(batch);
  const owned = batch.chunks.length === 1 && batch.chunks[0]!.isVerbatim ? bytes.slice() : bytes;
  return new Batch(batch.signal, [decodeOtlp(batch.signal, owned).chunk], batch.context);
}

function encodeChunk(chunk: Chunk): Uint8Array {
  if (chunk.isVerbatim) return chunk.layout.body.subarray(0, chunk.layout.bodyLength);
  const pieces = new Pieces(chunk);
  writeResources(chunk, pieces);
  return pieces.join();
}

/**
 * The message as a list of pieces, each a range of the arena or bytes made here. Lengths of nested messages stand in front of their
 * content, so a nested message is opened with a place for its header, which `close` fills when the length is known.
 */
class Pieces {
  readonly #arena: Uint8Array;
  /** Per piece: start and end in the arena, or -1 and an index into `made`. */
  #start: number[] = [];
  #end: number[] = [];
  readonly #made: Uint8Array[] = [];
  length = 0;

  constructor(chunk: Chunk) {
    this.#arena = chunk.arena;
  }

  /** Bytes of the arena; joined with the piece before where they follow it directly. */
  range(start: number, end: number): void {
    if (start === end) return;
    const last = this.#end.length - 1;
    if (last >= 0 && this.#start[last]! >= 0 && this.#end[last] === start) this.#end[last] = end;
    else {
      this.#start.push(start);
      this.#end.push(end);
    }
    this.length += end - start;
  }

  bytes(bytes: Uint8Array): void {
    this.#start.push(-1);
    this.#end.push(this.#made.push(bytes) - 1);
    this.length += bytes.length;
  }

  /** Opens a nested message; pass both results to `close`. */
  open(): { piece: number; length: number } {
    this.bytes(NO_BYTES);
    return { piece: this.#end.length - 1, length: this.length };
  }

  close(mark: { piece: number; length: number }, field: number): void {
    const header = tagAndLength(field, this.length - mark.length);
    this.#made[this.#end[mark.piece]!] = header;
    this.length += header.length;
  }

  /** Content with its header. Where the received header is the shortest form it is taken along, so that neighbours join. */
  nested(field: number, start: number, end: number): void {
    const size = headerLength(field, end - start);
    if (start >= size && isHeader(this.#arena, start - size, field, end - start, size)) this.range(start - size, end);
    else {
      this.bytes(tagAndLength(field, end - start));
      this.range(start, end);
    }
  }

  head(head: HeadRanges, owner: number): void {
    for (let i = head.from[owner]!; i < head.to[owner]!; i++) this.range(head.start[i]!, head.end[i]!);
  }

  join(): Uint8Array {
    const whole = new Uint8Array(this.length);
    let at = 0;
    for (let piece = 0; piece < this.#start.length; piece++) {
      const start = this.#start[piece]!;
      const bytes = start < 0 ? this.#made[this.#end[piece]!]! : this.#arena.subarray(start, this.#end[piece]!);
      whole.set(bytes, at);
      at += bytes.length;
    }
    return whole;
  }
}

const NO_BYTES = new Uint8Array(0);

function writeResources(chunk: Chunk, pieces: Pieces): void {
  const { layout } = chunk;
  let index = 0;
  while (index < chunk.count) {
    const resource = chunk.resourceOf(chunk.rowAt(index));
    const mark = pieces.open();
    if (isMarked(chunk.modifiedResources, resource)) {
      const { table } = chunk.resourceAttributes;
      pieces.bytes(
        nestedBytes(
          1,
          rewrite(chunk, layout.resourceStart[resource]!, layout.resourceEnd[resource]!, table, resource, 1),
        ),
      );
    } else if (layout.resourceEnd[resource]! > 0) {
      pieces.nested(1, layout.resourceStart[resource]!, layout.resourceEnd[resource]!);
    }
    while (index < chunk.count && chunk.resourceOf(chunk.rowAt(index)) === resource) {
      index = writeScope(chunk, pieces, index);
    }
    pieces.head(layout.resourceHead, resource);
    pieces.close(mark, 1);
  }
}

/** Writes the scope of the row at `index` with all its selected rows; returns the index behind them. */
function writeScope(chunk: Chunk, pieces: Pieces, index: number): number {
  const { layout } = chunk;
  const scope = layout.rowScope[chunk.rowAt(index)]!;
  const mark = pieces.open();
  if (isMarked(chunk.modifiedScopes, scope)) {
    const { table } = chunk.scopeAttributes;
    pieces.bytes(nestedBytes(1, rewrite(chunk, layout.scopeStart[scope]!, layout.scopeEnd[scope]!, table, scope, 3)));
  } else if (layout.scopeEnd[scope]! > 0) pieces.nested(1, layout.scopeStart[scope]!, layout.scopeEnd[scope]!);
  while (index < chunk.count && layout.rowScope[chunk.rowAt(index)] === scope) {
    if (chunk instanceof PointChunk) index = writeMetric(chunk, pieces, index);
    else {
      writeRow(chunk, pieces, chunk.rowAt(index), 2);
      index++;
    }
  }
  pieces.head(layout.scopeHead, scope);
  pieces.close(mark, 2);
  return index;
}

/** Writes the metric of the row at `index` with all its selected points; returns the index behind them. */
function writeMetric(chunk: PointChunk, pieces: Pieces, index: number): number {
  const metric = chunk.columns.metric[chunk.rowAt(index)]!;
  const type = chunk.metrics.type[metric]!;
  const mark = pieces.open();
  pieces.head(chunk.metrics.head, metric);
  const dataMark = pieces.open();
  while (index < chunk.count && chunk.columns.metric[chunk.rowAt(index)] === metric) {
    writeRow(chunk, pieces, chunk.rowAt(index), 1);
    index++;
  }
  pieces.head(chunk.metrics.dataHead, metric);
  if (type !== METRIC_EMPTY) pieces.close(dataMark, type);
  pieces.close(mark, 2);
  return index;
}

function writeRow(chunk: Chunk, pieces: Pieces, row: number, field: number): void {
  const start = chunk.layout.rowStart[row]!;
  const end = chunk.layout.rowEnd[row]!;
  if (!isMarked(chunk.modifiedRows, row)) {
    pieces.nested(field, start, end);
    return;
  }
  const attributesField =
    chunk instanceof PointChunk
      ? attributesFieldOf(chunk.metrics.type[chunk.columns.metric[row]!]!)
      : attributesFieldOfSignal(chunk.signal);
  pieces.bytes(
    nestedBytes(
      field,
      rewrite(chunk, start, end, chunk.rowAttributes.table, row, attributesField, chunk.patches?.get(row)),
    ),
  );
}

function attributesFieldOfSignal(signal: Signal): number {
  return signal === 'traces' ? 9 : 6;
}

/** The message in arena[from, to) with its attributes from `table` and its patched fields replaced; other fields stay as they are. */
function rewrite(
  chunk: Chunk,
  from: number,
  to: number,
  table: AttributeTable,
  owner: number,
  attributesField: number,
  patches: readonly { readonly field: number; readonly at: number; readonly length: number }[] = [],
): Uint8Array {
  const { arena } = chunk;
  const parts: Uint8Array[] = [];
  for (let at = from; at < to; ) {
    const fieldStart = at;
    const tag = readVarint32(arena, at);
    at = skipValue(arena, cursor.at, tag & 7);
    const field = tag >>> 3;
    if (field === attributesField || patches.some((patch) => patch.field === field)) continue;
    parts.push(arena.subarray(fieldStart, at));
  }
  for (let row = table.from[owner]!; row < table.to[owner]!; row++) {
    parts.push(keyValueBytes(arena, table, row, attributesField));
  }
  for (const patch of patches) parts.push(arena.subarray(patch.at, patch.at + patch.length));
  return concat(parts);
}

/** One attribute as a KeyValue message in field `field`. */
function keyValueBytes(arena: Uint8Array, table: AttributeTable, row: number, field: number): Uint8Array {
  const key = arena.subarray(table.keyAt[row]!, table.keyAt[row]! + table.keyLength[row]!);
  const payload = arena.subarray(table.at[row]!, table.at[row]! + table.length[row]!);
  const type = table.type[row]!;
  let value: Uint8Array;
  if (type === VALUE_EMPTY) value = NO_BYTES;
  else if (type === VALUE_BOOL || type === VALUE_INT) value = concat([Uint8Array.of(type << 3), payload]);
  else if (type === VALUE_DOUBLE) value = concat([Uint8Array.of((type << 3) | 1), payload]);
  else value = nestedBytes(type, payload);
  return nestedBytes(field, concat([nestedBytes(1, key), nestedBytes(2, value)]));
}

function nestedBytes(field: number, content: Uint8Array): Uint8Array {
  return concat([tagAndLength(field, content.length), content]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) length++;
  return length;
}

function headerLength(field: number, length: number): number {
  return varintLength(field * 8 + 2) + varintLength(length);
}

function tagAndLength(field: number, length: number): Uint8Array {
  const header = new Uint8Array(headerLength(field, length));
  writeVarint(header, writeVarint(header, 0, field * 8 + 2), length);
  return header;
}

function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest = Math.floor(rest / 128);
  }
  bytes[at++] = rest;
  return at;
}

/** Whether the `size` bytes at `at` are exactly the shortest tag and length of such a nested message. Fields below 16 only. */
function isHeader(arena: Uint8Array, at: number, field: number, length: number, size: number): boolean {
  if (arena[at] !== field * 8 + 2) return false;
  let rest = length;
  for (let i = 1; i < size; i++) {
    const wanted = i === size - 1 ? rest : (rest & 0x7f) | 0x80;
    if (arena[at + i] !== wanted) return false;
    rest = Math.floor(rest / 128);
  }
  return true;
}
