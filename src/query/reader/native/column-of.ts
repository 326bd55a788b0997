import { DecodeError } from '#base';
import {
  ArrayColumn,
  type Column,
  FixedColumn,
  MapColumn,
  NullableColumn,
  NumberColumn,
  StringColumn,
  TupleColumn,
} from './column.ts';
import { DictionaryColumn } from './dictionary.ts';
import { DynamicColumn, JsonColumn } from './json-column.ts';
import type { Type } from './type.ts';

/** The column of a type. Throws DecodeError for one that no query of ours asks for. */
export function columnOf(type: Type): Column {
  const [first, second] = type.inner;
  switch (type.name) {
    case 'String':
      return new StringColumn();
    case 'FixedString':
      return new FixedColumn(type.lengthBytes);
    case 'Nullable':
      return new NullableColumn(columnOf(first!));
    case 'LowCardinality': {
      const isNullable = first!.name === 'Nullable';
      const key = isNullable ? first!.inner[0]! : first!;
      return new DictionaryColumn(() => columnOf(key), isNullable);
    }
    case 'Array':
      return new ArrayColumn(columnOf(first!));
    case 'Tuple':
      return new TupleColumn(type.inner.map(columnOf));
    case 'Map':
      return new MapColumn(columnOf(first!), columnOf(second!));
    case 'JSON':
      return new JsonColumn(type, columnOf);
    case 'Dynamic':
      return new DynamicColumn(columnOf);
    default:
      if (NumberColumn.has(type.name)) return new NumberColumn(type.name);
      throw new DecodeError(`column type ${type.name} of the store's answer is not known here`);
  }
}
