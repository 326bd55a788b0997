export { serviceGraphFactory } from './factory.ts';
