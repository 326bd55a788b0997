export { debugExporterFactory } from './factory.ts';
