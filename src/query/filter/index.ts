export { anywhereCondition, attributePath, filterCondition, hasPath, wholeWords } from './filter-sql.ts';
