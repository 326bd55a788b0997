export { resourceDetectionFactory } from './factory.ts';
