import { componentSuite } from '#component/testing.ts';
import { spanFactory } from './index.ts';

// Every second of the suite's spans is meant.
componentSuite(spanFactory, {
  config: {
    include: { match_type: 'regexp', span_names: ['[13579]$'] },
    name: { to_attributes: { rules: ['(?P<number>\\d+)'] } },
    status: { code: 'Error', description: 'odd' },
  },
  emptyError: 'either "from_attributes" or "to_attributes" must be specified',
});

componentSuite(spanFactory, {
  config: { name: { from_attributes: ['n'] } },
  emptyError: 'either "from_attributes" or "to_attributes" must be specified',
});
