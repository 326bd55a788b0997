import { componentSuite } from '#component/testing.ts';
import { otlpGrpcExporterFactory } from './index.ts';

componentSuite(otlpGrpcExporterFactory, {
  config: { endpoint: '127.0.0.1:1', tls: { insecure: true } },
  emptyError: 'requires a non-empty "endpoint"',
});
