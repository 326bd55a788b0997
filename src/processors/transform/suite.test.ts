import { componentSuite } from '#component/testing.ts';
import { transformFactory } from './index.ts';

const marked = ['set(attributes["marked"], true)'];

componentSuite(transformFactory, {
  config: {
    trace_statements: [{ context: 'span', statements: marked }],
    metric_statements: [{ context: 'datapoint', statements: marked }],
    log_statements: [{ context: 'log', statements: marked }],
  },
});
