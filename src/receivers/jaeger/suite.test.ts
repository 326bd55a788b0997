import { componentSuite } from '#component/testing.ts';
import { type Batch, SpanChunk } from '#pdata';
import { jaegerReceiverFactory } from './index.ts';
import type { JaegerReceiver } from './jaeger.ts';
import { thriftBatch } from './testing/batches.ts';

const ANY = '127.0.0.1:0';

componentSuite(jaegerReceiverFactory, {
  config: {
    protocols: {
      grpc: { endpoint: ANY },
      thrift_http: { endpoint: ANY },
      thrift_compact: { endpoint: ANY },
      thrift_binary: { endpoint: ANY },
    },
  },
  emptyError: 'must specify at least one protocol when using the Jaeger receiver',
  async send(receiver, batch) {
    const response = await fetch(`http://${(receiver as JaegerReceiver).addresses.http}/api/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-thrift' },
      body: thriftBatch(namesOf(batch)) as unknown as string,
    });
    await response.arrayBuffer();
    if (response.status !== 202) throw new Error(`answered with ${response.status}`);
  },
});

function namesOf(batch: Batch): string[] {
  return batch.chunks.flatMap((chunk) => {
    if (!(chunk instanceof SpanChunk)) return [];
    const span = chunk.view();
    return Array.from({ length: chunk.count }, (_, i) => {
      span.row = chunk.rowAt(i);
      return span.name;
    });
  });
}
