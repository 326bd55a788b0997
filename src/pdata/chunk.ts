import { assert } from '#base';
import { ArenaWriter } from './arena-writer.ts';
import {
  type AnyValue,
  AttributeCursor,
  type AttributeOwner,
  AttributeTable,
  type PreparedValue,
  readKeyValue,
} from './attributes.ts';
import type { AttributeKey } from './keys.ts';
import { cursor, findField, readVarint32, skipValue } from './protobuf.ts';
import type { Signal } from './signal.ts';
import { textAt } from './text.ts';

/** Where the parts of a message lie that are not its items: written back verbatim. Ranges include the fields' tags. */
export interface HeadRanges {
  /** Per owner, `from[owner] .. to[owner]` in `start` and `end`. */
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  readonly start: Uint32Array;
  readonly end: Uint32Array;
}

/** The columns that chunks of all signals have. Offsets count from the start of the arena; ranges are [start, end). */
export interface ChunkLayout {
  /** The received body, an OTLP Export…ServiceRequest, in its first `bodyLength` bytes. Never written. */
  readonly body: Uint8Array;
  readonly bodyLength: number;
  /** One entry per row: the content of the item's message (Span, LogRecord or data point), without tag and length. */
  readonly rowStart: Uint32Array;
  readonly rowEnd: Uint32Array;
  /** One entry per row: index of its scope. Rows of a scope are contiguous. */
  readonly rowScope: Uint32Array;
  /** One entry per scope: index of its resource; and the InstrumentationScope message (0, 0 where absent). */
  readonly scopeResource: Uint32Array;
  readonly scopeStart: Uint32Array;
  readonly scopeEnd: Uint32Array;
  /** All fields of a ScopeSpans message but `scope` and `spans`; likewise for logs and metrics. */
  readonly scopeHead: HeadRanges;
  /** One entry per resource: its Resource message (0, 0 where absent). */
  readonly resourceStart: Uint32Array;
  readonly resourceEnd: Uint32Array;
  /** All fields of a ResourceSpans message but `resource` and `scope_spans`. */
  readonly resourceHead: HeadRanges;
  /** How many attributes all items have together: the size of their table. */
  readonly rowAttributeCount: number;
  /** The rows are all items of the body: it can be sent on as it is. False where the decoder rejected some. */
  readonly complete: boolean;
}

/** Where the attributes of a message are: KeyValue is a repeated field with this number. */
const RESOURCE_ATTRIBUTES = 1;
const SCOPE_ATTRIBUTES = 3;

/** A replaced top-level field of an item: the field's new bytes with its tag, in the arena. Length 0 removes the field. */
export interface FieldPatch {
  readonly field: number;
  readonly at: number;
  readonly length: number;
}

/**
 * Columns over one received body. The subclasses SpanChunk, LogChunk and PointChunk add the columns of their signal.
 *
 *   arena:  [ received body ............................ | appended values, keys, patches ]
 *               ^rowStart[0]  ^rowStart[1] …               ^ everything a processor set
 *   rows:   0..rowCount, of which `rows` (all, where undefined) are selected, in order
 *
 * Dropping or splitting makes a new chunk with another selection over the same columns. Changing appends to the arena (copied once,
 * at the first change) and marks the owner; an exporter copies what is not marked byte for byte and writes the rest anew,
 * keeping fields that it doesn't know.
 */
export abstract class Chunk {
  abstract readonly signal: Signal;
  readonly layout: ChunkLayout;
  /** The body, then what was appended. Grows by being replaced: don't keep it across a change. */
  arena: Uint8Array;
  /** The selected rows in ascending order, or undefined for all of them. */
  readonly rows: Uint32Array | undefined;

  /** One bit per row, resource or scope whose attributes or fields were changed; undefined while nothing was. */
  modifiedRows: Uint8Array | undefined = undefined;
  modifiedResources: Uint8Array | undefined = undefined;
  modifiedScopes: Uint8Array | undefined = undefined;
  /** Per row, its replaced fields. */
  patches: Map<number, FieldPatch[]> | undefined = undefined;

