export { cumulativeToDeltaFactory } from './factory.ts';
