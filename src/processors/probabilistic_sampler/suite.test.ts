import { componentSuite } from '#component/testing.ts';
import { probabilisticSamplerFactory } from './index.ts';

componentSuite(probabilisticSamplerFactory, { config: { sampling_percentage: 60, from_attribute: 'n' } });
componentSuite(probabilisticSamplerFactory, {
  config: { sampling_percentage: 60, mode: 'proportional', fail_closed: false },
});