  #used: number;
  #ownsArena = false;
  #resourceAttributes: AttributeCursor | undefined = undefined;
  #scopeAttributes: AttributeCursor | undefined = undefined;
  #rowAttributes: AttributeCursor | undefined = undefined;
  #byteLength = -1;

  protected constructor(layout: ChunkLayout, rows: Uint32Array | undefined) {
    this.layout = layout;
    this.arena = layout.body;
    this.rows = rows;
    this.#used = layout.body.length;
  }

  /** The field number of `attributes` in the message of row `row`. */
  protected abstract attributesField(row: number): number;
  /** A chunk over the same columns with another selection. */
  protected abstract withRows(rows: Uint32Array | undefined): Chunk;

  /** How many rows the columns have, selected or not. */
  get rowCount(): number {
    return this.layout.rowStart.length;
  }

  /** How many rows are selected. */
  get count(): number {
    return this.rows === undefined ? this.layout.rowStart.length : this.rows.length;
  }

  /** The row of selected item `index`, 0 <= index < count. */
  rowAt(index: number): number {
    return this.rows === undefined ? index : this.rows[index]!;
  }

  resourceOf(row: number): number {
    return this.layout.scopeResource[this.layout.rowScope[row]!]!;
  }

  get resourceCount(): number {
    return this.layout.resourceStart.length;
  }

  get scopeCount(): number {
    return this.layout.scopeResource.length;
  }

  /** The body can be sent on byte for byte. */
  get isVerbatim(): boolean {
    return this.rows === undefined && this.layout.complete && !this.isModified;
  }

  get isModified(): boolean {
    return this.modifiedRows !== undefined || this.modifiedResources !== undefined || this.modifiedScopes !== undefined;
  }

  /** Bytes of the selected items as received; the whole body where all rows are selected. */
  get byteLength(): number {
    if (this.#byteLength < 0) this.#byteLength = this.#measure();
    return this.#byteLength;
  }

  #measure(): number {
    if (this.rows === undefined) return this.#used;
    const { rowStart, rowEnd } = this.layout;
    let bytes = 0;
    for (let i = 0; i < this.rows.length; i++) bytes += rowEnd[this.rows[i]!]! - rowStart[this.rows[i]!]! + 4;
    return bytes;
  }

  /**
   * A chunk with only these rows (ascending, each selected now). Shares all columns and what was changed so far. Several selections
   * may be changed apart as long as no row is in two of them.
   */
  select(rows: Uint32Array): Chunk {
    const chunk = this.withRows(rows.length === this.rowCount ? undefined : rows);
    this.#shareWith(chunk);
    return chunk;
  }

  /**
   * A chunk whose attributes and fields can be changed without changing this one. The bytes stay shared until one of the two appends.
   * The columns of the signal stay shared: code that replaces a field with a column (replaceField) must copy that column first.
   */
  clone(): Chunk {
    const chunk = this.withRows(this.rows);
    this.#shareWith(chunk);
    chunk.modifiedRows = this.modifiedRows?.slice();
    if (this.patches !== undefined) chunk.patches = new Map([...this.patches].map(([row, list]) => [row, [...list]]));
    chunk.#rowAttributes = copyOf(this.#rowAttributes, chunk, 'row');
    return chunk;
  }

