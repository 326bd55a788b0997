export { remoteSamplingFactory } from './factory.ts';
