import { componentSuite } from '#component/testing.ts';
import { healthCheckV2Factory } from './index.ts';

const ANY = { endpoint: '127.0.0.1:0' };

componentSuite(healthCheckV2Factory, { config: { use_v2: true, http: ANY, grpc: ANY }, emptyError: 'must be true' });
