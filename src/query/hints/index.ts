export { type AttributeSignal, listAttributeKeys, listAttributeValues } from './attributes.ts';
export { type EmptyReason, explainEmptyLogs, explainEmptyTraces } from './empty-reason.ts';
