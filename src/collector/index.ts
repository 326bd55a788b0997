export * from './collector.ts';
export * from './plan.ts';
export { MetricRegistry } from './telemetry/registry.ts';
