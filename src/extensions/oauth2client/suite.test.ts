import { componentSuite } from '#component/testing.ts';
import { oauth2ClientFactory } from './index.ts';

componentSuite(oauth2ClientFactory, {
  config: { client_id: 'me', client_secret: 'secret', token_url: 'http://127.0.0.1:1/token' },
  emptyError: 'no ClientID provided',
});
