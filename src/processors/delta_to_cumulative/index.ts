export { deltaToCumulativeFactory } from './factory.ts';
