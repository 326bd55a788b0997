/**
 * Long values are cut where the data is, so that an answer's length depends on how many things it names and not on what a service wrote
 * into them. A log body of 1 MB is legal, and so is a stack trace, an SQL statement or an operation's name of that length.
 */
import {
  QueryError,
  type ReadOptions,
  type StoredAttribute,
  type StoredValue,
  type StoreReader,
  type Table,
} from '../reader/index.ts';
import { raw, type Sql, sql } from '../sql/index.ts';

/** Names of things, in lists: far longer than any that people gave. */
const NAME_CHARS = 1000;

/** As `cutText` does, of a text that was read. */
export function shortName(value: string): string {
  return value.length > NAME_CHARS ? `${value.slice(0, NAME_CHARS)}…` : value;
}

/** A text, or its beginning and an ellipsis. */
export function cutText(value: Sql, chars: number = NAME_CHARS): Sql {
  const limit = raw(String(chars));
  return sql`if(length(${value}) > ${limit}, concat(substringUTF8(${value}, 1, ${limit}), '…'), ${value})`;
}

/** How long the parts of one item may be in an answer. */
export interface ItemLimits {
  /** Of a text of its own, such as a log's body. */
  readonly textChars: number;
  /** A set of attributes that is larger is cut: its first attributes, with long texts cut. */
  readonly attributeBytes: number;
}

/** In lists. */
export const LIST_ITEM: ItemLimits = { textChars: 4000, attributeBytes: 16 * 1024 };
/** Where one item is looked at, or a trace is read as a whole. */
export const WHOLE_ITEM: ItemLimits = { textChars: 64_000, attributeBytes: 64 * 1024 };
/** Nothing is cut; the limit of the answer holds. */
export const UNCUT_ITEM: ItemLimits = { textChars: 2 ** 31, attributeBytes: 2 ** 31 };
/** An item that is asked for in full: no receiver takes a larger request than 20 MiB by default. */
export const MAX_UNCUT_BYTES: number = 24 * 1024 * 1024;

/**
 * For statements that cut: values are cut before rows are sorted, which keeps the rows that wait there small. By itself the store would sort
 * first, to cut fewer.
 */
export const CUT_EARLY = { query_plan_execute_functions_after_sorting: '0' } as const;

/** Within a set of attributes that is too large: of a text, and of a key. */
const CUT_VALUE_CHARS = 500;
/** A large set of attributes shows one for each so many bytes of its limit. */
const BYTES_PER_SHOWN = 256;

/** A JSON text of attributes; of one longer than `limitBytes` the first attributes, with long texts cut. */
export function cutAttributesText(json: Sql, limitBytes: number): Sql {
  const [limit, chars] = [raw(String(limitBytes)), raw(String(CUT_VALUE_CHARS))];
  const value = sql`multiIf(length(pair.2) <= ${chars}, pair.2, startsWith(pair.2, '"'),
    toJSONString(concat(substringUTF8(JSONExtractString(pair.2), 1, ${chars}), '…')), '"…"')`;
  const shownCount = raw(String(Math.ceil(limitBytes / BYTES_PER_SHOWN)));
  const pairs = sql`arraySlice(JSONExtractKeysAndValuesRaw(${json}), 1, ${shownCount})`;
  return sql`if(length(${json}) <= ${limit}, ${json}, concat('{', arrayStringConcat(
    arrayMap(pair -> concat(toJSONString(substringUTF8(pair.1, 1, ${chars})), ':', ${value}), ${pairs}), ','), '}'))`;
}

/** As `cutAttributesText`, for a column of lists of such texts. Lists in which none is long are left as they are. */
export function cutAttributesTexts(list: Sql, limitBytes: number): Sql {
  return sql`if(arrayExists(json -> length(json) > ${raw(String(limitBytes))}, ${list}),
    arrayMap(json -> ${cutAttributesText(raw('json'), limitBytes)}, ${list}), ${list})`;
}

export type JsonColumnName = 'attributes' | 'attributes_other';

/**
 * Columns for a JSON column of attributes: `shown_<name>` (itself, or empty where it is too large), `<name>_bytes`, and for large ones
 * `<name>_cut`: path, type and value of the first attributes (the store lists all three in one order), with long texts cut. The names differ
 * from the table's, because conditions on a column would else see what was cut.
 */
export function cutAttributes(name: JsonColumnName, limitBytes: number): Sql {
  const column = raw(name);
  const chars = raw(String(CUT_VALUE_CHARS));
  const isLarge = sql`byteSize(${column}) > ${raw(String(limitBytes))}`;
  // The store evaluates these functions for all rows, whatever the condition around them says: so the small ones are empty here.
  const large = sql`if(${isLarge}, ${column}, defaultValueOfArgumentType(${column}))`;
  // Keys that have a type of their own are listed with NULL where a row lacks them.
  const present = sql`arrayFilter(one -> one.2 != 'ᴺᵁᴸᴸ' OR position(one.3, 'Nullable') = 0,
    arrayZip(JSONAllPaths(${large}), JSONAllValues(${large}), mapValues(JSONAllPathsWithTypes(${large}))))`;
  return sql`if(${isLarge}, defaultValueOfArgumentType(${column}), ${column}) AS shown_${column}, byteSize(${column}) AS ${column}_bytes,
    if(${isLarge}, arrayMap(one -> (substringUTF8(one.1, 1, ${chars}), one.3,
        if(length(one.2) > ${chars}, concat(substringUTF8(one.2, 1, ${chars}), '…'), one.2)),
      arraySlice(${present}, 1, ${raw(String(Math.ceil(limitBytes / BYTES_PER_SHOWN)))})), []) AS ${column}_cut`;
}

