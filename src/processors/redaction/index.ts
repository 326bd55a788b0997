export { redactionFactory } from './factory.ts';
