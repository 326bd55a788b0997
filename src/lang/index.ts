export * from './conventions.ts';
export * from './filter/index.ts';
