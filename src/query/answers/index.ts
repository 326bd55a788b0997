/**
 * The types of what this layer answers, and of what the console's API says of it: one source, without code, so that a browser's build may
 * follow them (`#query/answers.ts`).
 */
export type * from './common.ts';
export type * from './dashboards.ts';
export type * from './differences.ts';
export type * from './errors.ts';
export type * from './explained.ts';
export type * from './hints.ts';
export type * from './logs.ts';
export type * from './metrics.ts';
export type * from './searches.ts';
export type * from './services.ts';
export type * from './system.ts';
export type * from './traces.ts';
