/**
 * Attributes in conditions and results. Keys that come from outside are bound as identifiers.
 *
 * A key is a path of a JSON column. Values under most keys may have any type, and each type has a subcolumn: a comparison looks at the types
 * that its value can equal. Keys of the semantic conventions have one type; what has another there stands in a column of its own.
 * Nothing is cast, so only the files of that key and type are read.
 *
 * A key of the semantic conventions stands for all names that it had: asking for one finds the others (namesOf of #lang).
 */
import { isConventionName, namesOf } from '#lang';
import type { FilterOperator, FilterValue } from '#lang/filter';
import type { FilterKind } from '#store/schema.ts';
import type { AttributeColumn, ValueType } from '../source/index.ts';
import { anyOf, Bound, float, joinSql, raw, type Sql, sql, text } from '../sql/index.ts';

/**
 * A path of a JSON column: a value of the key's own type, or of any. A name of our own table of conventions stands in the text: the engine
 * remembers a text that it has checked, but must check anew what a bound identifier makes of it, which took most of the time of a trace by id.
 */
export function pathOf(column: string, key: string): Sql {
  return isConventionName(key) ? raw(`${column}.${key}`) : sql`${raw(column)}.${new Bound('Identifier', key)}`;
}

/** The columns in which a value of any type stands: that of the key's own type, if it has one, and that of all others. */
function places(
  { name, typed, other }: AttributeColumn,
  key: string,
): { readonly own: ValueType | undefined; readonly any: string } {
  const own = typed.get(key);
  return { own, any: own === undefined ? name : other };
}

/** Whether a row has a key. The store knows no empty path in a query, so an empty key is absent. */
export function hasKey(column: AttributeColumn, key: string): Sql {
  return key === '' ? raw('0') : anyOf(namesOf(key).map((name) => hasName(column, name)));
}

function hasName(column: AttributeColumn, key: string): Sql {
  const { own, any } = places(column, key);
  const isThere = sql`isNotNull(${pathOf(any, key)})`;
  return own === undefined ? isThere : sql`(isNotNull(${pathOf(column.name, key)}) OR ${isThere})`;
}

/** A value as text, whatever its type; NULL without one. */
export function textOf(column: AttributeColumn, key: string): Sql {
  return key === '' ? raw('NULL') : firstOf(namesOf(key).map((name) => textOfName(column, name)));
}

function firstOf(values: readonly Sql[]): Sql {
  return values.length === 1 ? values[0]! : sql`coalesce(${joinSql(values, ', ')})`;
}

function textOfName(column: AttributeColumn, key: string): Sql {
  const { own, any } = places(column, key);
  // The store's text of no value at all is empty.
  const value = sql`if(isNull(${pathOf(any, key)}), NULL, toString(${pathOf(any, key)}))`;
  return own === undefined ? value : sql`coalesce(toString(${pathOf(column.name, key)}), ${value})`;
}

/** A value that is a text; NULL for others. */
export function stringOf(column: AttributeColumn, key: string): Sql {
  return firstOf(namesOf(key).map((name) => stringOfName(column, name)));
}

/** As `stringOf`, under this name alone. */
export function stringOfName(column: AttributeColumn, key: string): Sql {
  const { own, any } = places(column, key);
  return own === 'string' ? pathOf(column.name, key) : sql`${pathOf(any, key)}.:String`;
}

const NO_KINDS: ReadonlySet<FilterKind> = new Set();

/** Compares a value; false for one that can't be compared, and without one. `absent`: kinds of values that no row has under the key. */
export function compareKey(
  column: AttributeColumn,
  key: string,
  operator: FilterOperator,
  value: FilterValue,
  absent: ReadonlySet<FilterKind> = NO_KINDS,
): Sql {
  return key === '' ? raw('0') : anyOf(namesOf(key).map((name) => compareName(column, name, operator, value, absent)));
}

function compareName(
  column: AttributeColumn,
  key: string,
  operator: FilterOperator,
  value: FilterValue,
  absent: ReadonlySet<FilterKind>,
): Sql {
  const { own, any } = places(column, key);
  const others = pathOf(any, key);
  if (operator === '~') {
    // Numbers and truth values match by their text; an absent attribute matches nothing.
    const matches = (of: Sql): Sql => sql`isNotNull(${of}) AND match(toString(${of}), ${text(value.text)})`;
    return own === undefined ? matches(others) : anyOf([matches(pathOf(column.name, key)), matches(others)]);
  }
  const scalars = scalarAlternatives(value).filter(([type]) => !absent.has(type as FilterKind));
  const alternatives = scalars.flatMap(([type, bound]) => [
    sql`${others}.:${raw(CLICKHOUSE_TYPES[type])} ${raw(operator)} ${bound}`,
    ...(type === own ? [sql`${pathOf(column.name, key)} ${raw(operator)} ${bound}`] : []),
  ]);
  const ofLists = operator === '=' && !absent.has('list');
  if (ofLists) alternatives.push(sql`has(${others}.:\`Array(String)\`, ${text(value.text)})`);
  if (ofLists && value.kind === 'number' && Number.isInteger(value.value)) {
    alternatives.push(sql`has(${others}.:\`Array(Int64)\`, ${integerOrFloat(value.text, value.value)})`);
  }
  return sql`ifNull(${anyOf(alternatives)}, 0)`;
}

const CLICKHOUSE_TYPES: { readonly [type in ValueType]: string } = {
  string: 'String',
  int: 'Int64',
  double: 'Float64',
  bool: 'Bool',
};

/** What a written value may be, by type. */
function scalarAlternatives(value: FilterValue): readonly (readonly [ValueType, Bound])[] {
  const string = ['string', text(value.text)] as const;
  if (value.kind === 'number') {
    return [string, ['int', integerOrFloat(value.text, value.value)], ['double', float(value.value)]];
  }
  return value.kind === 'boolean' ? [string, ['bool', new Bound('Bool', value.value)]] : [string];
}

/** A whole number as Int64, so that those beyond 2^53 compare exactly. */
function integerOrFloat(written: string, value: number): Bound {
  if (/^[+-]?\d{1,19}$/.test(written)) {
    const whole = BigInt(written.replace(/^\+/, ''));
    if (BigInt.asIntN(64, whole) === whole) return new Bound('Int64', String(whole));
  }
  return float(value);
}
