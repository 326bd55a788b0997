export { attributesFactory } from './factory.ts';
