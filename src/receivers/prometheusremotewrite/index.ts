export { prometheusRemoteWriteReceiverFactory } from './factory.ts';
