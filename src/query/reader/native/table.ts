/**
 * Reads answers of the store in ClickHouse's Native format: blocks of whole columns. It keeps what JSON loses (64-bit integers, integers
 * apart from floating-point numbers, attribute keys with dots), and columns of numbers and ids become typed arrays without a step per row.
 *
 *   a block:  varint columns · varint rows · then per column: String name · String type · its head · its rows
 *             (a block without rows has neither)
 */
import type { ReusedMemory } from '../reused-memory.ts';
import { ArrayColumn, type Column, FixedColumn, NumberColumn, type NumberLists } from './column.ts';
import { columnOf } from './column-of.ts';
import { DictionaryColumn, type TextColumn } from './dictionary.ts';
import { Input } from './input.ts';
import { parseType } from './type.ts';

/** The columns of an answer. One without rows does not say what its columns are: all are empty then. */
export class Table {
  readonly rowCount: number;
  readonly #columns: ReadonlyMap<string, Column>;
  readonly #values = new Map<string, readonly unknown[]>();
  readonly #vectors = new Map<string, ArrayLike<number>>();
  readonly #lists = new Map<string, NumberLists>();
  constructor(rowCount: number, columns: ReadonlyMap<string, Column>) {
    this.rowCount = rowCount;
    this.#columns = columns;
  }

  /** Whether the answer has such a column; one without rows has none. */
  has(name: string): boolean {
    return this.#columns.has(name);
  }

  /** A value per row. 64-bit integers are numbers where they fit exactly, else bigints; a JSON column has StoredAttribute[]. */
  column<T>(name: string): readonly T[] {
    if (this.rowCount === 0) return [];
    const values = this.#values.get(name) ?? this.#find(name).values();
    this.#values.set(name, values);
    return values as readonly T[];
  }

  strings(name: string): readonly string[] {
    return this.column<string>(name);
  }

  /** 64-bit integers as numbers, rounded beyond 2^53. */
  numbers(name: string): readonly number[] {
    return this.column<number | bigint>(name).map(Number);
  }

  bigints(name: string): readonly bigint[] {
    return this.column<number | bigint>(name).map(BigInt);
  }

  /** As `numbers`, without an object for each. With `memory` they may lie in it, and are good for as long as what is there. */
  vector(name: string, memory?: ReusedMemory): ArrayLike<number> {
    if (this.rowCount === 0) return [];
    const vector = this.#vectors.get(name) ?? this.#numbers(name).vector(memory);
    this.#vectors.set(name, vector);
    return vector;
  }

  /** Arrays of numbers, without an object for each. */
  lists(name: string): NumberLists {
    if (this.rowCount === 0) return { ends: [], values: [], isNull: undefined };
    const column = this.#find(name);
    if (!(column instanceof ArrayColumn)) throw new Error(`bug: column ${name} holds no arrays`);
    const lists = this.#lists.get(name) ?? column.lists();
    this.#lists.set(name, lists);
    return lists;
  }

  /** As `bigints`, without an object for each; `memory` as with `vector`. */
  integers(name: string, memory?: ReusedMemory): BigInt64Array {
    return this.rowCount === 0 ? new BigInt64Array(0) : this.#numbers(name).bigints(memory);
  }

  /** The bytes of a FixedString column, one row after the other, at the start of a buffer of their own. */
  bytes(name: string): Uint8Array<ArrayBuffer> {
    if (this.rowCount === 0) return new Uint8Array(0);
    const column = this.#find(name);
    if (!(column instanceof FixedColumn)) throw new Error(`bug: column ${name} is no FixedString`);
    return column.bytes();
  }

  /** A LowCardinality(String) column. */
  texts(name: string): TextColumn {
    if (this.rowCount === 0) return { values: [], indices: new Uint32Array(0) };
    const column = this.#find(name);
    if (!(column instanceof DictionaryColumn)) throw new Error(`bug: column ${name} is no LowCardinality(String)`);
    return column.texts();
  }

  #numbers(name: string): NumberColumn {
    const column = this.#find(name);
    if (!(column instanceof NumberColumn)) throw new Error(`bug: column ${name} holds no numbers`);
    return column;
  }

  #find(name: string): Column {
    const column = this.#columns.get(name);
    if (column === undefined) throw new Error(`bug: no column ${name} in the answer`);
    return column;
  }
}

/** Decodes a whole answer. Throws DecodeError for a cut-off body or a type that this reader does not know. */
export function decodeTable(bytes: Buffer): Table {
  const input = new Input(bytes);
  const columns = new Map<string, Column>();
  let rowCount = 0;
  while (input.at < bytes.length) {
    const columnCount = input.varint();
    const blockRows = input.varint();
    for (let i = 0; i < columnCount; i++) {
      const name = input.text();
      const type = input.text();
      const column = columns.get(name) ?? columnOf(parseType(type));
      columns.set(name, column);
      if (blockRows === 0) continue;
      column.readHead(input);
      column.readRows(input, blockRows);
    }
    rowCount += blockRows;
  }
  return new Table(rowCount, columns);
}
