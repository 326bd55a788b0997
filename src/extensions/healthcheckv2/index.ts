export { healthCheckV2Factory } from './factory.ts';
