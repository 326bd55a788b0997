export { exampleReceiverFactory } from './factory.ts';
