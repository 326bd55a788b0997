export * from './collector.ts';
export type { AccountOwner, EdgeOptions } from './places.ts';
export * from './plan.ts';
export { MetricRegistry } from './telemetry/registry.ts';
export type { Watcher } from './watch.ts';
