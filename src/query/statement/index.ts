export { askSql, MAX_SQL_ROWS, SQL_FORMATS, type SqlAnswer, type SqlFormat, type SqlQuestion } from './ask.ts';
export { explainSql, type SqlExplanation } from './explain.ts';
