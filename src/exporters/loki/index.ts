export { lokiExporterFactory } from './factory.ts';
