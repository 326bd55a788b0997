import { componentSuite } from '#component/testing.ts';
import { startOtlpPeer } from '../../receivers/otlp/testing/peer.ts';
import { otlpHttpExporterFactory } from './index.ts';

componentSuite(otlpHttpExporterFactory, {
  config: { endpoint: 'http://127.0.0.1:1' },
  async peer() {
    const { http, batches, close } = await startOtlpPeer();
    return { config: { endpoint: `http://${http}` }, batches, close };
  },
  emptyError: 'at least one endpoint must be specified',
});
