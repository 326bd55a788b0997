export { spanFactory } from './factory.ts';
