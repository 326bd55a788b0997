import { componentSuite } from '#component/testing.ts';
import { memoryLimiterFactory } from './index.ts';

componentSuite(memoryLimiterFactory, {
  config: { check_interval: '1s', limit_mib: 100_000 },
  emptyError: "'check_interval' must be greater than zero",
});
