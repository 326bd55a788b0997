import { componentSuite } from '#component/testing.ts';
import { otlpHttpExporterFactory } from './index.ts';

componentSuite(otlpHttpExporterFactory, {
  config: { endpoint: 'http://127.0.0.1:1' },
  emptyError: 'at least one endpoint must be specified',
});
