import { componentSuite } from '#component/testing.ts';
import { encodeOtlp } from '#wire';
import { otlpReceiverFactory } from './index.ts';
import type { OtlpReceiver } from './otlp.ts';
import { post } from './testing/http.ts';

componentSuite(otlpReceiverFactory, {
  config: { protocols: { grpc: { endpoint: '127.0.0.1:0' }, http: { endpoint: '127.0.0.1:0' } } },
  emptyError: 'must specify at least one protocol when using the OTLP receiver',
  async send(receiver, batch) {
    const { http } = (receiver as OtlpReceiver).addresses;
    const response = await post(`http://${http}/v1/${batch.signal}`, encodeOtlp(batch));
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`answered with ${response.status}`);
  },
});
