export * from './collisions.ts';
export * from './eventually.ts';
export * from './free-ports.ts';
