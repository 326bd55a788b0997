/** Pieces of views in which rows look as other tools expect them. */

/** How ClickHouse writes a value that is not there, among those of a JSON column with typed paths. */
const NOT_THERE = 'ᴺᵁᴸᴸ';

/** Attributes as a map of texts: those of a JSON column, and of the column beside it with what its typed paths could not take. */
export function attributeMap(column: string, others?: string): string {
  const columns = others === undefined ? [column] : [column, others];
  const all = (of: string): string => {
    const lists = columns.map((one) => `${of}(${one})`);
    return lists.length === 1 ? lists[0]! : `arrayConcat(${lists.join(', ')})`;
  };
  const pairs = `mapFromArrays(\n      ${all('JSONAllPaths')},\n      ${all('JSONAllValues')})`;
  const there = others === undefined ? pairs : `mapFilter((key, value) -> value != '${NOT_THERE}',\n    ${pairs})`;
  return `CAST(${there},\n    'Map(LowCardinality(String), String)')`;
}

/** An id as text; empty where there is none. */
export function idText(column: string, bytes: 8 | 16): string {
  return `if(${column} = toFixedString('', ${bytes}), '', lower(hex(${column})))`;
}
