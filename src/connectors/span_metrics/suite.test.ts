import { componentSuite } from '#component/testing.ts';
import { spanMetricsFactory } from './index.ts';

// It answers when the spans are counted; what is made of them comes later, and of all senders together.
const options = { holdsData: true, mergesSenders: true };

componentSuite(spanMetricsFactory, options);
componentSuite(spanMetricsFactory, {
  ...options,
  config: { aggregation_temporality: 'AGGREGATION_TEMPORALITY_DELTA' },
});
