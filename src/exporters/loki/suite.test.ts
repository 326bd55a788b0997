import { componentSuite } from '#component/testing.ts';
import { lokiExporterFactory } from './index.ts';

componentSuite(lokiExporterFactory, {
  config: { endpoint: 'http://127.0.0.1:1/loki/api/v1/push' },
  emptyError: 'must be a URL such as',
});
