export { listAttributeKeys, listAttributeValues } from './attributes.ts';
export { explainEmptyLogs, explainEmptyTraces } from './empty-reason.ts';
