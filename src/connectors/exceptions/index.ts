export { exceptionsFactory } from './factory.ts';
