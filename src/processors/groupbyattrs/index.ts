export { groupByAttrsFactory } from './factory.ts';
