import { Batch, type BatchContext, type Signal } from '#pdata';
import { decodeOtlp, LogsBuilder, MetricsBuilder, TracesBuilder } from '#wire';

const EPOCH_NS = 1_700_000_000_000_000_000n;
const GROUP = { resource: { 'service.name': 'sample' }, scope: { name: 'sample.scope' } };

/** A batch of `count` items of a signal, one resource and scope, each with an attribute `n`. */
export function sampleBatch(signal: Signal, count: number, context?: BatchContext): Batch {
  return new Batch(signal, [decodeOtlp(signal, sampleBody(signal, count)).chunk], context);
}

/** The OTLP protobuf request of `sampleBatch`. */
export function sampleBody(signal: Signal, count: number): Uint8Array {
  if (signal === 'traces') return tracesBody(count);
  return signal === 'logs' ? logsBody(count) : metricsBody(count);
}

function tracesBody(count: number): Uint8Array {
  const traces = new TracesBuilder();
  const group = traces.group(GROUP);
  for (let n = 0; n < count; n++) {
    group.add({
      traceId: bytesOf(16, n),
      spanId: bytesOf(8, n),
      name: `span ${n}`,
      kind: 2,
      startNs: EPOCH_NS + BigInt(n),
      endNs: EPOCH_NS + BigInt(n + 1_000_000),
      attributes: { n },
    });
  }
  return traces.body();
}

function logsBody(count: number): Uint8Array {
  const logs = new LogsBuilder();
  const group = logs.group(GROUP);
  for (let n = 0; n < count; n++) {
    group.add({ timeNs: EPOCH_NS + BigInt(n), severityNumber: 9, body: `line ${n}`, attributes: { n } });
  }
  return logs.body();
}

function metricsBody(count: number): Uint8Array {
  const metrics = new MetricsBuilder();
  const gauge = metrics.group(GROUP).gauge('sample.gauge');
  for (let n = 0; n < count; n++) gauge.series({ n }).add(EPOCH_NS + BigInt(n), n);
  return metrics.body();
}

function bytesOf(length: number, n: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(1);
  new DataView(bytes.buffer).setUint32(length - 4, n + 1);
  return bytes;
}
