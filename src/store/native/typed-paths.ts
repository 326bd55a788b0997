import { readVarint64Into, VALUE_BOOL, VALUE_DOUBLE, VALUE_INT, VALUE_STRING, value } from '#pdata';
import type { TypedPath } from '../schema/index.ts';
import { ByteSink } from './byte-sink.ts';
import type { BlockSink } from './columns.ts';
import { DictionaryColumn } from './dictionary.ts';
import { MOVED, type PlacedRows } from './placed-rows.ts';
import { isTrue } from './value-kinds.ts';

/**
 * Attribute keys that have a type of their own in a JSON column: those of the semantic conventions. Such a path is stored as a column
 * would be, without the parts that tell the type of each row's value; NULL where a row doesn't have the key. A value of another type does
 * not come here: JsonColumn keeps it apart.
 *
 *   Nullable(T)                      a byte per row, 1 for NULL · the values of all rows
 *   LowCardinality(Nullable(String)) see dictionary.ts: index 0 is NULL, 1 the empty string
 */
export abstract class TypedColumn {
  /** The VALUE_* of what can be stored here. */
  abstract readonly valueType: number;
  /** Behind the last row that was added. */
  end = 0;

  /** Adds the values of the `count` rows from `firstRow` on, of which `rows.places[first]` and those behind it say where they stand. */
  add(firstRow: number, rows: PlacedRows, first: number, count: number): void {
    if (this.end < firstRow) this.skip(this.end, firstRow);
    this.addRows(firstRow, rows, first, count);
    this.end = firstRow + count;
  }

  /** The column's part of the prefix of a JSON column. */
  abstract writePrefix(sink: BlockSink): void;

  /** The values of `rowCount` rows. */
  write(sink: BlockSink, rowCount: number): void {
    if (this.end < rowCount) this.skip(this.end, rowCount);
    this.end = rowCount;
    this.writeRows(sink, rowCount);
  }

  reset(): void {
    this.end = 0;
    this.clear();
  }

  protected abstract skip(from: number, to: number): void;
  protected abstract addRows(firstRow: number, rows: PlacedRows, first: number, count: number): void;
  protected abstract writeRows(sink: BlockSink, rowCount: number): void;
  protected abstract clear(): void;
}

export function typedColumnOf({ type }: TypedPath): TypedColumn {
  if (type === 'Word') return new TypedWords();
  if (type === 'Code') return new TypedCodes();
  if (type === 'String') return new TypedStrings();
  return new TypedNumbers(type);
}

const NULL = 1;
const words = new Uint32Array(2);

/** Marks rows and values that are missing. */
function addNulls(sink: ByteSink, count: number): void {
  const at = sink.take(count);
  sink.bytes.fill(NULL, at, at + count);
}

function addZeros(sink: ByteSink, count: number): void {
  const at = sink.take(count);
  sink.bytes.fill(0, at, at + count);
}

/** Strings that are different in most rows. */
class TypedStrings extends TypedColumn {
  readonly valueType = VALUE_STRING;
  readonly #nulls = new ByteSink();
  readonly #strings = new ByteSink();

