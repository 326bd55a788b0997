import { componentSuite } from '#component/testing.ts';
import { attributesFactory } from './index.ts';

componentSuite(attributesFactory, {
  config: { actions: [{ key: 'n', action: 'hash' }] },
  emptyError: 'missing required field "actions"',
});
