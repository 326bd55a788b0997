import { componentSuite } from '#component/testing.ts';
import { startOtlpPeer } from '../../receivers/otlp/testing/peer.ts';
import { loadBalancingFactory } from './index.ts';

componentSuite(loadBalancingFactory, {
  config: { protocol: { otlp: { tls: { insecure: true } } }, resolver: { static: { hostnames: ['127.0.0.1:1'] } } },
  async peer() {
    const { grpc, batches, close } = await startOtlpPeer();
    const config = { protocol: { otlp: { tls: { insecure: true } } }, resolver: { static: { hostnames: [grpc] } } };
    return { config, batches, close };
  },
  emptyError: 'no resolvers specified for the exporter',
});
