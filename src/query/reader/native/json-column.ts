import { DecodeError } from '#base';
import type { StoredAttribute, StoredValue } from '../value.ts';
import { BytesColumn, type Column } from './column.ts';
import { Input } from './input.ts';
import { readStored, storedReader } from './single-value.ts';
import { parseType, type Type } from './type.ts';

type MakeColumn = (type: Type) => Column;

/** Layouts of the structure in front of a column: the first has limits that the second left out. */
const WITH_LIMITS = { json: 0, dynamic: 1 };
const WITHOUT_LIMITS = 2;

/**
 * A JSON column: the attributes of each row, sorted by key.
 *
 *   head: UInt64 version · (varint limit) · varint count · String per path · the head of each typed path · that of each path (Dynamic)
 *   rows: those of the typed paths · those of the paths · per row where its other attributes end · their paths · their values
 *
 * A typed path whose value is NULL is absent. Values of other attributes are the code of their type and the value (single-value.ts). See
 * src/store/native/json-column.ts, which writes it.
 */
export class JsonColumn implements Column {
  readonly #rows: StoredAttribute[][] = [];
  readonly #typedPaths: readonly string[];
  readonly #typedTypes: readonly Type[];
  readonly #makeColumn: MakeColumn;
  /** Of the block that is read. */
  #typed: readonly Column[] = [];
  #paths: readonly { readonly path: string; readonly values: DynamicColumn }[] = [];

  constructor(type: Type, makeColumn: MakeColumn) {
    this.#makeColumn = makeColumn;
    this.#typedPaths = type.names;
    this.#typedTypes = type.inner;
  }

  readHead(input: Input): void {
    readLimits(input, WITH_LIMITS.json);
    const paths = Array.from({ length: input.varint() }, () => input.text());
    this.#typed = this.#typedTypes.map(this.#makeColumn);
    for (const column of this.#typed) column.readHead(input);
    this.#paths = paths.map((path) => {
      const values = new DynamicColumn(this.#makeColumn);
      values.readHead(input);
      return { path, values };
    });
  }

  readRows(input: Input, rowCount: number): void {
    const columns = this.#typed.map((column, i): PathValues => {
      column.readRows(input, rowCount);
      const read = storedReader(this.#typedTypes[i]!);
      const values = column.values().map((value) => (value === null ? undefined : read(value)));
      return { key: this.#typedPaths[i]!, values };
    });
    for (const { path, values } of this.#paths) {
      values.readRows(input, rowCount);
      columns.push({ key: path, values: values.values() });
    }
    const rows = Array.from({ length: rowCount }, (): StoredAttribute[] => []);
    for (const { key, values } of columns.sort(byKey)) {
      for (let row = 0; row < rowCount; row++) if (values[row] !== undefined) addAll(rows[row]!, key, values[row]!);
    }
    readOthers(input, rows);
    for (const row of rows) this.#rows.push(row);
  }

  values(): readonly (readonly StoredAttribute[])[] {
    return this.#rows;
  }
}

interface PathValues {
  readonly key: string;
  readonly values: readonly (readonly StoredValue[] | undefined)[];
}

/** The store gives paths in an order that changes with merges. */
function byKey(a: { readonly key: string }, b: { readonly key: string }): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

function addAll(row: StoredAttribute[], key: string, values: readonly StoredValue[]): void {
  for (const value of values) row.push({ key, value });
}

/** Attributes whose keys have no path. */
function readOthers(input: Input, rows: readonly StoredAttribute[][]): void {
  const ends = rows.map(() => input.uint64());
  const keys = Array.from({ length: ends.at(-1) ?? 0 }, () => input.text());
  let row = 0;
  keys.forEach((key, i) => {
    for (; i >= ends[row]!; row++) rows[row]!.sort(byKey);
    const endAt = input.varint() + input.at;
    addAll(rows[row]!, key, readStored(input));
    if (input.at !== endAt) throw new DecodeError(`the value of ${key} does not fill its place`, input.at);
  });
  rows[row]?.sort(byKey);
}

function readLimits(input: Input, versionWithLimits: number): void {
  const version = input.uint64();
  if (version === versionWithLimits) input.varint();
  else if (version !== WITHOUT_LIMITS)
    throw new DecodeError(`layout ${version} of the store's answer is not known here`, input.at - 8);
}

/**
 * Values of several types: a path of a JSON column.
 *
 *   head: UInt64 version · (varint limit) · varint count · String per type · UInt64 0 · the head of each type
 *   rows: a byte per row, the rank of its type among all in the order of their names, or 255 for none · the values of each type, in that order
 *
 * "SharedVariant" is one of them: values of types beyond the limit, as texts of a type's code and a value.
 */
export class DynamicColumn implements Column {
  readonly #makeColumn: MakeColumn;
  #types: readonly { readonly type: Type | undefined; readonly column: Column }[] = [];
  readonly #values: (readonly StoredValue[] | undefined)[] = [];

  constructor(makeColumn: MakeColumn) {
    this.#makeColumn = makeColumn;
  }

  readHead(input: Input): void {
    readLimits(input, WITH_LIMITS.dynamic);
    const names = Array.from({ length: input.varint() }, () => input.text());
    if (input.uint64() !== 0) throw new DecodeError('discriminators of a layout that is not known here', input.at - 8);
    const sorted = [...names, SHARED].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    this.#types = sorted.map((name) => {
      if (name === SHARED) return { type: undefined, column: new BytesColumn() };
      const type = parseType(name);
      return { type, column: this.#makeColumn(type) };
    });
    for (const { column } of this.#types) column.readHead(input);
  }

  readRows(input: Input, rowCount: number): void {
    const ranks = input.take(rowCount);
    const counts = this.#types.map(() => 0);
    for (const rank of ranks) if (rank !== NONE) counts[rank]!++;
    const values = this.#types.map(({ type, column }, rank) => {
      column.readRows(input, counts[rank]!);
      const read = type === undefined ? undefined : storedReader(type);
      return column
        .values()
        .map((value) => (read === undefined ? readStored(new Input(value as Buffer)) : read(value)));
    });
    const next = this.#types.map(() => 0);
    for (const rank of ranks) this.#values.push(rank === NONE ? undefined : values[rank]![next[rank]!++]);
  }

  values(): readonly (readonly StoredValue[] | undefined)[] {
    return this.#values;
  }
}

const SHARED = 'SharedVariant';
const NONE = 255;
