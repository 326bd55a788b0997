/** What a population has that can be compared: fields with their frequent values. A field is a code per row, so that all are counted in one pass. */
import { namesOf } from '#lang';
import { pathOf } from '../filter/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import type { AttributeColumn } from '../source/index.ts';
import { Bound, integer, joinSql, raw, type Sql, sql, text, texts } from '../sql/index.ts';

/** Codes of field i are i * FIELD_CODES + these: no value, another value, and from `FIRST_VALUE` on its values or ranges. */
export const FIELD_CODES = 64;
const OTHER_VALUE = 1;
export const FIRST_VALUE = 2;
/** Stands in every row. */
export const EVERY_ROW = 65_535;

/** 250 fields of 64 codes fit 16 bits. */
const MAX_FIELDS = 250;
const MAX_VALUES = 30;
/** Longer values are not told apart. */
const VALUE_CHARS = 2_000;
/** Numbers with more different values are compared as ranges. */
const MOST_NUMBERS = 30;
const QUANTILES = raw('quantiles(0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1)');

export interface Field {
  readonly key: string;
  readonly of: 'span' | 'intrinsic' | 'event';
  /** Its text; NULL where a row has none. */
  readonly text: Sql;
  /** The same as a number, where all its values are numbers. */
  readonly number: Sql | undefined;
  readonly values: readonly string[];
  /** Bounds of ranges, rising: where there are some, `values` is empty. */
  readonly edges: readonly number[];
}

/** A place of an attribute: a path of its own type, or one of a type that rows have. */
interface Place {
  readonly key: string;
  readonly type: string;
  readonly column: string;
}

export type FoundField = Omit<Field, 'values' | 'edges'>;

/** More rows are not looked at to find fields in: a trace may have any number of spans. */
const MOST_ROWS = integer(50_000);

/** Rows to look at: `FROM …` with all conditions. Keys and values are looked for among selected ones. */
export interface FieldRows {
  readonly keys: Sql;
  readonly values: Sql;
  readonly column: AttributeColumn;
  readonly of: 'span' | 'event';
  readonly intrinsics: readonly FoundField[];
}

/** The fields of the selected rows, the most used first. */
export async function readFields(
  reader: StoreReader,
  rows: FieldRows,
  options?: ReadOptions,
): Promise<{ readonly fields: readonly Field[]; readonly truncated: boolean }> {
  const { places, truncated } = await readPlaces(reader, rows, options);
  const found = [...rows.intrinsics, ...fieldsAt(places, rows.of)];
  if (found.length === 0) return { fields: [], truncated };
  const [values, edges] = await Promise.all([
    readValues(reader, rows, found, options),
    readEdges(reader, rows, found, options),
  ]);
  const fields = found.map((field, i): Field => {
    const bounds = edges.get(i) ?? [];
    return { ...field, edges: bounds, values: bounds.length > 0 ? [] : (values.get(i) ?? []) };
  });
  return { fields, truncated };
}

async function readPlaces(
  reader: StoreReader,
  { keys, column }: FieldRows,
  options?: ReadOptions,
): Promise<{ readonly places: readonly Place[]; readonly truncated: boolean }> {
  const listed = (name: string): Sql => raw(`CAST(JSONAllPathsWithTypes(${name}), 'Array(Tuple(String, String))')`);
  // Keys with a type of their own are listed whether a row has them or not.
  const own = [...column.typed.keys()].map(
    (key) => sql`if(isNull(${pathOf(column.name, key)}), [], [(${text(key)}, '', ${text(column.name)})])`,
  );
  const untyped = sql`arrayMap(one -> (one.1, one.2, ${text(column.name)}),
    arrayFilter(one -> position(one.2, 'Nullable') = 0 OR startsWith(one.2, 'Array'), ${listed(column.name)}))`;
  const other = sql`arrayMap(one -> (one.1, one.2, ${text(column.other)}), ${listed(column.other)})`;
  const table = await reader.read(
    sql`SELECT place.1 AS key, place.2 AS type, place.3 AS in_column, count() AS n
      FROM (SELECT arrayJoin(arrayConcat(${joinSql([untyped, other, ...own], ', ')})) AS place
        FROM (SELECT ${raw(`${column.name}, ${column.other}`)} ${keys} LIMIT ${MOST_ROWS}))
      WHERE key != '' GROUP BY place ORDER BY n DESC, key, type LIMIT ${integer(MAX_FIELDS + 1)}`,
    options,
  );
  const [types, columns] = [table.strings('type'), table.strings('in_column')];
  const places = table.strings('key').map((key, row) => ({ key, type: types[row]!, column: columns[row]! }));
  // Intrinsics have their codes, too.
  return { places: places.slice(0, MAX_FIELDS - 10), truncated: places.length > MAX_FIELDS - 10 };
}

