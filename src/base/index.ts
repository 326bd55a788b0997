export * from './assert.ts';
export * from './bytes.ts';
export * from './clock.ts';
export * from './deadline.ts';
export * from './errors.ts';
export * from './hash.ts';
export * from './lz4-block.ts';
export * from './nearest.ts';
