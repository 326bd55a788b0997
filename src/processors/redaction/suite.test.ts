import { componentSuite } from '#component/testing.ts';
import { redactionFactory } from './index.ts';

// The suite's own items have an attribute `n`, which is a number.
componentSuite(redactionFactory, {
  config: { allow_all_keys: true, redact_all_types: true, blocked_values: ['[13579]$'], summary: 'debug' },
});
componentSuite(redactionFactory, { config: { allowed_keys: ['service.name'] } });
