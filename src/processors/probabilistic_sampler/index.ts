export { probabilisticSamplerFactory } from './factory.ts';
