import type { AttributeCursor } from './attributes.ts';
import type { AttributeKey } from './keys.ts';
import { cursor, readVarint32, skipValue } from './protobuf.ts';
import { readAnyValue, value } from './read-values.ts';
import { VALUE_ABSENT, VALUE_STRING } from './value-types.ts';

/** The keys of a picker, each once. */
export class WantedKeys {
  readonly #keys: AttributeKey[] = [];

  slotOf(key: AttributeKey): number {
    const known = this.#keys.findIndex(({ text }) => text === key.text);
    return known < 0 ? this.#keys.push(key) - 1 : known;
  }

  get count(): number {
    return this.#keys.length;
  }

  picker(field = 0): AttributePicker {
    return new AttributePicker([...this.#keys], field);
  }
}

const LENGTHS = 128;
const NONE = -1;

/**
 * Some attributes of one row at a time, by `Chunk.pickAttributes`: for components that look at a few of many. Where the table of all attributes is
 * not built yet, it isn't built for them: the row's message is walked over once, and what is not wanted is passed over by the length of its key.
 *
 *   slot        0            1              the wanted keys, in the order of the constructor
 *   type        VALUE_INT    VALUE_ABSENT
 *   at, length  of the payload in the chunk's arena, as in AttributeTable
 */
export class AttributePicker {
  readonly type: Uint8Array;
  readonly at: Uint32Array;
  readonly length: Uint32Array;
  /** Of the field that is wanted besides; its last occurrence. The length is 0 where the message doesn't have it. */
  fieldAt = 0;
  fieldLength = 0;
  readonly #keys: readonly AttributeKey[];
  readonly #field: number;
  /** The first slot with a key of this length (below LENGTHS; longer ones share the places), and the next with the same. */
  readonly #firstOfLength = new Int16Array(LENGTHS).fill(NONE);
  readonly #nextOfLength: Int16Array;
  readonly #keyViews: readonly DataView[];
  /** Wanted attributes that the message didn't have so far. */
  #missing = 0;
  /** Of the arena that was read last: rows of a chunk have the same. */
  #arena: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#arena.buffer);

  /** No key may be there twice: see WantedKeys. `field`: a length-delimited field of the message to look for on the way; 0 for none. */
  constructor(keys: readonly AttributeKey[], field = 0) {
    this.#keys = keys;
    this.#field = field;
    this.type = new Uint8Array(keys.length).fill(VALUE_ABSENT);
    this.at = new Uint32Array(keys.length);
    this.length = new Uint32Array(keys.length);
    this.#nextOfLength = new Int16Array(keys.length).fill(NONE);
    this.#keyViews = keys.map(({ bytes }) => new DataView(bytes.slice().buffer));
    for (let slot = keys.length - 1; slot >= 0; slot--) {
      const place = keys[slot]!.bytes.length % LENGTHS;
      this.#nextOfLength[slot] = this.#firstOfLength[place]!;
      this.#firstOfLength[place] = slot;
    }
  }

  /** For Chunk: of the owner that the cursor stands on. */
  readCursor(attributes: AttributeCursor): void {
    for (let slot = 0; slot < this.#keys.length; slot++) {
      const row = attributes.find(this.#keys[slot]!);
      if (row < 0) {
        this.type[slot] = VALUE_ABSENT;
        continue;
      }
      const { type, at, length } = attributes.found;
      this.type[slot] = type[row]!;
      this.at[slot] = at[row]!;
      this.length[slot] = length[row]!;
    }
  }

  /** For Chunk: the wanted field alone, from the message in `arena[at, end)`. */
  readField(arena: Uint8Array, at: number, end: number): void {
    this.#missing = 0;
    if (this.#field > 0) this.#walk(arena, at, end, 0);
  }

  /** For Chunk: from the message in `arena[at, end)`, whose attributes are in field `attributes`. */
  readMessage(arena: Uint8Array, at: number, end: number, attributes: number): void {
    // A loop: calling `fill` would cost more than the walk over an attribute.
    for (let slot = 0; slot < this.type.length; slot++) this.type[slot] = VALUE_ABSENT;
    this.#missing = this.#keys.length;
    this.#walk(arena, at, end, attributes);
  }

  #walk(arena: Uint8Array, from: number, end: number, attributes: number): void {
    if (arena !== this.#arena) {
      this.#arena = arena;
      this.#view = new DataView(arena.buffer, arena.byteOffset, arena.byteLength);
    }
    const wantedAttribute = (attributes << 3) | 2;
    const wantedField = (this.#field << 3) | 2;
    const hasField = this.#field > 0;
    const firstOfLength = this.#firstOfLength;
    this.fieldLength = 0;
    let isOpen = hasField || this.#missing > 0;
    let at = from;
    while (at < end && isOpen) {
      let tag = arena[at++]!;
      if (tag >= 0x80) {
        tag = readVarint32(arena, at - 1);
        at = cursor.at;
      }
      if ((tag & 7) !== 2) {
        at = skipValue(arena, at, tag & 7);
        continue;
      }
      let length = arena[at++]!;
      if (length >= 0x80) {
        length = readVarint32(arena, at - 1);
        at = cursor.at;
      }
      if (tag === wantedAttribute) {
        // What every SDK writes: key, then value, both shorter than 128 bytes. The length of the key says of most that they aren't wanted.
        const keyLength = arena[at + 1]!;
        const valueAt = at + 2 + keyLength;
        if (
          arena[at] !== 0x0a ||
          keyLength >= 0x80 ||
          arena[valueAt] !== 0x12 ||
          arena[valueAt + 1] !== at + length - valueAt - 2
        ) {
          this.#readUnusual(arena, at, at + length);
          isOpen = hasField || this.#missing > 0;
        } else if (firstOfLength[keyLength]! >= 0) {
          this.#readKeyValue(arena, at + 2, valueAt, at + length);
          isOpen = hasField || this.#missing > 0;
        }
      } else if (tag === wantedField) {
        this.fieldAt = at;
        this.fieldLength = length;
      }
      at += length;
    }
  }

  /** The KeyValue with the key in `arena[at, valueAt)` and its value in `[valueAt + 2, end)`. */
  #readKeyValue(arena: Uint8Array, at: number, valueAt: number, end: number): void {
    const slot = this.#slotOf(at, valueAt - at);
    if (slot < 0) return;
    const from = valueAt + 2;
    if (arena[from] === 0x0a && arena[from + 1] === end - from - 2) {
      this.type[slot] = VALUE_STRING;
      this.at[slot] = from + 2;
      this.length[slot] = end - from - 2;
      this.#missing--;
    } else this.#readValue(arena, from, end, slot);
  }

  #readUnusual(arena: Uint8Array, from: number, end: number): void {
    let keyAt = from;
    let keyLength = 0;
    let valueAt = end;
    let valueEnd = end;
    for (let at = from; at < end; ) {
      const tag = readVarint32(arena, at);
      at = cursor.at;
      const next = skipValue(arena, at, tag & 7);
      if (tag === 0x0a) {
        keyLength = readVarint32(arena, at);
        keyAt = cursor.at;
      } else if (tag === 0x12) {
        readVarint32(arena, at);
        valueAt = cursor.at;
        valueEnd = next;
      }
      at = next;
    }
    const slot = this.#slotOf(keyAt, keyLength);
    if (slot >= 0) this.#readValue(arena, valueAt, valueEnd, slot);
  }

  #readValue(arena: Uint8Array, at: number, end: number, slot: number): void {
    this.#missing--;
    readAnyValue(arena, at, end);
    this.type[slot] = value.type;
    this.at[slot] = value.at;
    this.length[slot] = value.length;
  }

  /** The slot of a wanted key that wasn't met yet (the first of two wins, as in AttributeTable.find), or -1. */
  #slotOf(at: number, length: number): number {
    let slot = this.#firstOfLength[length % LENGTHS]!;
    while (slot >= 0) {
      const key = this.#keyViews[slot]!;
      if (key.byteLength === length && this.type[slot] === VALUE_ABSENT && startsWith(this.#view, at, key)) return slot;
      slot = this.#nextOfLength[slot]!;
    }
    return NONE;
  }
}

/** Whether the bytes of `key` lie at `at`. Four at a time: keys are long, and begin alike. */
function startsWith(view: DataView, at: number, key: DataView): boolean {
  const words = key.byteLength & ~3;
  let i = 0;
  for (; i < words; i += 4) if (view.getInt32(at + i, true) !== key.getInt32(i, true)) return false;
  for (; i < key.byteLength; i++) if (view.getUint8(at + i) !== key.getUint8(i)) return false;
  return true;
}
