export { followLogs } from './follow-logs.ts';
export {
  countLines,
  findLinePatterns,
  type LineQuestion,
  readLines,
  searchLines,
} from './logql-lines.ts';
export {
  type LogFilter,
  type LogPage,
  logCondition,
  logHistogram,
  printCursor,
  readLog,
  readTraceLogs,
  SEVERITY_GROUPS,
  searchLogs,
  severityName,
} from './logs.ts';
export { readLogPatterns } from './patterns.ts';
