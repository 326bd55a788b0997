import { AttributeTable, readAnyValue, VALUE_BOOL, VALUE_DOUBLE, VALUE_INT, VALUE_STRING, value } from '#pdata';
import type { PlacedValue } from './value-kinds.ts';

/** As many rows are looked at before their values are written: what is remembered of them fits the processor's nearest cache. */
export const SLICE_BITS = 8;
export const SLICE_ROWS: number = 1 << SLICE_BITS;

/** A place that is no value: the row's values are kept elsewhere. */
export const MOVED = 1;
/** A place from here on is no offset but a row of `table`, and the largest one stands for several values. */
export const FIRST_TABLE_PLACE = 0x8000_0000;
const SEVERAL = 0xffff_ffff;

/** First bytes of an AnyValue message with one field: string = 1, bool = 2, int = 3, double = 4. */
export const STRING_TAG = 0x0a;
const BOOL_TAG = 0x10;
const INT_TAG = 0x18;
const DOUBLE_TAG = 0x21;

const NO_BYTES = new Uint8Array(0);

/**
 * Where the attributes of a few rows stand, by path and row. The values are then written path by path, with nothing else to think of.
 *
 *   places   per path SLICE_ROWS entries:
 *              0                     the row doesn't have the key
 *              MOVED                 it has it, but what it has is kept elsewhere
 *              < FIRST_TABLE_PLACE   offset of an AnyValue message shorter than 128 bytes; the byte before it is its length
 *              else                  FIRST_TABLE_PLACE + row of `table`, or SEVERAL: see `severals`
 */
export class PlacedRows {
  readonly places: Uint32Array;
  arena: Uint8Array = NO_BYTES;
  view: DataView = new DataView(NO_BYTES.buffer);
  /** Attributes that somebody changed, or of a shape that is not the common one. */
  table: AttributeTable;
  readonly #ownTable = new AttributeTable(1, 64);
  /** By index in `places`: the values of a key that the row has more than once. */
  readonly #severals = new Map<number, PlacedValue[]>();

  constructor(pathLimit: number) {
    this.places = new Uint32Array(pathLimit << SLICE_BITS);
    this.table = this.#ownTable;
  }

  /** What comes next stands in `arena`; with a table, the attributes are its rows. */
  setArena(arena: Uint8Array, table: AttributeTable = this.#ownTable): void {
    this.arena = arena;
    this.view = new DataView(arena.buffer, arena.byteOffset, arena.byteLength);
    this.table = table;
  }

  /** Forgets the table's rows that `readKeyValue` put there, and keys with several values. `places` is cleared by who reads it. */
  clear(): void {
    this.#ownTable.count = 0;
    if (this.#severals.size > 0) this.#severals.clear();
  }

  /** Sets the place of an attribute, or adds it to those that its row has under the same key. */
  add(index: number, place: number): void {
    const before = this.places[index]!;
    if (before === 0) this.places[index] = place;
    else if (before === SEVERAL) this.#severals.get(index)!.push(this.placed(place));
    else {
      this.#severals.set(index, [this.placed(before), this.placed(place)]);
      this.places[index] = SEVERAL;
    }
  }

  /** The value at a place. */
  placed(place: number): PlacedValue {
    this.read(place);
    return { ...value };
  }

  /** The values of a key that its row has more than once; undefined where it has one. */
  severalAt(index: number): readonly PlacedValue[] | undefined {
    return this.places[index] === SEVERAL ? this.#severals.get(index) : undefined;
  }

  /** Reads type and payload of the value at a place into #pdata's `value`. */
  read(place: number): void {
    const { arena, table } = this;
    if (place >= FIRST_TABLE_PLACE) {
      const row = place - FIRST_TABLE_PLACE;
      value.type = table.type[row]!;
      value.at = table.at[row]!;
      value.length = table.length[row]!;
      return;
    }
    const length = arena[place - 1]!;
    const tag = arena[place]!;
    value.at = place + 1;
    value.length = length - 1;
    // One scalar whose payload is all the rest; readAnyValue takes everything else.
    if (tag === INT_TAG && isVarint(arena, place + 1, place + length)) value.type = VALUE_INT;
    else if (tag === DOUBLE_TAG && length === 9) value.type = VALUE_DOUBLE;
    else if (tag === BOOL_TAG && isVarint(arena, place + 1, place + length)) value.type = VALUE_BOOL;
    else if (tag === STRING_TAG && arena[place + 1] === length - 2) {
      value.type = VALUE_STRING;
      value.at = place + 2;
      value.length = length - 2;
    } else readAnyValue(arena, place, place + length);
  }
}

/** Whether the bytes [at, end) are one varint. */
function isVarint(bytes: Uint8Array, at: number, end: number): boolean {
  const last = end - 1;
  while (at < last && bytes[at]! >= 0x80) at++;
  return at === last && bytes[last]! < 0x80;
}

/** Whether the AnyValue message in [at, end) is one value of the type `type`, a VALUE_*, in the usual form and nothing else. */
export function isPlainValue(arena: Uint8Array, at: number, end: number, type: number): boolean {
  const tag = arena[at]!;
  if (tag === STRING_TAG) return type === VALUE_STRING && arena[at + 1] === end - at - 2;
  if (tag === INT_TAG) return type === VALUE_INT && isVarint(arena, at + 1, end);
  if (tag === DOUBLE_TAG) return type === VALUE_DOUBLE && end - at === 9;
  return tag === BOOL_TAG && type === VALUE_BOOL && isVarint(arena, at + 1, end);
}
