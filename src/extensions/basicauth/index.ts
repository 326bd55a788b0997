export { basicAuthFactory } from './factory.ts';