/** What the columns of `cutAttributes` take. */
export function cutAttributesSize(name: JsonColumnName): Sql {
  return raw(`byteSize(shown_${name}) + byteSize(${name}_cut)`);
}

/** The attributes that the columns of `cutAttributes` hold, or the one of `uncutAttributes`. */
export function shownAttributes(table: Table, name: JsonColumnName, row: number): readonly StoredAttribute[] {
  if (!table.has(`${name}_cut`)) return table.column<readonly StoredAttribute[]>(`shown_${name}`)[row]!;
  const cut = table.column<readonly [string, string, string][]>(`${name}_cut`)[row]!;
  if (cut.length === 0) return table.column<readonly StoredAttribute[]>(`shown_${name}`)[row]!;
  return cut.map(([key, type, text]) => ({ key, value: typedValue(text, type) }));
}

/** The full size of attributes that were cut. */
export function cutSize(table: Table, name: JsonColumnName, row: number): number | undefined {
  if (!table.has(`${name}_cut`)) return undefined;
  const cut = table.column<readonly unknown[]>(`${name}_cut`)[row]!;
  return cut.length === 0 ? undefined : table.numbers(`${name}_bytes`)[row];
}

/** The store's text of a value; lists and maps stay text. */
function typedValue(text: string, type: string): StoredValue {
  switch (/^(?:LowCardinality\()?Nullable\((\w+)\)+$/.exec(type)?.[1] ?? type) {
    case 'Int64': {
      const value = Number(text);
      return { type: 'int', value: Number.isSafeInteger(value) ? value : BigInt(text) };
    }
    case 'Float64':
      return { type: 'double', value: text === 'inf' ? Infinity : text === '-inf' ? -Infinity : Number(text) };
    case 'Bool':
      return { type: 'bool', value: text === 'true' };
    default:
      return { type: 'string', value: text };
  }
}

/**
 * The first rows of `rows` that together take at most `budgetBytes`, and at least one. `order` sorts, with its directions; `size` is what one row
 * takes. The answer has two more columns: `found_rows`, how many there were, and `running_bytes`.
 */
export function withinBudget(rows: Sql, order: Sql, size: Sql, budgetBytes: number): Sql {
  return sql`SELECT * FROM (
      SELECT *, count() OVER () AS found_rows, sum(row_bytes) OVER (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_bytes
      FROM (SELECT *, toUInt64(${size}) AS row_bytes FROM (${rows})))
    WHERE running_bytes <= ${raw(String(budgetBytes))} OR running_bytes = row_bytes ORDER BY ${order}`;
}

/** A JSON column of attributes as `cutAttributes` names it, whatever its size. */
export function uncutAttributes(name: JsonColumnName): Sql {
  return raw(`${name} AS shown_${name}`);
}

/** One question in two forms: as things are, and with long values and rows beyond a budget cut. */
export interface PlainOrCut {
  readonly plain: Sql;
  readonly cut: Sql;
  /** What a plain answer may take. */
  readonly budgetBytes: number;
  /** Whether nothing in a plain answer is longer than it may be. */
  readonly fits: (table: Table) => boolean;
}

/**
 * Hardly anything that is stored must be cut, and cutting is dear: before it reads anything, the store takes 30 to 150 ms for a statement that
 * cuts JSON columns, and 5 ms for one that names them. So it is asked for things as they are first.
 */
export async function readPlainOrCut(
  reader: StoreReader,
  { plain, cut, budgetBytes, fits }: PlainOrCut,
  options: ReadOptions = {},
): Promise<Table> {
  try {
    const table = await reader.read(plain, { ...options, maxBytes: budgetBytes });
    if (fits(table)) return table;
  } catch (error) {
    if (!(error instanceof QueryError) || error.code !== 'too_large') throw error;
  }
  return reader.read(cut, { ...options, settings: { ...options.settings, ...CUT_EARLY } });
}

/** Whether no text of these columns is longer than so many bytes. */
export function areTextsWithin(table: Table, columns: readonly string[], limitBytes: number = NAME_CHARS): boolean {
  return columns.every((name) => table.strings(name).every((text) => Buffer.byteLength(text) <= limitBytes));
}

/** Whether no set of attributes of this column of `uncutAttributes` takes more than so many bytes. */
export function areAttributesWithin(table: Table, name: JsonColumnName, limitBytes: number): boolean {
  const rows = table.column<readonly StoredAttribute[]>(`shown_${name}`);
  return rows.every((attributes) => attributesBytes(attributes) <= limitBytes);
}

function attributesBytes(attributes: readonly StoredAttribute[]): number {
  return attributes.reduce((sum, { key, value }) => sum + Buffer.byteLength(key) + valueBytes(value), 0);
}

function valueBytes({ type, value }: StoredValue): number {
  switch (type) {
    case 'string':
      return Buffer.byteLength(value);
    case 'bytes':
      return value.length;
    case 'array':
      return value.reduce((sum, item) => sum + valueBytes(item), 0);
    case 'map':
      return attributesBytes(value);
    default:
      return 8;
  }
}
