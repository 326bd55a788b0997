export { otlpJsonFileReceiverFactory } from './factory.ts';
