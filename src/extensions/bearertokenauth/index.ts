export { bearerTokenAuthFactory } from './factory.ts';
