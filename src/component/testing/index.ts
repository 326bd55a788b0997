export * from './batches.ts';
export * from './sinks.ts';
