import { componentSuite } from '#component/testing.ts';
import { startOtlpPeer } from '../../receivers/otlp/testing/peer.ts';
import { otlpGrpcExporterFactory } from './index.ts';

componentSuite(otlpGrpcExporterFactory, {
  config: { endpoint: '127.0.0.1:1', tls: { insecure: true } },
  async peer() {
    const { grpc, batches, close } = await startOtlpPeer();
    return { config: { endpoint: grpc, tls: { insecure: true } }, batches, close };
  },
  emptyError: 'requires a non-empty "endpoint"',
});
