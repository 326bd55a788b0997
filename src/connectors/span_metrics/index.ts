export { spanMetricsFactory } from './factory.ts';
