import { AttributeTable } from '#pdata';

const table = new AttributeTable(1, 4);

/** A table whose first row is for reading one KeyValue at a time: valid until the next call. */
export function scratchTable(): AttributeTable {
  return table;
}
