export { anywhereCondition, attributePath, filterCondition, hasPath, wholeWords, zeros } from './filter-sql.ts';
