export { loadBalancingFactory } from './factory.ts';
