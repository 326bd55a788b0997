import { DecodeError } from '#base';
import { type AnyValue, Double } from '#pdata';
import { ThriftBinaryReader } from '../thrift/binary-reader.ts';
import { ThriftCompactReader } from '../thrift/compact-reader.ts';
import { readStruct, readStructs, THRIFT, type ThriftReader } from '../thrift/thrift-reader.ts';
import {
  hexOfId,
  type JaegerBatch,
  type JaegerLog,
  type JaegerProcess,
  type JaegerReference,
  type JaegerSpan,
  type JaegerTag,
  newJaegerSpan,
} from './jaeger-span.ts';

const EMIT_BATCH = 'emitBatch';

/** A Batch of jaeger.thrift by itself, as clients post it. Throws a DecodeError. */
export function readJaegerThrift(body: Uint8Array): JaegerBatch {
  return readBatch(new ThriftBinaryReader(body));
}

/** A packet of the agent's protocol: a call of `emitBatch`. Throws a DecodeError. */
export function readJaegerPacket(packet: Uint8Array, protocol: 'compact' | 'binary'): JaegerBatch {
  const reader = protocol === 'compact' ? new ThriftCompactReader(packet) : new ThriftBinaryReader(packet);
  const { name } = reader.message();
  if (name !== EMIT_BATCH) throw new DecodeError(`the call "${name.slice(0, 40)}" is not ${EMIT_BATCH}`);
  let batch: JaegerBatch = { process: undefined, spans: [] };
  readStruct(reader, (id) => {
    if (id === 1 && reader.is(THRIFT.struct)) batch = readBatch(reader);
    else if (id !== 1) reader.skipValue();
  });
  return batch;
}

function readBatch(reader: ThriftReader): JaegerBatch {
  const batch: JaegerBatch = { process: undefined, spans: [] };
  readStruct(reader, (id) => {
    if (id === 1) {
      if (reader.is(THRIFT.struct)) batch.process = readProcess(reader);
    } else if (id === 2) readStructs(reader, () => batch.spans.push(readSpan(reader)));
    else reader.skipValue();
  });
  return batch;
}

function readProcess(reader: ThriftReader): JaegerProcess {
  const process: JaegerProcess = { serviceName: '', tags: [] };
  readStruct(reader, (id) => {
    if (id === 1) process.serviceName = text(reader);
    else if (id === 2) readStructs(reader, () => process.tags.push(readTag(reader)));
    else reader.skipValue();
  });
  return process;
}

function readSpan(reader: ThriftReader): JaegerSpan {
  const span = newJaegerSpan();
  let low = 0n;
  let high = 0n;
  readStruct(reader, (id) => {
    if (id === 1) low = i64(reader);
    else if (id === 2) high = i64(reader);
    else if (id === 3) span.spanId = hexOfId(i64(reader));
    else if (id === 4) span.parentSpanId = hexOfId(i64(reader));
    else if (id === 5) span.operationName = text(reader);
    else if (id === 6) readStructs(reader, () => span.references.push(readReference(reader)));
    else if (id === 7) span.flags = i32(reader);
    else if (id === 8) span.startNs = nanos(i64(reader));
    else if (id === 9) span.durationNs = nanos(i64(reader));
    else if (id === 10) readStructs(reader, () => span.tags.push(readTag(reader)));
    else if (id === 11) readStructs(reader, () => span.logs.push(readLog(reader)));
    else reader.skipValue();
  });
  span.traceId = hexOfId(high) + hexOfId(low);
  return span;
}

function readReference(reader: ThriftReader): JaegerReference {
  let type = 0;
  let low = 0n;
  let high = 0n;
  let spanId = 0n;
  readStruct(reader, (id) => {
    if (id === 1) type = i32(reader);
    else if (id === 2) low = i64(reader);
    else if (id === 3) high = i64(reader);
    else if (id === 4) spanId = i64(reader);
    else reader.skipValue();
  });
  return { traceId: hexOfId(high) + hexOfId(low), spanId: hexOfId(spanId), isChildOf: type === 0 };
}

function readLog(reader: ThriftReader): JaegerLog {
  let timeNs = 0n;
  const fields: JaegerTag[] = [];
  readStruct(reader, (id) => {
    if (id === 1) timeNs = nanos(i64(reader));
    else if (id === 2) readStructs(reader, () => fields.push(readTag(reader)));
    else reader.skipValue();
  });
  return { timeNs, fields };
}

/** A tag has a field for each type, of which another field says the one that counts. */
function readTag(reader: ThriftReader): JaegerTag {
  let key = '';
  let type = 0;
  const values: AnyValue[] = ['', new Double(0), false, 0, new Uint8Array(0)];
  readStruct(reader, (id) => {
    if (id === 1) key = text(reader);
    else if (id === 2) type = i32(reader);
    else if (id === 3) values[0] = text(reader);
    else if (id === 4) values[1] = new Double(reader.is(THRIFT.double) ? reader.double() : 0);
    else if (id === 5) values[2] = reader.is(THRIFT.bool) ? reader.bool() : false;
    else if (id === 6) values[3] = i64(reader);
    else if (id === 7) values[4] = reader.is(THRIFT.string) ? reader.binary() : new Uint8Array(0);
    else reader.skipValue();
  });
  return [key, values[type] ?? `<Unknown Jaeger TagType "${type}">`];
}

function text(reader: ThriftReader): string {
  return reader.is(THRIFT.string) ? reader.text() : '';
}

function i64(reader: ThriftReader): bigint {
  return reader.is(THRIFT.i64) ? reader.i64() : 0n;
}

function i32(reader: ThriftReader): number {
  return reader.is(THRIFT.i32) ? reader.i32() : 0;
}

function nanos(micros: bigint): bigint {
  return micros * 1000n;
}
