import { componentSuite } from '#component/testing.ts';
import { metricsTransformFactory } from './index.ts';

// The suite's points are of one gauge, `sample.gauge`, and have other values of `n` each, which are numbers.
componentSuite(metricsTransformFactory);
componentSuite(metricsTransformFactory, {
  config: {
    transforms: [
      {
        include: 'sample.gauge',
        action: 'update',
        new_name: 'renamed',
        operations: [{ action: 'toggle_scalar_data_type' }],
      },
    ],
  },
});
componentSuite(metricsTransformFactory, {
  config: { transforms: [{ include: 'sample', match_type: 'regexp', action: 'insert', new_name: 'copy' }] },
});
componentSuite(metricsTransformFactory, {
  config: { transforms: [{ include: 'sample.gauge', action: 'group', group_resource_labels: { a: 'b' } }] },
});
