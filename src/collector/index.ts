export * from './collector.ts';
export type { AccountOwner, EdgeOptions } from './places.ts';
export * from './plan.ts';
export * from './taps/events.ts';
export type { TapRequest } from './taps/taps.ts';
export { TapError } from './taps/target.ts';
export { MetricRegistry } from './telemetry/registry.ts';
export type { Watcher } from './watch.ts';
