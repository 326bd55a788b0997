/** Fields that spans are grouped by, and what is measured of them, as SQL: with the same values as in span-fields.ts. */
import { namesOf } from '#lang';
import { SPAN_KIND_WORDS, STATUS_WORDS, type TraceqlField } from '#lang/traceql';
import { pathOf } from '../filter/index.ts';
import type { Table } from '../reader/index.ts';
import {
  type AttributeColumn,
  OWNER_ATTRIBUTES,
  type OwnerRows,
  resources,
  SPAN_ATTRIBUTES,
  scopes,
} from '../source/index.ts';
import { joinSql, raw, type Sql, sql } from '../sql/index.ts';
import type { FieldValue } from './field-value.ts';

/** A value that spans are grouped by: columns of the spans, a value of their owner, and how both become the field's value. */
export interface GroupField {
  /** Columns of a row of spans, by their names. */
  readonly own: readonly { readonly name: string; readonly value: Sql }[];
  readonly ofOwner: { readonly owners: OwnerRows; readonly name: string; readonly value: Sql } | undefined;
  readonly read: (table: Table, row: number) => FieldValue;
}

/** Undefined for a field that SQL does not tell of a span. `index` tells the fields of a query apart. */
export function groupField(field: TraceqlField, index: number): GroupField | undefined {
  const name = `by${index}`;
  if (field.kind === 'intrinsic') return intrinsicGroup(field.name, name);
  const { scope, key, isParent } = field;
  if (isParent || key === '') return undefined;
  if (key === 'service.name' && scope === 'resource') return textColumn(name, 'service_name');
  switch (scope) {
    case 'span':
      return { own: [{ name, value: typedText(SPAN_ATTRIBUTES, key) }], ofOwner: undefined, read: readTyped(name) };
    case 'resource':
      return ofOwner(resources, key, name);
    case 'instrumentation':
      return ofOwner(scopes, key, name);
    case undefined: {
      const own = { name: `own${index}`, value: typedText(SPAN_ATTRIBUTES, key) };
      const owner = ofOwner(resources, key, name);
      const readOwn = readTyped(own.name);
      return { ...owner, own: [own], read: (table, row) => readOwn(table, row) ?? owner.read(table, row) };
    }
    default:
      return undefined;
  }
}

function intrinsicGroup(intrinsic: string, name: string): GroupField | undefined {
  switch (intrinsic) {
    case 'name':
      return textColumn(name, 'stored.name', true);
    case 'statusMessage':
      return textColumn(name, 'status_message', true);
    case 'status':
      return wordColumn(name, 'status_code', (code) => ({ type: 'status', value: STATUS_WORDS[code] ?? 'unset' }));
    case 'kind':
      return wordColumn(name, 'kind', (code) => ({ type: 'kind', value: SPAN_KIND_WORDS[code] ?? 'unspecified' }));
    case 'instrumentation:name':
    case 'instrumentation:version': {
      const value = sql`('String', toString(${raw(intrinsic.slice('instrumentation:'.length))}))`;
      const read = readTyped(name);
      return {
        own: [],
        ofOwner: { owners: scopes, name, value },
        read: (table, row) => {
          const found = read(table, row);
          return found?.type === 'string' && found.value === '' ? undefined : found;
        },
      };
    }
    default:
      return undefined;
  }
}

function textColumn(name: string, column: string, isAlways = false): GroupField {
  return {
    own: [{ name, value: raw(column) }],
    ofOwner: undefined,
    read: (table, row) => {
      const value = table.strings(name)[row]!;
      return value === '' && !isAlways ? undefined : { type: 'string', value };
    },
  };
}

function wordColumn(name: string, column: string, word: (code: number) => FieldValue): GroupField {
  return {
    own: [{ name, value: raw(column) }],
    ofOwner: undefined,
    read: (table, row) => word(table.column<number>(name)[row]!),
  };
}

function ofOwner(owners: OwnerRows, key: string, name: string): GroupField {
  return { own: [], ofOwner: { owners, name, value: typedText(OWNER_ATTRIBUTES, key) }, read: readTyped(name) };
}

const STORED_TYPES = { string: 'String', int: 'Int64', double: 'Float64', bool: 'Bool' } as const;

/** An attribute's type and its text, the first that there is under its names; two empty texts without one. */
export function typedText(column: AttributeColumn, key: string): Sql {
  const cases = namesOf(key).flatMap((name) => {
    const own = column.typed.get(name);
    const others = pathOf(own === undefined ? column.name : column.other, name);
    const ofOthers = sql`isNotNull(${others}), (toString(dynamicType(${others})), toString(${others}))`;
    if (own === undefined) return [ofOthers];
    const path = pathOf(column.name, name);
    return [sql`isNotNull(${path}), ('${raw(STORED_TYPES[own])}', ifNull(toString(${path}), ''))`, ofOthers];
  });
  return sql`multiIf(${joinSql(cases, ', ')}, ('', ''))`;
}

/** The value of a column as `typedText` makes it. */
export function readTyped(name: string): (table: Table, row: number) => FieldValue {
  return (table, row) => {
    const [type, value] = table.column<readonly [string, string]>(name)[row]!;
    switch (type) {
      case '':
        return undefined;
      case 'Int64': {
        const number = Number(value);
        return { type: 'int', value: Number.isSafeInteger(number) ? number : BigInt(value) };
      }
      case 'Float64':
        return { type: 'float', value: Number(value.replace(/inf$/, 'Infinity')) };
      case 'Bool':
        return { type: 'bool', value: value === 'true' };
      default:
        // Lists and the like are told by the store's text.
        return { type: 'string', value };
    }
  };
}

/** What is measured of a span, as a number that may be NULL; undefined where SQL does not tell it. */
export function measured(field: TraceqlField): Sql | undefined {
  if (field.kind === 'intrinsic') return field.name === 'duration' ? raw('toFloat64(duration_ns)') : undefined;
  if (field.isParent || field.key === '' || field.scope !== 'span') return undefined;
  const values = namesOf(field.key).flatMap((name) => {
    const own = SPAN_ATTRIBUTES.typed.get(name);
    const others = pathOf(own === undefined ? SPAN_ATTRIBUTES.name : SPAN_ATTRIBUTES.other, name);
    const isNumber = own === 'int' || own === 'double';
    return [
      ...(isNumber ? [sql`toFloat64(${pathOf(SPAN_ATTRIBUTES.name, name)})`] : []),
      sql`toFloat64(${others}.:Int64)`,
      sql`${others}.:Float64`,
    ];
  });
  return sql`coalesce(${joinSql(values, ', ')})`;
}
