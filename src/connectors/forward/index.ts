export { forwardFactory } from './factory.ts';
