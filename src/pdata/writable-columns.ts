import { assert, parseHexInto } from '#base';
import type { AnyValue } from './any-value.ts';
import { ArenaWriter } from './arena-writer.ts';
import type { AttributeHolder, AttributeOwner } from './attributes.ts';
import { type HeadRanges, ownHeads, withRange } from './heads.ts';
import type { AttributeKey } from './keys.ts';
import { type Lease, NO_LEASES } from './lease.ts';
import { unfilledBytes, writeUtf8 } from './native-bytes.ts';
import type { PreparedValue } from './value-types.ts';

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
  /** Of spans: some message has a trace state. Undefined where nobody has looked. */
  readonly hasTraceStates?: boolean;
  /** The rows are all items of the body: it can be sent on as it is. False where the decoder rejected some. */
  readonly complete: boolean;
}

/** Stands for the attributes in `changedFields`, whatever their field number. */
export const ATTRIBUTES_BIT = 1;

/** Something that a row's message doesn't say yet: a list of items that is being changed. */
export interface PendingEdit {
  /** Writes it into the message (Chunk.rewriteRow). */
  flush(): void;
}

/** Messages are put together here before they go into an arena. */
const scratch = new ArenaWriter(4096);

/** `own[name]` for writing: a copy at the first call, while it is still the array of `shared`, which others may read. */
export function ownArray<T extends object, K extends keyof T>(own: T, shared: T, name: K): T[K] {
  let array = own[name];
  if (array === shared[name]) {
    array = (array as unknown as Uint8Array).slice() as unknown as T[K];
    (own as { -readonly [P in keyof T]: T[P] })[name] = array;
  }
  return array;
}

/**
 * The writing half of a chunk: the arena and the columns, copied when they are first written because others may read them, and what was
 * changed. Chunk says how a change is noted.
 */
export abstract class WritableColumns<C extends object> implements AttributeHolder {
  /** The columns of the signal. Replaced at a change: don't keep them across one. */
  columns: C;
  /** The body, then what was appended. Grows by being replaced: don't keep it across a change. */
  arena: Uint8Array;
  /** Per row, a bit for each field number whose column is newer than the row's message, and ATTRIBUTES_BIT; undefined while nothing is. */
  changedFields: Uint32Array | undefined = undefined;
  /** Some row's attributes were changed: only their table has them all. */
  hasChangedAttributes = false;
  /** One bit per resource or scope whose attributes were changed; undefined while nothing was. */
  modifiedResources: Uint8Array | undefined = undefined;
  modifiedScopes: Uint8Array | undefined = undefined;

  #layout: ChunkLayout;
  /** Columns that are still those of another chunk, or of the decoder. */
  #sharedColumns: C;
  #sharedLayout: ChunkLayout;
  /** A message was given another place. */
  protected isRewritten = false;
  /** Bytes of the selected items, or -1 while that is not known. */
  protected measuredBytes = -1;
  isReadOnly = false;
  /** Whoever wants to know when all that is made of the rows is settled. */
  leases: readonly Lease[] = NO_LEASES;
  #pending: PendingEdit | undefined = undefined;
  #used: number;
  #ownsArena = false;

  protected constructor(layout: ChunkLayout, columns: C) {
    this.#layout = layout;
    this.#sharedLayout = layout;
    this.columns = columns;
    this.#sharedColumns = columns;
    this.arena = layout.body;
    this.#used = layout.body.length;
  }

  /** A row gets another message. */
  protected abstract beforeMove(row: number): void;

