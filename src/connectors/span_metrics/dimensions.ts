import type { RE2JS } from 're2js';
import type { KeyBytes } from '#base';
import {
  type AnyValue,
  type AttributeCursor,
  type AttributeKey,
  type AttributePicker,
  attributeKey,
  Double,
  type SpanChunk,
  VALUE_ABSENT,
  VALUE_DOUBLE,
  valueText,
  type WantedKeys,
  writeValueText,
} from '#pdata';
import type { DimensionConfig } from './config.ts';
import { globPattern } from './glob.ts';

/** A span, and who else has attributes that count for it: moved from row to row. */
export class SpanPlace {
  readonly chunk: SpanChunk;
  readonly picker: AttributePicker;
  /** In order, after the span: the first that has an attribute wins. */
  readonly others: readonly AttributeCursor[];
  row = 0;

  constructor(chunk: SpanChunk, picker: AttributePicker, others: readonly AttributeCursor[]) {
    this.chunk = chunk;
    this.picker = picker;
    this.others = others;
  }

  /** The same span, with another holder between it and the others. */
  with(holder: AttributeCursor): SpanPlace {
    const place = new SpanPlace(this.chunk, this.picker, [holder, ...this.others]);
    place.row = this.row;
    return place;
  }

  get arena(): Uint8Array {
    return this.chunk.arena;
  }

  /** All that have attributes. Builds the chunk's table of them. */
  get cursors(): readonly AttributeCursor[] {
    return [this.chunk.rowAttributes.of(this.row), ...this.others];
  }
}

interface Named {
  readonly key: AttributeKey;
  readonly slot: number;
  readonly fallback: string | undefined;
}

/** The attributes that the configuration asks for, of one span at a time: first as bytes of a key, and as attributes for a new series. */
export class Dimensions {
  readonly #named: readonly Named[];
  readonly #globs: readonly RE2JS[];

  constructor(wanted: WantedKeys, ...configs: readonly (readonly DimensionConfig[])[]) {
    const all = configs.flat();
    this.#named = all
      .filter(({ name = '' }) => name !== '')
      .map(({ name, default: fallback }) => {
        const key = attributeKey(name!);
        return { key, slot: wanted.slotOf(key), fallback };
      });
    this.#globs = all.flatMap(({ glob = '' }) => (glob === '' ? [] : [globPattern(glob)!]));
  }

  get isEmpty(): boolean {
    return this.#named.length === 0 && this.#globs.length === 0;
  }

  /** Equal for equal values. As in otelcol the text of a value counts, not its type. */
  writeKey(place: SpanPlace, key: KeyBytes): void {
    const { picker, arena } = place;
    for (let index = 0; index < this.#named.length; index++) {
      const { key: name, slot, fallback } = this.#named[index]!;
      const type = picker.type[slot]!;
      if (type !== VALUE_ABSENT) {
        key.number(index);
        writeValueText(key, arena, type, picker.at[slot]!, picker.length[slot]!);
      } else if (!writeFound(place, name, index, key) && fallback !== undefined) {
        key.number(index);
        key.text(fallback);
      }
    }
    if (this.#globs.length === 0) return;
    for (const [name, value] of this.#matching(place)) {
      key.text(name);
      key.text(valueText(value));
    }
  }

  /** Adds them to the attributes of a new series. */
  addTo(attributes: Map<string, AnyValue>, place: SpanPlace): void {
    if (this.isEmpty) return;
    for (const { key, fallback } of this.#named) {
      const value = foundValue(place, key) ?? fallback;
      if (value !== undefined) attributes.set(key.text, value);
    }
    for (const [name, value] of this.#matching(place)) attributes.set(name, value);
  }

  #matching({ cursors }: SpanPlace): ReadonlyMap<string, AnyValue> {
    const found = new Map<string, AnyValue>();
    for (const cursor of cursors) {
      for (const [name, value] of cursor.entries()) {
        if (!found.has(name) && this.#globs.some((glob) => glob.matches(name))) found.set(name, value);
      }
    }
    return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** Writes the value of the first of the others that has the attribute; whether there is one. */
function writeFound({ arena, others }: SpanPlace, name: AttributeKey, index: number, key: KeyBytes): boolean {
  for (let i = 0; i < others.length; i++) {
    const row = others[i]!.find(name);
    if (row < 0) continue;
    const { type, at, length } = others[i]!.found;
    key.number(index);
    writeValueText(key, arena, type[row]!, at[row]!, length[row]!);
    return true;
  }
  return false;
}

/** As `get` gives it, but for doubles, which stay doubles. */
function foundValue({ cursors }: SpanPlace, name: AttributeKey): AnyValue | undefined {
  for (const cursor of cursors) {
    const value = cursor.get(name);
    if (value === undefined) continue;
    const row = cursor.find(name);
    const isDouble = cursor.found.type[row] === VALUE_DOUBLE;
    return isDouble ? new Double(value as number) : value;
  }
  return undefined;
}
