export * from './contracts.ts';
export * from './observe.ts';
export * from './registry.ts';
