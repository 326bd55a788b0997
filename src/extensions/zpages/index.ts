export { zpagesFactory } from './factory.ts';
