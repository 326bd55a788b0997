import { componentSuite } from '#component/testing.ts';
import { bearerTokenAuthFactory } from './index.ts';

componentSuite(bearerTokenAuthFactory, { config: { token: 'secret' }, emptyError: 'no bearer token provided' });
