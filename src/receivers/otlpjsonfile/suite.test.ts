import { componentSuite } from '#component/testing.ts';
import { otlpJsonFileReceiverFactory } from './index.ts';

componentSuite(otlpJsonFileReceiverFactory, {
  config: { include: ['/nowhere/*.json'] },
  emptyError: 'required argument `include` is empty',
});