  /** Replaced at a change, like `columns`. */
  get layout(): ChunkLayout {
    if (this.#pending !== undefined) this.settle();
    return this.#layout;
  }

  /** Hands columns and arena on to a chunk that was made over the same columns. Both copy from now on what they change. */
  protected shareColumns(chunk: WritableColumns<C>): void {
    chunk.arena = this.arena;
    chunk.leases = this.leases;
    chunk.#used = this.#used;
    chunk.#layout = this.#layout;
    chunk.#sharedLayout = this.#layout;
    this.#ownsArena = false;
    this.#sharedColumns = this.columns;
    this.#sharedLayout = this.#layout;
    chunk.isRewritten = this.isRewritten;
    chunk.changedFields = this.changedFields;
    chunk.hasChangedAttributes = this.hasChangedAttributes;
    chunk.modifiedResources = this.modifiedResources?.slice();
    chunk.modifiedScopes = this.modifiedScopes?.slice();
  }

  /** From now on a change is a bug: for data that goes to a consumer without `mutatesData`. Holds for selections too, not for clones. */
  protect(): void {
    this.isReadOnly = true;
  }

  assertWritable(): void {
    assert(
      !this.isReadOnly,
      'data is changed that others read too: a consumer that changes data must have mutatesData',
    );
  }

  /** Says that attributes were changed. */
  markModified(kind: AttributeOwner, owner: number): void {
    this.assertWritable();
    if (kind === 'resource')
      this.modifiedResources = marked(this.modifiedResources, this.#layout.resourceStart.length, owner);
    else if (kind === 'scope') this.modifiedScopes = marked(this.modifiedScopes, this.#layout.scopeStart.length, owner);
    else {
      this.hasChangedAttributes = true;
      this.changedFields ??= new Uint32Array(this.#layout.rowStart.length);
      this.changedFields[owner]! |= ATTRIBUTES_BIT;
    }
    this.measuredBytes = -1;
  }

  /** Says that the column of a field is newer than the row's message. */
  markField(row: number, field: number): void {
    this.changedFields ??= new Uint32Array(this.#layout.rowStart.length);
    this.changedFields[row]! |= 1 << field;
    this.measuredBytes = -1;
  }

  /** `columns[name]` for writing. */
  ownColumn<K extends keyof C>(name: K): C[K] {
    this.assertWritable();
    if (this.columns === this.#sharedColumns) this.columns = { ...this.columns };
    return ownArray(this.columns, this.#sharedColumns, name);
  }

  #ownLayout<K extends keyof ChunkLayout>(name: K): ChunkLayout[K] {
    if (this.#layout === this.#sharedLayout) this.#layout = { ...this.#layout };
    return ownArray(this.#layout, this.#sharedLayout, name);
  }

  /** Sets a field that is text, and its columns. */
  setText(row: number, field: number, at: keyof C, length: keyof C, text: string): void {
    (this.ownColumn(at) as Uint32Array)[row] = this.appendText(text);
    (this.ownColumn(length) as Uint32Array)[row] = this.#lastTextLength;
    this.markField(row, field);
  }

  /** Sets a field that is an id of `size` bytes in hexadecimal; '' for none. The column of an id that is all zeros is 0 but with `keepsZeros`. */
  setId(row: number, field: number, at: keyof C, size: number, hex: string, keepsZeros: boolean): void {
    const bytes = new Uint8Array(size);
    const isId = hex === '' || (hex.length === size * 2 && parseHexInto(hex, bytes, 0) === size);
    assert(isId, `an id of ${size} bytes is ${size * 2} hexadecimal digits`);
    const hasPlace = keepsZeros || bytes.some((byte) => byte !== 0);
    (this.ownColumn(at) as Uint32Array)[row] = hasPlace ? this.append(bytes) : 0;
    this.markField(row, field);
  }

  /** Sets a field whose column is of numbers. */
  setNumber(row: number, field: number, column: keyof C, value: number): void {
    (this.ownColumn(column) as Uint32Array)[row] = value;
    this.markField(row, field);
  }

  /** Sets a field whose column is of 64-bit numbers. */
  setInt64(row: number, field: number, column: keyof C, value: bigint): void {
    (this.ownColumn(column) as BigUint64Array)[row] = value;
    this.markField(row, field);
  }

  /**
   * Sets fields of a row that have no column: the row gets a new message, its old one without the fields in `mask` (one bit per number)
   * and with `encoded`, which are complete fields.
   */
  rewriteRow(row: number, mask: number, encoded: Uint8Array): void {
    this.beforeMove(row);
    const { rowStart, rowEnd } = this.layout;
    const at = this.appendMessage(rowStart[row]!, rowEnd[row]!, mask, encoded);
    this.#ownLayout('rowStart')[row] = at;
    this.#ownLayout('rowEnd')[row] = this.#used;
    this.markRewritten();
  }

  /** The same for the Resource message of a resource. */
  rewriteResource(resource: number, mask: number, encoded: Uint8Array): void {
    const { resourceStart, resourceEnd } = this.layout;
    const at = this.appendMessage(resourceStart[resource]!, resourceEnd[resource]!, mask, encoded);
    this.#ownLayout('resourceStart')[resource] = at;
    this.#ownLayout('resourceEnd')[resource] = this.#used;
    this.markRewritten();
  }

  /** The same for the InstrumentationScope message of a scope. */
  rewriteScope(scope: number, mask: number, encoded: Uint8Array): void {
    const { scopeStart, scopeEnd } = this.layout;
    const at = this.appendMessage(scopeStart[scope]!, scopeEnd[scope]!, mask, encoded);
    this.#ownLayout('scopeStart')[scope] = at;
    this.#ownLayout('scopeEnd')[scope] = this.#used;
    this.markRewritten();
  }

  /** The same for the fields beside the Resource or the InstrumentationScope message. */
  rewriteGroup(kind: 'resource' | 'scope', owner: number, mask: number, encoded: Uint8Array): void {
    const name = kind === 'resource' ? 'resourceHead' : 'scopeHead';
    this.settle();
    const head = this.#layout[name];
    const own = head === this.#sharedLayout[name] ? ownHeads(head) : head;
    this.#layout = { ...this.#layout, [name]: this.rewriteHead(own, owner, mask, encoded) };
    this.markRewritten();
  }

  /** Ranges in which `owner` has the fields that it had, but for those in `mask`, and `encoded`. Changes ranges that are this chunk's own. */
  rewriteHead(head: HeadRanges, owner: number, mask: number, encoded: Uint8Array): HeadRanges {
    scratch.reset();
    for (let i = head.from[owner]!; i < head.to[owner]!; i++)
      scratch.fields(this.arena, head.start[i]!, head.end[i]!, mask);
    scratch.raw(encoded);
    const start = this.append(scratch.view());
    return withRange(head, owner, start, this.#used);
  }

  markRewritten(): void {
    this.isRewritten = true;
    this.measuredBytes = -1;
  }

  /** Appends the message in arena[from, to) without the fields in `mask`, and with `encoded`; returns where it begins. */
  appendMessage(from: number, to: number, mask: number, encoded: Uint8Array): number {
    scratch.reset();
    scratch.fields(this.arena, from, to, mask);
    scratch.raw(encoded);
    return this.append(scratch.view());
  }

  /** Where a row's message begins, without writing what is pending. */
  messageStart(row: number): number {
    return this.#layout.rowStart[row]!;
  }

  messageEnd(row: number): number {
    return this.#layout.rowEnd[row]!;
  }

  /** What is behind everything appended so far. */
  get arenaEnd(): number {
    return this.#used;
  }

  /** An edit that must be in the row's message before somebody looks. Only one is pending at a time. */
  setPending(edit: PendingEdit): void {
    this.assertWritable();
    if (this.#pending !== edit) this.settle();
    this.#pending = edit;
    this.markRewritten();
  }

  /** Writes a pending edit into its message. */
  settle(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.flush();
  }

  /** Puts `bytes` behind what the arena holds and returns their offset. Copies the arena if it is shared or full. */
  append(bytes: Uint8Array): number {
    const at = this.#reserve(bytes.length);
    this.arena.set(bytes, at);
    this.#used = at + bytes.length;
    return at;
  }

  /** Room for `count` bytes; returns where it is. */
  #reserve(count: number): number {
    this.assertWritable();
    const at = this.#used;
    const end = at + count;
    if (!this.#ownsArena || end > this.arena.length) {
      const arena = unfilledBytes(Math.max(end + 256, Math.ceil(end * 1.25)));
      arena.set(this.arena.subarray(0, at));
      this.arena = arena;
      this.#ownsArena = true;
    }
    return at;
  }

  /** Appends text, once while the same text is set on many owners. Sets `lastTextLength`. */
  appendText(text: string): number {
    if (text === this.#lastText) return this.#lastTextAt;
    const at = this.#reserve(text.length * 3);
    const { arena } = this;
    const length = writeUtf8(arena, text, at);
    this.#used = at + length;
    this.#lastText = text;
    this.#lastTextAt = at;
    this.#lastTextLength = length;
    return at;
  }
  #lastText: string | undefined = undefined;
  #lastTextAt = 0;
  #lastTextLength = 0;

  /** Of the last appendText, in bytes. */
  get lastTextLength(): number {
    return this.#lastTextLength;
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
}

function marked(bits: Uint8Array | undefined, ownerCount: number, owner: number): Uint8Array {
  const result = bits ?? new Uint8Array((ownerCount + 7) >> 3);
  result[owner >> 3]! |= 1 << (owner & 7);
  return result;
}
