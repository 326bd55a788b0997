import { componentSuite } from '#component/testing.ts';
import { remoteSamplingFactory } from './index.ts';

const ANY = { endpoint: '127.0.0.1:0' };

componentSuite(remoteSamplingFactory, {
  config: { http: ANY, grpc: ANY, source: { contents: '{}' } },
  emptyError: 'no protocols specified',
});
