export { countFactory } from './factory.ts';
