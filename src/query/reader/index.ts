export { CpuMeter } from './cpu-meter.ts';
export { QueryError, type QueryErrorCode } from './errors.ts';
export { KeptById } from './kept-by-id.ts';
export type { TextColumn } from './native/dictionary.ts';
export { Table } from './native/table.ts';
export type { ReadLimits, ReadOptions, SpentOnRequest } from './options.ts';
export { ReusedMemory } from './reused-memory.ts';
export { storeHangs, toQueryError } from './store-errors.ts';
export { StoreReader } from './store-reader.ts';
export {
  base64,
  type PlainValue,
  parseAttributesText,
  parseValueText,
  plainAttributes,
  plainValue,
  type StoredAttribute,
  type StoredValue,
} from './value.ts';