/** A field for each key; the names that the conventions gave one thing are one. */
function fieldsAt(places: readonly Place[], of: 'span' | 'event'): readonly FoundField[] {
  const byKey = new Map<string, Place[]>();
  for (const place of places) {
    const key = namesOf(place.key)[0]!;
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, [place]);
    else known.push(place);
  }
  return [...byKey.values()].map((ofKey): FoundField => {
    const first = ofKey[0]!.key;
    const numbers = ofKey.map(numberAt);
    return {
      key: first,
      of,
      text: firstOf(ofKey.map((place) => sql`toString(${valueAt(place)})`)),
      number: numbers.every((one) => one !== undefined) ? firstOf(numbers as Sql[]) : undefined,
    };
  });
}

function firstOf(values: readonly Sql[]): Sql {
  return values.length === 1 ? values[0]! : sql`coalesce(${joinSql(values, ', ')})`;
}

const SCALARS: ReadonlySet<string> = new Set(['String', 'Int64', 'Float64', 'Bool']);
const TEXTS_AND_NUMBERS: ReadonlySet<string> = new Set(['Array(Nullable(String))', 'Array(Nullable(Int64))']);

function valueAt({ key, type, column }: Place): Sql {
  const path = pathOf(column, key);
  if (type === '') return path;
  if (SCALARS.has(type)) return sql`${path}.:${raw(type)}`;
  // Lists, and what else there may be, in the store's own notation; the text of none is empty.
  if (TEXTS_AND_NUMBERS.has(type)) return sql`nullIf(toString(${path}.:${raw(`\`${type}\``)}), '[]')`;
  return sql`nullIf(toString(${path}), '')`;
}

/** Codes of the conventions (a status, a port) are words: their order says nothing. */
function numberAt(place: Place): Sql | undefined {
  return place.type === 'Int64' || place.type === 'Float64' ? sql`toFloat64(${valueAt(place)})` : undefined;
}

async function readValues(
  reader: StoreReader,
  { values: rows }: FieldRows,
  found: readonly FoundField[],
  options?: ReadOptions,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const pairs = found.map((field, i) => sql`(${raw(`toUInt16(${i})`)}, ifNull(${field.text}, ''))`);
  const table = await reader.read(
    sql`SELECT pair.1 AS field, pair.2 AS value, count() AS n
      FROM (SELECT arrayJoin(pairs) AS pair FROM (SELECT [${joinSql(pairs, ', ')}] AS pairs ${rows} LIMIT ${MOST_ROWS}))
      WHERE value != '' AND length(value) <= ${integer(VALUE_CHARS)} GROUP BY pair ORDER BY n DESC, value LIMIT ${integer(MAX_VALUES)} BY field`,
    options,
  );
  const values = new Map<number, string[]>();
  const fields = table.numbers('field');
  for (const [row, value] of table.strings('value').entries()) {
    const ofField = values.get(fields[row]!);
    if (ofField === undefined) values.set(fields[row]!, [value]);
    else ofField.push(value);
  }
  return values;
}

/** Of fields with many different numbers: where the ranges between which they are told apart begin. */
async function readEdges(
  reader: StoreReader,
  { keys }: FieldRows,
  found: readonly FoundField[],
  options?: ReadOptions,
): Promise<ReadonlyMap<number, readonly number[]>> {
  const numeric = found.flatMap(({ number }, index) => (number === undefined ? [] : [{ index, number }]));
  if (numeric.length === 0) return new Map();
  const columns = numeric.map(({ number }, i) => sql`${number} AS ${raw(`x${i}`)}`);
  const facts = numeric.map((_, i) => sql`(uniqExact(${raw(`x${i}`)}), ${QUANTILES}(${raw(`x${i}`)}))`);
  const table = await reader.read(
    sql`SELECT [${joinSql(facts, ', ')}] AS facts FROM (SELECT ${joinSql(columns, ', ')} ${keys} LIMIT ${MOST_ROWS})`,
    options,
  );
  const known = table.column<readonly (readonly [number, readonly number[]])[]>('facts')[0]!;
  const edges = new Map<number, readonly number[]>();
  for (const [i, { index }] of numeric.entries()) {
    const [different, bounds] = known[i]!;
    if (Number(different) <= MOST_NUMBERS) continue;
    edges.set(
      index,
      [...new Set(bounds.filter(Number.isFinite))].sort((a, b) => a - b),
    );
  }
  return edges;
}

/** The code of each row for a field. `base`: of the field. */
export function codeOf(field: Field, base: number): Sql {
  const code = (of: Sql): Sql => sql`toUInt16(${raw(String(base))} + ${of})`;
  if (field.edges.length > 0) {
    const edges = new Bound('Array(Float64)', field.edges);
    const range = sql`${raw(String(FIRST_VALUE))} + arrayCount(edge -> edge <= ${field.number!}, ${edges})`;
    return code(sql`if(isNull(${field.number!}), 0, ${range})`);
  }
  if (field.values.length === 0) return code(sql`if(isNull(${field.text}), 0, ${raw(String(OTHER_VALUE))})`);
  const codes = new Bound(
    'Array(UInt8)',
    field.values.map((_, i) => FIRST_VALUE + i),
  );
  const value = sql`transform(ifNull(${field.text}, ''), ${texts(field.values)}, ${codes}, ${raw(`toUInt8(${OTHER_VALUE})`)})`;
  return code(sql`if(isNull(${field.text}), toUInt8(0), ${value})`);
}
