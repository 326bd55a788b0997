import { componentSuite } from '#component/testing.ts';
import { type Batch, LogChunk } from '#pdata';
import { lokiReceiverFactory } from './index.ts';
import type { LokiReceiver } from './loki.ts';

componentSuite(lokiReceiverFactory, {
  config: { protocols: { http: { endpoint: '127.0.0.1:0' }, grpc: { endpoint: '127.0.0.1:0' } } },
  emptyError: 'must specify at least one protocol when using the Loki receiver',
  async send(receiver, batch) {
    const response = await fetch(`http://${(receiver as LokiReceiver).addresses.http}/loki/api/v1/push`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ streams: [{ stream: { app: 'a' }, values: valuesOf(batch) }] }),
    });
    await response.arrayBuffer();
    if (response.status !== 204) throw new Error(`answered with ${response.status}`);
  },
});

function valuesOf(batch: Batch): [string, string][] {
  return batch.chunks.flatMap((chunk) => {
    if (!(chunk instanceof LogChunk)) return [];
    const log = chunk.view();
    return Array.from({ length: chunk.count }, (_, i): [string, string] => {
      log.row = chunk.rowAt(i);
      return [String(log.timeNs), String(log.body)];
    });
  });
}
