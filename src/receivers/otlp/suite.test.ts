import { componentSuite } from '#component/testing.ts';
import { otlpReceiverFactory } from './index.ts';

componentSuite(otlpReceiverFactory, {
  config: { protocols: { grpc: { endpoint: '127.0.0.1:0' }, http: { endpoint: '127.0.0.1:0' } } },
  emptyError: 'must specify at least one protocol when using the OTLP receiver',
});
