export { healthCheckFactory } from './factory.ts';
