export { jaegerReceiverFactory } from './factory.ts';
