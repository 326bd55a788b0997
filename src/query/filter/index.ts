export { anywhereCondition, attributePath, filterCondition, hasPath } from './filter-sql.ts';
