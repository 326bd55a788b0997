import { ArenaWriter } from '#pdata';
import type { StoredSpan } from '#query';
import type { AdjustedSpan } from './adjust.ts';
import { type JaegerTag, logFieldsOf, processOf, referencesOf, tagsOf } from './model.ts';

/** Spans as Jaeger's protobuf has them (jaeger-idl proto/api_v2/model.proto), by the rules of model.ts; each carries its process. */

const SPAN = {
  traceId: 1,
  spanId: 2,
  operation: 3,
  references: 4,
  flags: 5,
  start: 6,
  duration: 7,
  tags: 8,
  logs: 9,
  process: 10,
  warnings: 12,
} as const;
const VALUE_TYPES = { string: 0, bool: 1, int64: 2, float64: 3, binary: 4 } as const;

/** A jaeger.api_v2.SpansResponseChunk. */
export function spansChunk(spans: readonly AdjustedSpan[]): Uint8Array {
  const out = new ArenaWriter(spans.length * 512);
  for (const span of spans) writeSpan(out, 1, span);
  return out.finish();
}

function writeSpan(out: ArenaWriter, field: number, { span, warnings }: AdjustedSpan): void {
  const mark = out.begin(field);
  out.bytesField(SPAN.traceId, Buffer.from(span.traceId, 'hex'));
  out.bytesField(SPAN.spanId, Buffer.from(span.spanId, 'hex'));
  out.textField(SPAN.operation, span.name);
  for (const { refType, traceID, spanID } of referencesOf(span)) {
    const reference = out.begin(SPAN.references);
    out.bytesField(1, Buffer.from(traceID, 'hex'));
    out.bytesField(2, Buffer.from(spanID, 'hex'));
    out.uintField(3, refType === 'CHILD_OF' ? 0 : 1);
    out.end(reference);
  }
  out.uintField(SPAN.flags, span.flags & 0xff);
  writeNs(out, SPAN.start, span.startNs);
  writeNs(out, SPAN.duration, span.durationNs);
  writeTags(out, SPAN.tags, tagsOf(span));
  for (const event of span.events) {
    const log = out.begin(SPAN.logs);
    writeNs(out, 1, event.timeNs);
    writeTags(out, 2, logFieldsOf(event));
    out.end(log);
  }
  writeProcess(out, span);
  for (const warning of warnings) out.textField(SPAN.warnings, warning);
  out.end(mark);
}

function writeProcess(out: ArenaWriter, span: StoredSpan): void {
  const { serviceName, tags } = processOf(span);
  const mark = out.begin(SPAN.process);
  out.textField(1, serviceName);
  writeTags(out, 2, tags);
  out.end(mark);
}

/** A Timestamp or a Duration: both have seconds and nanoseconds. */
function writeNs(out: ArenaWriter, field: number, ns: bigint): void {
  const mark = out.begin(field);
  out.uintField(1, Number(ns / 1_000_000_000n));
  out.uintField(2, Number(ns % 1_000_000_000n));
  out.end(mark);
}

function writeTags(out: ArenaWriter, field: number, tags: readonly JaegerTag[]): void {
  for (const { key, type, value } of tags) {
    const mark = out.begin(field);
    out.textField(1, key);
    out.uintField(2, VALUE_TYPES[type]);
    if (type === 'string') out.textField(3, String(value));
    else if (type === 'bool') out.uintField(4, value === true ? 1 : 0);
    else if (type === 'float64') out.doubleField(6, Number(value));
    else if (type === 'binary') out.bytesField(7, Buffer.from(String(value), 'base64'));
    else {
      out.tag(5, 0);
      out.varint64(BigInt(value));
    }
    out.end(mark);
  }
}
