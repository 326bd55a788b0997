import { equalAt } from '#base';
import type { AnyValue } from './any-value.ts';
import type { ArenaWriter } from './arena-writer.ts';
import { AttributeEdits } from './attribute-edits.ts';
import type { AttributeTable } from './attribute-table.ts';
import type { AttributeKey } from './keys.ts';
import { anyValueAt } from './read-values.ts';
import { textAt } from './text.ts';
import { type PreparedValue, VALUE_STRING } from './value-types.ts';

/** Which owners a table belongs to; says what is marked as changed when an attribute changes. `item`: an event, link or exemplar. */
export type AttributeOwner = 'resource' | 'scope' | 'row' | 'item';

/** Whose attributes a cursor reads and changes. */
export interface AttributeHolder {
  /** Replaced when something is appended: don't keep it. */
  readonly arena: Uint8Array;
  appendValue(next: AnyValue): PreparedValue;
  appendKey(key: AttributeKey): number;
  markModified(kind: AttributeOwner, owner: number): void;
}

/**
 * A cursor over the attributes of one owner: set `owner`, then read or change. One object serves a whole loop.
 * Changing needs a batch that the caller may change (Consumer.mutatesData); it marks the owner, so that exporters write it anew.
 */
export class AttributeCursor {
  readonly #holder: AttributeHolder;
  readonly #kind: AttributeOwner;
  #table: AttributeTable;
  /** Of rows, until somebody wants all attributes. */
  #edits: AttributeEdits | undefined;
  owner = 0;

  constructor(holder: AttributeHolder, kind: AttributeOwner, attributes: AttributeTable | AttributeEdits) {
    this.#holder = holder;
    this.#kind = kind;
    this.#edits = attributes instanceof AttributeEdits ? attributes : undefined;
    this.#table = attributes instanceof AttributeEdits ? attributes.table : attributes;
  }

  /** All attributes of all owners. */
  get table(): AttributeTable {
    if (this.#edits !== undefined) {
      this.#table = this.#edits.complete();
      this.#edits = undefined;
    }
    return this.#table;
  }

  /** What was changed, while there is no table. */
  get edits(): AttributeEdits | undefined {
    return this.#edits;
  }

