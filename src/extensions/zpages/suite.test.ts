import { componentSuite } from '#component/testing.ts';
import { zpagesFactory } from './index.ts';

componentSuite(zpagesFactory, { config: { endpoint: '127.0.0.1:0' } });
