import { componentSuite } from '#component/testing.ts';
import { tailSamplingFactory } from './index.ts';

componentSuite(tailSamplingFactory, {
  config: { decision_wait: '1s', policies: [{ name: 'all', type: 'always_sample' }] },
  emptyError: 'at least one policy is required',
  holdsData: true,
  mergesSenders: true,
});
