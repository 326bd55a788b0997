import {
  ArenaWriter,
  Batch,
  type Chunk,
  type ChunkLayout,
  copyBytes,
  type HeadRanges,
  isMarked,
  leasesOf,
  METRIC_EMPTY,
  PointChunk,
  unfilledBytes,
  varintLength,
} from '#pdata';
import { decodeOtlp } from './decode.ts';
import { writeItem } from './encode-items.ts';

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
  const { chunk } = decodeOtlp(batch.signal, owned);
  chunk.leases = leasesOf(batch.chunks);
  return new Batch(batch.signal, [chunk], batch.context);
}

function encodeChunk(chunk: Chunk): Uint8Array {
  chunk.settle();
  if (chunk.isVerbatim) return chunk.layout.body.subarray(0, chunk.layout.bodyLength);
  const pieces = new Pieces(chunk);
  writeResources(chunk, pieces);
  return pieces.join();
}

/** What is written anew goes here until the pieces are joined. */
const made = new ArenaWriter(1 << 16);
const MADE_KEPT_BYTES = 16 * 1024 * 1024;

/**
 * The message as a list of pieces, each a range of the arena, a range of `made`, or a header. Lengths of nested messages stand in front of
 * their content, so a nested message is opened with a place for its header, which `close` fills when the length is known.
 */
class Pieces {
  readonly #arena: Uint8Array;
  /**
   * Two arrays, because every row that stands alone is a piece:
   *   start >= 0      arena[start, end)
   *   start = -1      the header with the index `end`
   *   start <= -2     made[-2 - start, end)
   */
  readonly #start: number[] = [];
  readonly #end: number[] = [];
  readonly #headers: Uint8Array[] = [];
  length = 0;

  constructor(chunk: Chunk) {
    this.#arena = chunk.arena;
    made.reset();
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

  /** What was put into `made` from `start` on; joined likewise. */
  made(start: number): void {
    const end = made.length;
    const last = this.#end.length - 1;
    if (last >= 0 && this.#start[last]! <= -2 && this.#end[last] === start) this.#end[last] = end;
    else {
      this.#start.push(-2 - start);
      this.#end.push(end);
    }
    this.length += end - start;
  }

  #header(bytes: Uint8Array): number {
    this.#end.push(this.#headers.push(bytes) - 1);
    this.length += bytes.length;
    return this.#start.push(-1) - 1;
  }

  /** Opens a nested message; pass both results to `close`. */
  open(): { piece: number; length: number } {
    return { piece: this.#header(NO_BYTES), length: this.length };
  }

  close(mark: { piece: number; length: number }, field: number): void {
    const header = tagAndLength(field, this.length - mark.length);
    this.#headers[this.#end[mark.piece]!] = header;
    this.length += header.length;
  }

  /** Content with its header. Where the received header is the shortest form it is taken along, so that neighbours join. */
  nested(field: number, start: number, end: number): void {
    const size = headerLength(field, end - start);
    if (start >= size && isHeader(this.#arena, start - size, field, end - start, size)) this.range(start - size, end);
    else {
      this.#header(tagAndLength(field, end - start));
      this.range(start, end);
    }
  }

  head(head: HeadRanges, owner: number): void {
    for (let i = head.from[owner]!; i < head.to[owner]!; i++) this.range(head.start[i]!, head.end[i]!);
  }

  join(): Uint8Array {
    const whole = unfilledBytes(this.length);
    const fresh = made.view();
    let at = 0;
    for (let piece = 0; piece < this.#start.length; piece++) {
      const start = this.#start[piece]!;
      const end = this.#end[piece]!;
      const header = start === -1 ? this.#headers[end]! : undefined;
      const bytes = header ?? (start >= 0 ? this.#arena : fresh);
      const from = header !== undefined ? 0 : start >= 0 ? start : -2 - start;
      const to = header?.length ?? end;
      copyBytes(bytes, from, to, whole, at);
      at += to - from;
    }
    made.shrink(MADE_KEPT_BYTES);
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
      const start = made.length;
      const message = made.begin(1);
      made.fields(chunk.arena, layout.resourceStart[resource]!, layout.resourceEnd[resource]!, 1 << 1);
      made.placedAttributes(1, chunk.arena, chunk.resourceAttributes.table, resource);
      made.end(message);
      pieces.made(start);
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
    const start = made.length;
    const message = made.begin(1);
    made.fields(chunk.arena, layout.scopeStart[scope]!, layout.scopeEnd[scope]!, 1 << 3);
    made.placedAttributes(3, chunk.arena, chunk.scopeAttributes.table, scope);
    made.end(message);
    pieces.made(start);
  } else if (layout.scopeEnd[scope]! > 0) pieces.nested(1, layout.scopeStart[scope]!, layout.scopeEnd[scope]!);
  const { count } = chunk;
  while (index < count && layout.rowScope[chunk.rowAt(index)] === scope) {
    if (chunk instanceof PointChunk) index = writeMetric(chunk, pieces, index);
    else {
      writeRow(chunk, layout, pieces, chunk.rowAt(index), 2);
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
    writeRow(chunk, chunk.layout, pieces, chunk.rowAt(index), 1);
    index++;
  }
  pieces.head(chunk.metrics.dataHead, metric);
  if (type !== METRIC_EMPTY) pieces.close(dataMark, type);
  pieces.close(mark, 2);
  return index;
}

function writeRow(chunk: Chunk, layout: ChunkLayout, pieces: Pieces, row: number, field: number): void {
  const changed = chunk.changedFields === undefined ? 0 : chunk.changedFields[row]!;
  if (changed === 0) {
    pieces.nested(field, layout.rowStart[row]!, layout.rowEnd[row]!);
    return;
  }
  const start = made.length;
  const before = layout.rowEnd[row]! - layout.rowStart[row]!;
  const mark = made.begin(field, before);
  writeItem(made, chunk, row);
  made.end(mark, before);
  pieces.made(start);
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