  #shareWith(chunk: Chunk): void {
    chunk.arena = this.arena;
    chunk.#used = this.#used;
    this.#ownsArena = false;
    chunk.modifiedRows = this.modifiedRows;
    chunk.modifiedResources = this.modifiedResources?.slice();
    chunk.modifiedScopes = this.modifiedScopes?.slice();
    chunk.patches = this.patches;
    // Parts of a split have no rows in common, but they do have resources and scopes, and each part appends to an arena of its own.
    chunk.#resourceAttributes = copyOf(this.#resourceAttributes, chunk, 'resource');
    chunk.#scopeAttributes = copyOf(this.#scopeAttributes, chunk, 'scope');
    chunk.#rowAttributes = rebind(this.#rowAttributes, chunk, 'row');
  }

  /** The attributes of the resources; owner = resource index. Built at the first call. */
  get resourceAttributes(): AttributeCursor {
    this.#resourceAttributes ??= new AttributeCursor(this, 'resource', this.#readHeads('resource'));
    return this.#resourceAttributes;
  }

  /** The attributes of the instrumentation scopes; owner = scope index. */
  get scopeAttributes(): AttributeCursor {
    this.#scopeAttributes ??= new AttributeCursor(this, 'scope', this.#readHeads('scope'));
    return this.#scopeAttributes;
  }

  /** The attributes of the items; owner = row. Only selected rows are filled in. */
  get rowAttributes(): AttributeCursor {
    this.#rowAttributes ??= new AttributeCursor(this, 'row', this.#readRows());
    return this.#rowAttributes;
  }

  /**
   * Gives back the attribute tables that can be built again: for components that hold chunks for a while, and for those that end a
   * batch's way. Cursors taken before must not be used afterwards.
   */
  releaseTables(): void {
    if (this.modifiedResources === undefined) this.#resourceAttributes = released(this.#resourceAttributes);
    if (this.modifiedScopes === undefined) this.#scopeAttributes = released(this.#scopeAttributes);
    if (this.modifiedRows === undefined) this.#rowAttributes = released(this.#rowAttributes);
  }

  #readHeads(kind: 'resource' | 'scope'): AttributeTable {
    const { layout } = this;
    const starts = kind === 'resource' ? layout.resourceStart : layout.scopeStart;
    const ends = kind === 'resource' ? layout.resourceEnd : layout.scopeEnd;
    const field = kind === 'resource' ? RESOURCE_ATTRIBUTES : SCOPE_ATTRIBUTES;
    const table = new AttributeTable(starts.length, starts.length * 8);
    for (let owner = 0; owner < starts.length; owner++) {
      readAttributes(table, this.arena, owner, starts[owner]!, ends[owner]!, field, owner - 1);
    }
    return table;
  }

  #readRows(): AttributeTable {
    const { rowStart, rowEnd } = this.layout;
    const table = new AttributeTable(
      this.rowCount,
      this.rows === undefined ? this.layout.rowAttributeCount : this.count * 12,
    );
    let previous = -1;
    for (let i = 0; i < this.count; i++) {
      const row = this.rowAt(i);
      readAttributes(table, this.arena, row, rowStart[row]!, rowEnd[row]!, this.attributesField(row), previous);
      previous = row;
    }
    return table;
  }

  markModified(kind: AttributeOwner, owner: number): void {
    if (kind === 'row') this.modifiedRows = marked(this.modifiedRows, this.rowCount, owner);
    else if (kind === 'resource') this.modifiedResources = marked(this.modifiedResources, this.resourceCount, owner);
    else this.modifiedScopes = marked(this.modifiedScopes, this.scopeCount, owner);
    this.#byteLength = -1;
  }

  /** Puts `bytes` behind what the arena holds and returns their offset. Copies the arena if it is shared or full. */
  append(bytes: Uint8Array): number {
    const at = this.#used;
    const end = at + bytes.length;
    if (!this.#ownsArena || end > this.arena.length) {
      const arena = new Uint8Array(Math.max(end + 256, Math.ceil(end * 1.25)));
      arena.set(this.arena.subarray(0, at));
      this.arena = arena;
      this.#ownsArena = true;
    }
    this.arena.set(bytes, at);
    this.#used = end;
    return at;
  }

  /** Appends a key's bytes, once per key while the same key is set on many owners. */
  appendKey(key: AttributeKey): number {
    if (this.#lastKey !== key) {
      this.#lastKeyAt = this.append(key.bytes);
      this.#lastKey = key;
    }
    return this.#lastKeyAt;
  }
  #lastKey: AttributeKey | undefined = undefined;
  #lastKeyAt = 0;

  /** Writes a value's payload into the arena, to be set on one or many owners. */
  appendValue(next: AnyValue): PreparedValue {
    const payload = ArenaWriter.encodeValue(next);
    return { type: payload.type, at: this.append(payload.bytes), length: payload.bytes.length };
  }

  /**
   * Replaces all occurrences of a top-level field of a row's message with `encoded` (complete field with tag, or empty to remove it).
   * The caller updates the column that mirrors the field. Not for attributes: they have their table.
   */
  replaceField(row: number, field: number, encoded: Uint8Array): void {
    this.patches ??= new Map();
    const list = (this.patches.get(row) ?? []).filter((patch) => patch.field !== field);
    list.push({ field, at: this.append(encoded), length: encoded.length });
    this.patches.set(row, list);
    this.markModified('row', row);
  }

  /** The content of a length-delimited field of a row's message as text; '' where absent. For fields without a column. */
  rowText(row: number, field: number): string {
    const range = findField(this.arena, this.layout.rowStart[row]!, this.layout.rowEnd[row]!, field);
    return range === undefined ? '' : textAt(this.arena, range.at, range.length);
  }

  /** A uint32 field of a row's message; 0 where absent. */
  rowNumber(row: number, field: number): number {
    const range = findField(this.arena, this.layout.rowStart[row]!, this.layout.rowEnd[row]!, field);
    return range === undefined ? 0 : readVarint32(this.arena, range.at);
  }

  /** Name and version of an instrumentation scope. */
  scopeName(scope: number): string {
    return this.#scopeText(scope, 1);
  }
  scopeVersion(scope: number): string {
    return this.#scopeText(scope, 2);
  }
  #scopeText(scope: number, field: number): string {
    const range = findField(this.arena, this.layout.scopeStart[scope]!, this.layout.scopeEnd[scope]!, field);
    return range === undefined ? '' : textAt(this.arena, range.at, range.length);
  }
}

