export { type AttributeHashes, attributeHashes } from './attribute-hashes.ts';
export { compareKey, hasKey, pathOf, stringOf, stringOfName, textOf } from './attribute-sql.ts';
export { bodyContains, bodyMatches, literals } from './body-text.ts';
export { eventLogs, eventLogsOf, IS_EVENT, LOG_EVENT_NAME } from './event-logs.ts';
export { compileFilter, type FilterFacts, filterCondition, readFilter } from './filter-sql.ts';
export { matchesText } from './match-sql.ts';
export { Tag } from './tag.ts';
export { readUnmet } from './unmet.ts';
