import { componentSuite } from '#component/testing.ts';
import { filterFactory } from './index.ts';

componentSuite(filterFactory, {
  config: {
    trace_conditions: ['span.attributes["n"] == 1'],
    metric_conditions: ['datapoint.attributes["n"] == 1'],
    log_conditions: ['log.attributes["n"] == 1'],
  },
});

componentSuite(filterFactory, {
  config: {
    error_mode: 'silent',
    traces: { span: ['attributes["n"] > 0'] },
    logs: { log_record: ['attributes["n"] > 0'] },
  },
});
