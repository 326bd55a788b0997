import { componentSuite } from '#component/testing.ts';
import { healthCheckFactory } from './index.ts';

componentSuite(healthCheckFactory, { config: { endpoint: '127.0.0.1:0' } });
