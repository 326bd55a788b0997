import { componentSuite } from '#component/testing.ts';
import { basicAuthFactory } from './index.ts';

componentSuite(basicAuthFactory, {
  config: { client_auth: { username: 'me', password: 'secret' } },
  emptyError: 'no credential source provided',
});
