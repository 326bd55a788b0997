export * from './collisions.ts';
export * from './eventually.ts';
