import { DecodeError } from '#base';
import { type AnyValue, Double } from '#pdata';
import { ProtoReader } from '../proto-reader.ts';
import {
  type JaegerBatch,
  type JaegerLog,
  type JaegerProcess,
  type JaegerReference,
  type JaegerSpan,
  type JaegerTag,
  newJaegerSpan,
} from './jaeger-span.ts';

/** A PostSpansRequest of jaeger.api_v2 (jaeger-idl proto/api_v2/). Throws a DecodeError. */
export function readJaegerProtobuf(body: Uint8Array): JaegerBatch {
  const batch: JaegerBatch = { process: undefined, spans: [] };
  const request = new ProtoReader(body);
  while (request.next()) {
    if (request.field === 1) readBatch(request.message(), batch);
    else request.skip();
  }
  return batch;
}

function readBatch(message: ProtoReader, batch: JaegerBatch): void {
  while (message.next()) {
    if (message.field === 1) batch.spans.push(readSpan(message.message()));
    else if (message.field === 2) batch.process = readProcess(message.message());
    else message.skip();
  }
}

function readProcess(message: ProtoReader): JaegerProcess {
  const process: JaegerProcess = { serviceName: '', tags: [] };
  while (message.next()) {
    if (message.field === 1) process.serviceName = message.text();
    else if (message.field === 2) process.tags.push(readTag(message.message()));
    else message.skip();
  }
  return process;
}

function readSpan(message: ProtoReader): JaegerSpan {
  const span = newJaegerSpan();
  while (message.next()) {
    const { field } = message;
    if (field === 1) span.traceId = hexOf(message.view(), 16);
    else if (field === 2) span.spanId = hexOf(message.view(), 8);
    else if (field === 3) span.operationName = message.text();
    else if (field === 4) span.references.push(readReference(message.message()));
    else if (field === 5) span.flags = message.uint32();
    else if (field === 6) span.startNs = readNanos(message.message());
    else if (field === 7) span.durationNs = readNanos(message.message());
    else if (field === 8) span.tags.push(readTag(message.message()));
    else if (field === 9) span.logs.push(readLog(message.message()));
    else if (field === 10) span.process = readProcess(message.message());
    else message.skip();
  }
  return span;
}

function readReference(message: ProtoReader): JaegerReference {
  let traceId = '';
  let spanId = '';
  let type = 0;
  while (message.next()) {
    if (message.field === 1) traceId = hexOf(message.view(), 16);
    else if (message.field === 2) spanId = hexOf(message.view(), 8);
    else if (message.field === 3) type = message.uint32();
    else message.skip();
  }
  return { traceId, spanId, isChildOf: type === 0 };
}

function readLog(message: ProtoReader): JaegerLog {
  let timeNs = 0n;
  const fields: JaegerTag[] = [];
  while (message.next()) {
    if (message.field === 1) timeNs = readNanos(message.message());
    else if (message.field === 2) fields.push(readTag(message.message()));
    else message.skip();
  }
  return { timeNs, fields };
}

/** A KeyValue: a field for each type, of which another field says the one that counts. */
function readTag(message: ProtoReader): JaegerTag {
  let key = '';
  let type = 0;
  const values: AnyValue[] = ['', false, 0, new Double(0), new Uint8Array(0)];
  while (message.next()) {
    const { field } = message;
    if (field === 1) key = message.text();
    else if (field === 2) type = message.uint32();
    else if (field === 3) values[0] = message.text();
    else if (field === 4) values[1] = message.bool();
    else if (field === 5) values[2] = message.int64();
    else if (field === 6) values[3] = new Double(message.double());
    else if (field === 7) values[4] = message.view();
    else message.skip();
  }
  return [key, values[type] ?? `<Unknown Jaeger TagType "${type}">`];
}

/** A Timestamp or Duration. */
function readNanos(message: ProtoReader): bigint {
  let seconds = 0n;
  let nanos = 0n;
  while (message.next()) {
    if (message.field === 1) seconds = message.int64();
    else if (message.field === 2) nanos = message.int64();
    else message.skip();
  }
  return seconds * 1_000_000_000n + nanos;
}

function hexOf(bytes: Uint8Array, length: number): string {
  if (bytes.length > length) throw new DecodeError(`an id of ${bytes.length} bytes, which has ${length} at most`);
  return Buffer.from(bytes)
    .toString('hex')
    .padStart(2 * length, '0');
}
