export { headersSetterFactory } from './factory.ts';
