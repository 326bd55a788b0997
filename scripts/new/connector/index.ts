export { exampleConnectorFactory } from './factory.ts';