/** Reads the KeyValues in field `field` of the message in `arena[from, to)` as the attributes of `owner`. */
export function readAttributes(
  table: AttributeTable,
  arena: Uint8Array,
  owner: number,
  from: number,
  to: number,
  field: number,
  previousOwner: number,
): void {
  let guess = previousOwner < 0 ? -1 : table.from[previousOwner]!;
  const guessEnd = previousOwner < 0 ? -1 : table.to[previousOwner]!;
  table.from[owner] = table.count;
  const wanted = (field << 3) | 2;
  let at = from;
  while (at < to) {
    let tag = arena[at++]!;
    if (tag >= 0x80) {
      tag = readVarint32(arena, at - 1);
      at = cursor.at;
    }
    if (tag === wanted) {
      let length = arena[at++]!;
      if (length >= 0x80) {
        length = readVarint32(arena, at - 1);
        at = cursor.at;
      }
      table.reserve();
      readKeyValue(table, arena, table.count, at, at + length, guess < guessEnd ? guess : -1);
      table.count++;
      at += length;
      guess++;
    } else {
      at = skipValue(arena, at, tag & 7);
    }
  }
  table.to[owner] = table.count;
}

function marked(bits: Uint8Array | undefined, ownerCount: number, owner: number): Uint8Array {
  const result = bits ?? new Uint8Array((ownerCount + 7) >> 3);
  result[owner >> 3]! |= 1 << (owner & 7);
  return result;
}

/** Whether `owner` is marked in a set of modified owners. */
export function isMarked(bits: Uint8Array | undefined, owner: number): boolean {
  return bits !== undefined && (bits[owner >> 3]! & (1 << (owner & 7))) !== 0;
}

function copyOf(source: AttributeCursor | undefined, chunk: Chunk, kind: AttributeOwner): AttributeCursor | undefined {
  return source && new AttributeCursor(chunk, kind, source.table.clone());
}

function rebind(source: AttributeCursor | undefined, chunk: Chunk, kind: AttributeOwner): AttributeCursor | undefined {
  if (source === undefined) return undefined;
  source.table.isShared = true;
  return new AttributeCursor(chunk, kind, source.table);
}

function released(cursor: AttributeCursor | undefined): undefined {
  cursor?.table.release();
  return undefined;
}

/** Asserts that the chunk belongs to a signal; narrows nothing, guards wiring mistakes. */
export function assertSignal(chunk: Chunk, signal: Signal): void {
  assert(chunk.signal === signal, `expected a ${signal} chunk, got ${chunk.signal}`);
}
