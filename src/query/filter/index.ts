export { compareKey, hasKey, pathOf, stringOf, stringOfName, textOf } from './attribute-sql.ts';
export { anywhereCondition, filterCondition } from './filter-sql.ts';
