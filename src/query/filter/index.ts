export { type AttributeHashes, attributeHashes } from './attribute-hashes.ts';
export { compareKey, hasKey, pathOf, stringOf, stringOfName, textOf } from './attribute-sql.ts';
export { anywhereCondition, compileFilter, type FilterFacts, filterCondition, readFilter } from './filter-sql.ts';
export { readUnmet } from './unmet.ts';
