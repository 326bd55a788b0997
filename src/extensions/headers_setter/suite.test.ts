import { componentSuite } from '#component/testing.ts';
import { headersSetterFactory } from './index.ts';

componentSuite(headersSetterFactory, {
  config: { headers: [{ key: 'X-Scope-OrgID', from_context: 'tenant' }] },
  emptyError: 'missing headers configuration',
});
