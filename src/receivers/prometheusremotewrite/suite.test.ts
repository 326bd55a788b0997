import { compress } from 'snappyjs';
import { componentSuite } from '#component/testing.ts';
import { type Batch, PointChunk } from '#pdata';
import { writeRequestV1 } from '../../wire/testing/remote-write.ts';
import { prometheusRemoteWriteReceiverFactory } from './index.ts';
import type { PrometheusRemoteWriteReceiver } from './prometheusremotewrite.ts';

componentSuite(prometheusRemoteWriteReceiverFactory, {
  config: { endpoint: '127.0.0.1:0' },
  async send(receiver, batch) {
    const response = await fetch(`http://${(receiver as PrometheusRemoteWriteReceiver).address}/api/v1/write`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
      body: new Uint8Array(compress(writeRequestV1(seriesOf(batch)))),
    });
    await response.arrayBuffer();
    if (response.status !== 204) throw new Error(`answered with ${response.status}`);
  },
});

function seriesOf(batch: Batch): Parameters<typeof writeRequestV1>[0] {
  return batch.chunks.flatMap((chunk) =>
    chunk instanceof PointChunk
      ? Array.from({ length: chunk.count }, (_, i) => ({
          labels: { __name__: 'a', n: String(i) },
          samples: [[i, 1000]] as [number, number][],
        }))
      : [],
  );
}
