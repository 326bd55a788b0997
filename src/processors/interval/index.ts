export { intervalFactory } from './factory.ts';
