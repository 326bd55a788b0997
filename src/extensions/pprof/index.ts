export { pprofFactory } from './factory.ts';
