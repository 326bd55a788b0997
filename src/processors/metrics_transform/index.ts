export { metricsTransformFactory } from './factory.ts';
