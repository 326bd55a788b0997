export * from './account.ts';
export * from './batches.ts';
export * from './sinks.ts';
export * from './suite.ts';
