export { transformFactory } from './factory.ts';
