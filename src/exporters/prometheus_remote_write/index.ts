export { remoteWriteFactory } from './factory.ts';
