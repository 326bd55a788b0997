import { ArenaWriter, Batch, type BatchContext, type Signal } from '#pdata';
import { decodeLogs, decodeMetrics, decodeTraces } from '#wire';

const EPOCH_NS = 1_700_000_000_000_000_000n;

/** A batch of `count` items of a signal, one resource and scope, each with an attribute `n`. */
export function sampleBatch(signal: Signal, count: number, context?: BatchContext): Batch {
  const body = sampleBody(signal, count);
  if (signal === 'traces') return new Batch(signal, [decodeTraces(body).chunk], context);
  if (signal === 'logs') return new Batch(signal, [decodeLogs(body).chunk], context);
  return new Batch(signal, [decodeMetrics(body).chunk], context);
}

/** The OTLP protobuf request of `sampleBatch`. */
export function sampleBody(signal: Signal, count: number): Uint8Array {
  const out = new ArenaWriter();
  const group = out.begin(1);
  const resource = out.begin(1);
  out.attribute(1, 'service.name', 'sample');
  out.end(resource);
  const scopeGroup = out.begin(2);
  const scope = out.begin(1);
  out.textField(1, 'sample.scope');
  out.end(scope);
  if (signal === 'metrics') writeGauge(out, count);
  else for (let n = 0; n < count; n++) (signal === 'traces' ? writeSpan : writeLog)(out, n);
  out.end(scopeGroup);
  out.end(group);
  return out.finish();
}

function writeSpan(out: ArenaWriter, n: number): void {
  const span = out.begin(2);
  out.bytesField(1, bytesOf(16, n));
  out.bytesField(2, bytesOf(8, n));
  out.textField(5, `span ${n}`);
  out.uintField(6, 2);
  out.fixed64Field(7, EPOCH_NS + BigInt(n));
  out.fixed64Field(8, EPOCH_NS + BigInt(n + 1_000_000));
  out.attribute(9, 'n', n);
  out.end(span);
}

function writeLog(out: ArenaWriter, n: number): void {
  const record = out.begin(2);
  out.fixed64Field(1, EPOCH_NS + BigInt(n));
  out.uintField(2, 9);
  const body = out.begin(5);
  out.anyValue(`line ${n}`);
  out.end(body);
  out.attribute(6, 'n', n);
  out.end(record);
}

function writeGauge(out: ArenaWriter, count: number): void {
  const metric = out.begin(2);
  out.textField(1, 'sample.gauge');
  const gauge = out.begin(5);
  for (let n = 0; n < count; n++) {
    const point = out.begin(1);
    out.fixed64Field(3, EPOCH_NS + BigInt(n));
    out.tag(4, 1);
    out.double(n);
    out.attribute(7, 'n', n);
    out.end(point);
  }
  out.end(gauge);
  out.end(metric);
}

function bytesOf(length: number, n: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(1);
  new DataView(bytes.buffer).setUint32(length - 4, n + 1);
  return bytes;
}
