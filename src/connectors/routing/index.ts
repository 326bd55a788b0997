export { routingFactory } from './factory.ts';
