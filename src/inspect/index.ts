export * from './changes.ts';
export * from './item.ts';
export * from './mask.ts';
export * from './print.ts';
export * from './write-item.ts';
