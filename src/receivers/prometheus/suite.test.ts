import { componentSuite } from '#component/testing.ts';
import { prometheusReceiverFactory } from './index.ts';

componentSuite(prometheusReceiverFactory, {
  // Nobody answers there: the scrapes say so.
  config: { config: { scrape_configs: [{ job_name: 'a', static_configs: [{ targets: ['127.0.0.1:1'] }] }] } },
  emptyError: 'no Prometheus scrape_configs or target_allocator set',
});
