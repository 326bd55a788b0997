export { exampleExporterFactory } from './factory.ts';