  protected skip(from: number, to: number): void {
    addNulls(this.#nulls, to - from);
    addZeros(this.#strings, to - from);
  }

  protected addRows(_firstRow: number, rows: PlacedRows, first: number, count: number): void {
    const { arena, places } = rows;
    const nullsAt = this.#nulls.take(count);
    const nulls = this.#nulls.bytes;
    const strings = this.#strings;
    for (let i = 0; i < count; i++) {
      const place = places[first + i]!;
      if (place <= MOVED) {
        nulls[nullsAt + i] = NULL;
        strings.byte(0);
        continue;
      }
      nulls[nullsAt + i] = 0;
      rows.read(place);
      strings.varint(value.length);
      strings.copy(arena, value.at, value.length);
    }
  }

  writePrefix(): void {}

  protected writeRows(sink: BlockSink): void {
    sink.refer(this.#nulls);
    sink.refer(this.#strings);
  }

  protected clear(): void {
    this.#nulls.reset();
    this.#strings.reset();
  }
}

/** Strings of which there are few. */
class TypedWords extends TypedColumn {
  readonly valueType = VALUE_STRING;
  readonly #words = new DictionaryColumn();

  protected skip(from: number, to: number): void {
    this.#words.reserveRows(to);
    this.#words.indices.fill(0, from, to);
  }

  protected addRows(firstRow: number, rows: PlacedRows, first: number, count: number): void {
    const { view, places } = rows;
    const column = this.#words;
    column.reserveRows(firstRow + count);
    const { indices } = column;
    for (let i = 0; i < count; i++) {
      const place = places[first + i]!;
      if (place <= MOVED) {
        indices[firstRow + i] = 0;
        continue;
      }
      rows.read(place);
      indices[firstRow + i] = column.indexIn(view, value.at, value.length) + 1;
    }
  }

  writePrefix(sink: BlockSink): void {
    this.#words.writeVersion(sink);
  }

  protected writeRows(sink: BlockSink, rowCount: number): void {
    this.#words.writeNullable(sink, rowCount);
  }

  protected clear(): void {
    this.#words.reset(0);
  }
}

/** Whole numbers of which there are few: ports, status codes. Told apart by their eight bytes. */
class TypedCodes extends TypedColumn {
  readonly valueType = VALUE_INT;
  readonly #codes = new DictionaryColumn();
  readonly #code = new DataView(new ArrayBuffer(8));

  protected skip(from: number, to: number): void {
    this.#codes.reserveRows(to);
    this.#codes.indices.fill(0, from, to);
  }

  protected addRows(firstRow: number, rows: PlacedRows, first: number, count: number): void {
    const { arena, places } = rows;
    const column = this.#codes;
    column.reserveRows(firstRow + count);
    const { indices } = column;
    for (let i = 0; i < count; i++) {
      const place = places[first + i]!;
      if (place <= MOVED) {
        indices[firstRow + i] = 0;
        continue;
      }
      rows.read(place);
      readVarint64Into(arena, value.at, words, 0);
      this.#code.setUint32(0, words[0]!, true);
      this.#code.setUint32(4, words[1]!, true);
      indices[firstRow + i] = column.indexIn(this.#code, 0, 8) + 1;
    }
  }

  writePrefix(sink: BlockSink): void {
    this.#codes.writeVersion(sink);
  }

  protected writeRows(sink: BlockSink, rowCount: number): void {
    this.#codes.writeNullableCodes(sink, rowCount);
  }

  protected clear(): void {
    this.#codes.reset(0);
  }
}

class TypedNumbers extends TypedColumn {
  readonly valueType: number;
  readonly #size: number;
  readonly #nulls = new ByteSink();
  readonly #values = new ByteSink();

  constructor(type: 'Int64' | 'Float64' | 'Bool') {
    super();
    this.valueType = type === 'Int64' ? VALUE_INT : type === 'Float64' ? VALUE_DOUBLE : VALUE_BOOL;
    this.#size = type === 'Bool' ? 1 : 8;
  }

  protected skip(from: number, to: number): void {
    addNulls(this.#nulls, to - from);
    addZeros(this.#values, (to - from) * this.#size);
  }

  protected addRows(_firstRow: number, rows: PlacedRows, first: number, count: number): void {
    const { arena, view, places } = rows;
    const size = this.#size;
    const nullsAt = this.#nulls.take(count);
    const nulls = this.#nulls.bytes;
    const at = this.#values.take(count * size);
    const { bytes, view: target } = this.#values;
    bytes.fill(0, at, at + count * size);
    for (let i = 0; i < count; i++) {
      const place = places[first + i]!;
      nulls[nullsAt + i] = place <= MOVED ? NULL : 0;
      if (place <= MOVED) continue;
      rows.read(place);
      if (size === 1) bytes[at + i] = isTrue(arena, value.at, value.length);
      else {
        if (this.valueType === VALUE_INT) readVarint64Into(arena, value.at, words, 0);
        else {
          words[0] = view.getUint32(value.at, true);
          words[1] = view.getUint32(value.at + 4, true);
        }
        target.setUint32(at + i * 8, words[0]!, true);
        target.setUint32(at + i * 8 + 4, words[1]!, true);
      }
    }
  }

  writePrefix(): void {}

  protected writeRows(sink: BlockSink): void {
    sink.refer(this.#nulls);
    sink.refer(this.#values);
  }

  protected clear(): void {
    this.#nulls.reset();
    this.#values.reset();
  }
}
