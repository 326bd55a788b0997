import type { RE2JS } from 're2js';
import type { KeyBytes } from '#base';
import {
  type AnyValue,
  type AttributeCursor,
  type AttributeKey,
  attributeKey,
  Double,
  VALUE_DOUBLE,
  VALUE_STRING,
  valueText,
} from '#pdata';
import type { DimensionConfig } from './config.ts';
import { globPattern } from './glob.ts';

/** What has attributes, and whose they are: the bytes that an attribute table's offsets lie in. */
export interface Place {
  readonly arena: Uint8Array;
  /** In order: the first that has an attribute wins. */
  readonly cursors: readonly AttributeCursor[];
}

interface Named {
  readonly key: AttributeKey;
  readonly fallback: string | undefined;
}

/** The attributes that the configuration asks for, of one span at a time: first as bytes of a key, and as attributes for a new series. */
export class Dimensions {
  readonly #named: readonly Named[];
  readonly #globs: readonly RE2JS[];

  constructor(...configs: readonly (readonly DimensionConfig[])[]) {
    const all = configs.flat();
    this.#named = all
      .filter(({ name = '' }) => name !== '')
      .map(({ name, default: fallback }) => ({ key: attributeKey(name!), fallback }));
    this.#globs = all.flatMap(({ glob = '' }) => (glob === '' ? [] : [globPattern(glob)!]));
  }

  get isEmpty(): boolean {
    return this.#named.length === 0 && this.#globs.length === 0;
  }

  /** Equal for equal values. As in otelcol the text of a value counts, not its type. */
  writeKey(place: Place, key: KeyBytes): void {
    for (let index = 0; index < this.#named.length; index++) {
      const { key: name, fallback } = this.#named[index]!;
      if (writeFound(place, name, index, key) || fallback === undefined) continue;
      key.number(index);
      key.text(fallback);
    }
    if (this.#globs.length === 0) return;
    for (const [name, value] of this.#matching(place)) {
      key.text(name);
      key.text(valueText(value));
    }
  }

  /** Adds them to the attributes of a new series. */
  addTo(attributes: Map<string, AnyValue>, place: Place): void {
    for (const { key, fallback } of this.#named) {
      const value = foundValue(place, key) ?? fallback;
      if (value !== undefined) attributes.set(key.text, value);
    }
    for (const [name, value] of this.#matching(place)) attributes.set(name, value);
  }

  #matching({ cursors }: Place): ReadonlyMap<string, AnyValue> {
    const found = new Map<string, AnyValue>();
    if (this.#globs.length === 0) return found;
    for (const cursor of cursors) {
      for (const [name, value] of cursor.entries()) {
        if (!found.has(name) && this.#globs.some((glob) => glob.matches(name))) found.set(name, value);
      }
    }
    return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** Writes the value of the first that has the attribute; whether there is one. */
function writeFound({ arena, cursors }: Place, name: AttributeKey, index: number, key: KeyBytes): boolean {
  for (let i = 0; i < cursors.length; i++) {
    const { table, owner } = cursors[i]!;
    const row = table.find(arena, owner, name);
    if (row < 0) continue;
    key.number(index);
    if (table.type[row] === VALUE_STRING) key.range(arena, table.at[row]!, table.length[row]!);
    else key.text(valueText(cursors[i]!.get(name) ?? null));
    return true;
  }
  return false;
}

/** As `get` gives it, but for doubles, which stay doubles. */
function foundValue({ arena, cursors }: Place, name: AttributeKey): AnyValue | undefined {
  for (const cursor of cursors) {
    const value = cursor.get(name);
    if (value === undefined) continue;
    const { table, owner } = cursor;
    const isDouble = table.type[table.find(arena, owner, name)] === VALUE_DOUBLE;
    return isDouble ? new Double(value as number) : value;
  }
  return undefined;
}
