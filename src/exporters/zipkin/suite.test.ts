import { componentSuite } from '#component/testing.ts';
import { zipkinExporterFactory } from './index.ts';

componentSuite(zipkinExporterFactory, {
  config: { endpoint: 'http://127.0.0.1:1/api/v2/spans' },
  emptyError: 'must be a URL such as',
});
