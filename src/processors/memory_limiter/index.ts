export { createMemoryLimiterFactory, memoryLimiterFactory } from './factory.ts';
export type { Memory } from './memory.ts';
