export { listAttributeKeys, listAttributeValues } from './attributes.ts';
export { explainEmptyLogs, explainEmptyTraces } from './empty-reason.ts';
export { listTraceTags, type TraceTags } from './trace-tags.ts';
