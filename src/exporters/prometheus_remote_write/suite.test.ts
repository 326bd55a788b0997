import { componentSuite } from '#component/testing.ts';
import { remoteWriteFactory } from './index.ts';

componentSuite(remoteWriteFactory, {
  config: { endpoint: 'http://127.0.0.1:1/api/v1/write' },
  emptyError: 'must be a URL such as',
});
