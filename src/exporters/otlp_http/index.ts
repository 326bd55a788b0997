export { otlpHttpExporterFactory } from './factory.ts';
