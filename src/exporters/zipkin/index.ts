export { zipkinExporterFactory } from './factory.ts';
