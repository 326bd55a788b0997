import { expect, test } from 'vitest';
import { fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { Batch, SIGNALS, type SpanChunk } from '#pdata';
import { decodeOtlp, encodeOtlp, LogsBuilder, MetricsBuilder, TracesBuilder } from '#wire';
import { resourceSchema } from './config.ts';
import { resourceFactory } from './index.ts';

const RESOURCES = [
  { 'service.name': 'shop', token: 'secret', port: '8080', host: 'node-7.eu' },
  { 'service.name': 'cart', 'k8s.cluster.name': 'c1' },
];

function batchOf(signal: (typeof SIGNALS)[number]): Batch {
  const builders = { traces: new TracesBuilder(), metrics: new MetricsBuilder(), logs: new LogsBuilder() };
  for (const resource of RESOURCES) {
    if (signal === 'traces') {
      const group = builders.traces.group({ resource });
      group.add({
        traceId: new Uint8Array(16).fill(1),
        spanId: new Uint8Array(8).fill(1),
        name: 'a',
        startNs: 1n,
        endNs: 2n,
        attributes: { token: 'own' },
      });
    } else if (signal === 'metrics')
      builders.metrics.group({ resource }).gauge('g').series({ token: 'own' }).add(1n, 1);
    else builders.logs.group({ resource }).add({ body: 'a', attributes: { token: 'own' } });
  }
  return new Batch(signal, [builders[signal].chunk()]);
}

/** What is sent on, once it has been on the wire. */
async function through(signal: (typeof SIGNALS)[number], attributes: readonly object[]): Promise<SpanChunk> {
  const next = new RecordingConsumer();
  const processor = resourceFactory.create(fakeSettings(), resourceSchema.parse({ attributes }), signal, next);
  await processor.consume(batchOf(signal));
  return decodeOtlp(signal, encodeOtlp(next.batches[0]!)).chunk as SpanChunk;
}

test.each(SIGNALS)('%s: all actions, on resources and nothing else', async (signal) => {
  const chunk = await through(signal, [
    { key: 'k8s.cluster.name', value: 'c0', action: 'insert' },
    { key: 'service.name', value: 'store', action: 'update' },
    { key: 'copy', from_attribute: 'service.name', action: 'upsert' },
    { key: 'token', action: 'delete' },
    { key: 'port', action: 'convert', converted_type: 'int' },
    { key: 'host', action: 'extract', pattern: '^(?P<node>[^.]+)\\.(?P<zone>.+)$' },
    { pattern: '^zo', action: 'hash' },
  ]);
  expect(chunk.resourceAttributes.of(0).toObject()).toEqual({
    'service.name': 'store',
    port: 8080,
    host: 'node-7.eu',
    'k8s.cluster.name': 'c0',
    copy: 'store',
    node: 'node-7',
    zone: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(chunk.resourceAttributes.of(1).toObject()).toEqual({
    'service.name': 'store',
    'k8s.cluster.name': 'c1',
    copy: 'store',
  });
  expect(chunk.rowAttributes.of(0).toObject()).toEqual({ token: 'own' });
});
