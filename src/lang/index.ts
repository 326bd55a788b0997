export * from './conventions.ts';
export * from './filter/index.ts';
export * from './metric-conventions.ts';
