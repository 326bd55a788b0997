import { assert } from '#base';
import type { ArenaWriter } from './arena-writer.ts';
import { AttributeEdits } from './attribute-edits.ts';
import type { AttributePicker } from './attribute-picker.ts';
import { AttributeTable } from './attribute-table.ts';
import { AttributeCursor, type AttributeOwner } from './attributes.ts';
import { findField, readVarint32 } from './protobuf.ts';
import { readAttributes } from './read-values.ts';
import type { RowAttributes } from './row-attributes.ts';
import type { Signal } from './signal.ts';
import { textAt } from './text.ts';
import { ATTRIBUTES_BIT, type ChunkLayout, WritableColumns } from './writable-columns.ts';

/** Where the attributes of a message are: KeyValue is a repeated field with this number. */
const RESOURCE_ATTRIBUTES = 1;
const SCOPE_ATTRIBUTES = 3;

/**
 * Columns over one received body. The subclasses SpanChunk, LogChunk and PointChunk add the columns of their signal.
 *
 *   arena:  [ received body ............................ | appended values, keys, messages ]
 *               ^rowStart[0]  ^rowStart[1] …               ^ everything a processor set
 *   rows:   0..rowCount, of which `rows` (all, where undefined) are selected, in order
 *
 * Dropping or splitting makes a new chunk with another selection over the same columns. The columns are the truth, the bytes a cache of
 * it. Changing appends to the arena and writes columns, each copied at its first change:
 *
 *   a field with a column    the column, and the field's bit in `changedFields`: the row's message is older in this field
 *   attributes               their table, and ATTRIBUTES_BIT
 *   any other field          a new message for the row, resource or scope; its place is a column too (rowStart and rowEnd, …)
 *
 * An exporter copies what is not marked byte for byte and writes the rest anew, keeping fields that it doesn't know.
 */
export abstract class Chunk<C extends object = object> extends WritableColumns<C> {
  abstract readonly signal: Signal;
  /** The selected rows in ascending order, or undefined for all of them. */
  readonly rows: Uint32Array | undefined;

  #resourceAttributes: AttributeCursor | undefined = undefined;
  #scopeAttributes: AttributeCursor | undefined = undefined;
  #rowAttributes: AttributeCursor | undefined = undefined;

  protected constructor(layout: ChunkLayout, columns: C, rows: Uint32Array | undefined) {
    super(layout, columns);
    this.rows = rows;
  }

  /** The field number of `attributes` in the message of row `row`. */
  abstract attributesField(row: number): number;
  /** A chunk over the same columns with another selection. */
  protected abstract withRows(rows: Uint32Array | undefined): Chunk<C>;

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

  scopeOf(row: number): number {
    return this.layout.rowScope[row]!;
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
    return (
      this.isRewritten ||
      this.changedFields !== undefined ||
      this.modifiedResources !== undefined ||
      this.modifiedScopes !== undefined
    );
  }

  /** Bytes of the selected items as received; the whole body where all rows are selected. */
  get byteLength(): number {
    if (this.measuredBytes < 0) this.measuredBytes = this.#measure();
    return this.measuredBytes;
  }

