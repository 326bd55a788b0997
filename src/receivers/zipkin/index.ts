export { zipkinReceiverFactory } from './factory.ts';
