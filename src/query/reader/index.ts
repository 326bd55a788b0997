export { CpuMeter } from './cpu-meter.ts';
export { QueryError, type QueryErrorCode } from './errors.ts';
export { Columns, type TextColumn } from './native-columns.ts';
export { type JsonPath, Table } from './row-binary.ts';
export { type ReadOptions, StoreReader, storeHangs } from './store-reader.ts';
export {
  base64,
  type PlainValue,
  parseAttributesText,
  parseValueText,
  plainAttributes,
  plainValue,
  type StoredAttribute,
  type StoredValue,
  storedAttributes,
} from './value.ts';