  #measure(): number {
    if (this.rows === undefined) return this.arenaEnd;
    const { rowStart, rowEnd } = this.layout;
    let bytes = 0;
    for (let i = 0; i < this.rows.length; i++) bytes += rowEnd[this.rows[i]!]! - rowStart[this.rows[i]!]! + 4;
    return bytes;
  }

  /**
   * A chunk with only these rows (ascending, each selected now). Shares all columns and what was changed so far. Several selections
   * may be changed apart as long as no row is in two of them.
   */
  select(rows: Uint32Array): Chunk<C> {
    this.settle();
    const chunk = this.withRows(rows.length === this.rowCount ? undefined : rows);
    this.#shareWith(chunk);
    if (this.isReadOnly) chunk.protect();
    return chunk;
  }

  /** A chunk that can be changed without changing this one. Bytes and columns stay shared until one of the two changes them. */
  clone(): Chunk<C> {
    this.settle();
    const chunk = this.withRows(this.rows);
    this.#shareWith(chunk);
    chunk.changedFields = this.changedFields?.slice();
    chunk.#rowAttributes = copyOf(this.#rowAttributes, chunk, 'row');
    return chunk;
  }

  #shareWith(chunk: Chunk<C>): void {
    this.shareColumns(chunk);
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
    this.#rowAttributes ??= new AttributeCursor(
      this,
      'row',
      new AttributeEdits(this, new AttributeTable(this.rowCount, 16)),
    );
    return this.#rowAttributes;
  }

  /** The attributes of a row as KeyValue messages, each in the field that it has there, without building the table of all attributes. */
  writeRowAttributes(row: number, out: ArenaWriter): void {
    const field = this.attributesField(row);
    const cursor = this.#rowAttributes;
    if (cursor === undefined || cursor.edits?.has(row) === false)
      out.fields(this.arena, this.messageStart(row), this.messageEnd(row), ~(1 << field));
    else cursor.of(row).writeTo(out, field);
  }

  /** Reads what `picker` wants of a row, without building the table of all attributes. */
  pickAttributes(row: number, picker: AttributePicker): void {
    const from = this.messageStart(row);
    const to = this.messageEnd(row);
    const cursor = this.#rowAttributes;
    if (cursor === undefined || cursor.edits?.has(row) === false) {
      picker.readMessage(this.arena, from, to, this.attributesField(row));
    } else {
      picker.readField(this.arena, from, to);
      picker.readCursor(cursor.of(row));
    }
  }

  /** Reads all attributes of a row, without building the table of all rows. */
  readRowAttributes(row: number, reader: RowAttributes): void {
    const cursor = this.#rowAttributes;
    if (cursor === undefined || cursor.edits?.has(row) === false) {
      reader.read(this.arena, this.messageStart(row), this.messageEnd(row), this.attributesField(row));
    } else reader.pointTo(cursor.table, row);
  }

  /** Edits of attributes name places in messages: before one moves they become a table. */
  protected override beforeMove(row: number): void {
    const isEdited = this.changedFields !== undefined && (this.changedFields[row]! & ATTRIBUTES_BIT) !== 0;
    if (isEdited) void this.rowAttributes.table;
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

  readAttributeTable(): AttributeTable {
    const table = new AttributeTable(
      this.rowCount,
      this.rows === undefined ? this.layout.rowAttributeCount : this.count * 12,
    );
    let previous = -1;
    for (let i = 0; i < this.count; i++) {
      const row = this.rowAt(i);
      const field = this.attributesField(row);
      readAttributes(table, this.arena, row, this.messageStart(row), this.messageEnd(row), field, previous);
      previous = row;
    }
    return table;
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

/** Whether `owner` is marked in a set of modified owners. */
export function isMarked(bits: Uint8Array | undefined, owner: number): boolean {
  return bits !== undefined && (bits[owner >> 3]! & (1 << (owner & 7))) !== 0;
}

function copyOf(source: AttributeCursor | undefined, chunk: Chunk, kind: AttributeOwner): AttributeCursor | undefined {
  if (source === undefined) return undefined;
  const { edits } = source;
  return new AttributeCursor(
    chunk,
    kind,
    edits === undefined ? source.table.clone() : new AttributeEdits(chunk, edits.table.clone()),
  );
}

function rebind(source: AttributeCursor | undefined, chunk: Chunk, kind: AttributeOwner): AttributeCursor | undefined {
  if (source === undefined) return undefined;
  const { edits } = source;
  return new AttributeCursor(chunk, kind, edits === undefined ? source.table : new AttributeEdits(chunk, edits.table));
}

/** Asserts that the chunk belongs to a signal; narrows nothing, guards wiring mistakes. */
export function assertSignal(chunk: Chunk, signal: Signal): void {
  assert(chunk.signal === signal, `expected a ${signal} chunk, got ${chunk.signal}`);
}
