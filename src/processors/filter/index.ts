export { filterFactory } from './factory.ts';
