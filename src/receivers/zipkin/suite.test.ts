import { componentSuite } from '#component/testing.ts';
import type { Batch } from '#pdata';
import { SpanChunk } from '#pdata';
import { zipkinReceiverFactory } from './index.ts';
import type { ZipkinReceiver } from './zipkin.ts';

componentSuite(zipkinReceiverFactory, {
  config: { endpoint: '127.0.0.1:0' },
  async send(receiver, batch) {
    const response = await fetch(`http://${(receiver as ZipkinReceiver).address}/api/v2/spans`, {
      method: 'POST',
      body: JSON.stringify(spansOf(batch)),
    });
    await response.arrayBuffer();
    if (response.status !== 202) throw new Error(`answered with ${response.status}`);
  },
});

function spansOf(batch: Batch): object[] {
  return batch.chunks.flatMap((chunk) => {
    if (!(chunk instanceof SpanChunk)) return [];
    const span = chunk.view();
    return Array.from({ length: chunk.count }, (_, i) => {
      span.row = chunk.rowAt(i);
      return { traceId: span.traceId, id: span.spanId, name: span.name };
    });
  });
}
