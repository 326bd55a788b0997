export { lokiReceiverFactory } from './factory.ts';
