import { componentSuite } from '#component/testing.ts';
import { prometheusExporterFactory } from './index.ts';

componentSuite(prometheusExporterFactory, { config: { endpoint: '127.0.0.1:0' }, emptyError: 'is required' });
