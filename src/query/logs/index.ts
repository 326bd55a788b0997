export {
  type LogFilter,
  logCondition,
  logHistogram,
  readLog,
  readTraceLogs,
  SEVERITY_GROUPS,
  searchLogs,
} from './logs.ts';
