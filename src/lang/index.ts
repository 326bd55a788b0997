export * from './filter/index.ts';
