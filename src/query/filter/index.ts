export { compareKey, hasKey, pathOf, stringOf, textOf } from './attribute-sql.ts';
export { anywhereCondition, filterCondition } from './filter-sql.ts';