  /** The row in `found` of the owner's attribute with this key, valid until the next call of anything here; -1 where there is none. */
  find(key: AttributeKey): number {
    const edits = this.#edits;
    if (edits === undefined) return this.#table.find(this.#holder.arena, this.owner, key);
    if (!edits.isBusy) return edits.find(this.owner, key);
    return this.table.find(this.#holder.arena, this.owner, key);
  }

  /** Where `find` found it. */
  get found(): AttributeTable {
    return this.#table;
  }

  /** Moves to an owner (a resource, a scope or a row) and returns the cursor. */
  of(owner: number): this {
    this.owner = owner;
    return this;
  }

  get count(): number {
    return this.table.to[this.owner]! - this.table.from[this.owner]!;
  }

  has(key: AttributeKey): boolean {
    return this.find(key) >= 0;
  }

  /** The value, or undefined where the owner doesn't have the key. */
  get(key: AttributeKey): AnyValue | undefined {
    const row = this.find(key);
    return row < 0 ? undefined : this.#valueOf(row);
  }

  /** The value if it is a string. */
  getText(key: AttributeKey): string | undefined {
    const row = this.find(key);
    const { type, at, length } = this.#table;
    if (row < 0 || type[row] !== VALUE_STRING) return undefined;
    return textAt(this.#holder.arena, at[row]!, length[row]!);
  }

  /** Whether the value is the string with these UTF-8 bytes. Makes no string. */
  equalsText(key: AttributeKey, bytes: Uint8Array): boolean {
    const { arena } = this.#holder;
    const row = this.find(key);
    const { type, at, length } = this.#table;
    return (
      row >= 0 &&
      type[row] === VALUE_STRING &&
      length[row] === bytes.length &&
      equalAt(arena, at[row]!, bytes, 0, bytes.length)
    );
  }

  /** Where the value lies, to be set under another key of this chunk without a copy; undefined where the owner doesn't have the key. */
  getPrepared(key: AttributeKey): PreparedValue | undefined {
    const row = this.find(key);
    const { type, at, length } = this.#table;
    return row < 0 ? undefined : { type: type[row]!, at: at[row]!, length: length[row]! };
  }

  /** Every key and value, in order. For humans and text protocols: it makes strings. */
  *entries(): Generator<[string, AnyValue]> {
    const { table } = this;
    const { arena } = this.#holder;
    for (let row = table.from[this.owner]!; row < table.to[this.owner]!; row++) {
      yield [textAt(arena, table.keyAt[row]!, table.keyLength[row]!), this.#valueOf(row)];
    }
  }

  /** All attributes as a plain object without a prototype. */
  toObject(): { [key: string]: AnyValue } {
    const object = Object.create(null) as { [key: string]: AnyValue };
    for (const [key, item] of this.entries()) object[key] = item;
    return object;
  }

  /** Writes all attributes as they are, as KeyValue messages in field `field`. */
  writeTo(out: ArenaWriter, field: number): void {
    out.placedAttributes(field, this.#holder.arena, this.table, this.owner);
  }

  /** Sets `key` to `next`, in place or as a new attribute. Strings, numbers, booleans, bigints, bytes, arrays and maps. */
  set(key: AttributeKey, next: AnyValue): void {
    this.setPrepared(key, this.#holder.appendValue(next));
  }

  /** Sets `key` to a value that already lies in this chunk's arena (Chunk.appendValue): prepare once, set on many rows. */
  setPrepared(key: AttributeKey, next: PreparedValue): void {
    this.#holder.markModified(this.#kind, this.owner);
    if (this.#edits !== undefined) {
      this.#edits.set(this.owner, key, next);
      return;
    }
    const table = this.#table;
    let row = table.find(this.#holder.arena, this.owner, key);
    if (row < 0) {
      table.relocate(this.owner);
      row = table.push();
      table.to[this.owner] = row + 1;
      table.keyId[row] = key.id;
      table.keyAt[row] = this.#holder.appendKey(key);
      table.keyLength[row] = key.bytes.length;
    }
    table.setValue(row, next.type, next.at, next.length);
  }

  /** Removes `key`. Returns whether it was there. */
  delete(key: AttributeKey): boolean {
    const row = this.find(key);
    if (row < 0) return false;
    this.#holder.markModified(this.#kind, this.owner);
    if (this.#edits === undefined) this.#table.remove(this.owner, row);
    else this.#edits.delete(this.owner, key);
    return true;
  }

  /** Removes all attributes. */
  clear(): void {
    if (this.count === 0) return;
    this.#holder.markModified(this.#kind, this.owner);
    this.table.to[this.owner] = this.table.from[this.owner]!;
  }

  /** Removes the attributes whose row in the table `isUnwanted` says; returns how many. */
  deleteWhere(isUnwanted: (row: number) => boolean): number {
    const { table, owner } = this;
    const to = table.to[owner]!;
    let kept = table.from[owner]!;
    for (let row = kept; row < to; row++) {
      if (isUnwanted(row)) continue;
      if (row > kept) table.copyRow(row, kept);
      kept++;
    }
    if (kept < to) {
      this.#holder.markModified(this.#kind, owner);
      table.to[owner] = kept;
    }
    return to - kept;
  }

  /** Gives the attribute in row `row` of the table, which is one of this owner's, another value. */
  setAt(row: number, next: PreparedValue): void {
    const { table } = this;
    this.#holder.markModified(this.#kind, this.owner);
    table.setValue(row, next.type, next.at, next.length);
  }

  #valueOf(row: number): AnyValue {
    const { type, at, length } = this.#table;
    return anyValueAt(this.#holder.arena, type[row]!, at[row]!, length[row]!);
  }
}
