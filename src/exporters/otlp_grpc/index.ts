export { otlpGrpcExporterFactory } from './factory.ts';
