export { examplesOf } from './examples.ts';
export * from './pattern.ts';
