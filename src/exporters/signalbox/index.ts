export { signalboxExporterFactory } from './factory.ts';
