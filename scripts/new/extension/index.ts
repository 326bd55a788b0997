export { exampleFactory } from './factory.ts';
