import { componentSuite } from '#component/testing.ts';
import { resourceFactory } from './index.ts';

componentSuite(resourceFactory, {
  config: { attributes: [{ key: 'cluster', value: 'a', action: 'upsert' }] },
  emptyError: 'missing required field "attributes"',
});
