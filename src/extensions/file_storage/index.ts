export { fileStorageFactory } from './factory.ts';
