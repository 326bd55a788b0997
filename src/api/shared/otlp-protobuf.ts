import { ArenaWriter, Double } from '#pdata';
import type { StoredAttribute, StoredEvent, StoredLink, StoredSpan, StoredValue } from '#query';

/** Stored spans as OTLP in protobuf: `resource_spans = 1`, as TracesData, Tempo's Trace and a request to export have it. */

/** Field numbers of opentelemetry/proto/trace/v1/trace.proto. */
const RESOURCE_SPANS = { resource: 1, scopeSpans: 2, schemaUrl: 3 } as const;
const SCOPE_SPANS = { scope: 1, spans: 2, schemaUrl: 3 } as const;
const SCOPE = { name: 1, version: 2, attributes: 3 } as const;
const SPAN = {
  traceId: 1,
  spanId: 2,
  traceState: 3,
  parentSpanId: 4,
  name: 5,
  kind: 6,
  start: 7,
  end: 8,
  attributes: 9,
  droppedAttributes: 10,
  events: 11,
  droppedEvents: 12,
  links: 13,
  droppedLinks: 14,
  status: 15,
  flags: 16,
} as const;
const EVENT = { time: 1, name: 2, attributes: 3, droppedAttributes: 4 } as const;
const LINK = { traceId: 1, spanId: 2, traceState: 3, attributes: 4, droppedAttributes: 5, flags: 6 } as const;
const STATUS = { message: 2, code: 3 } as const;
const VALUE = { array: 5, map: 6 } as const;

/** The message's bytes. Spans that were read together share the object of an equal resource (`readSpans`), by which they are grouped. */
export function tracesProtobuf(spans: readonly StoredSpan[]): Uint8Array {
  const out = new ArenaWriter(Math.max(1024, spans.length * 400));
  writeResourceSpans(out, spans);
  return out.finish();
}

/** The same into a message that is being written. */
export function writeResourceSpans(out: ArenaWriter, spans: readonly StoredSpan[]): void {
  for (const [resource, own] of Map.groupBy(spans, (span) => span.resource)) {
    const mark = out.begin(1);
    const inner = out.begin(RESOURCE_SPANS.resource);
    writeAttributes(out, 1, resource);
    out.end(inner);
    for (const group of Map.groupBy(own, scopeKey).values()) writeScopeSpans(out, group);
    out.textField(RESOURCE_SPANS.schemaUrl, own[0]!.resourceSchemaUrl);
    out.end(mark);
  }
}

/** Spans of one scope have the same. */
export function scopeKey(span: StoredSpan): string {
  const big = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);
  return JSON.stringify([span.scopeName, span.scopeVersion, span.scopeSchemaUrl, span.scopeAttributes], big);
}

function writeScopeSpans(out: ArenaWriter, spans: readonly StoredSpan[]): void {
  const first = spans[0]!;
  const mark = out.begin(RESOURCE_SPANS.scopeSpans);
  const scope = out.begin(SCOPE_SPANS.scope);
  out.textField(SCOPE.name, first.scopeName);
  out.textField(SCOPE.version, first.scopeVersion);
  writeAttributes(out, SCOPE.attributes, first.scopeAttributes);
  out.end(scope);
  for (const span of spans) writeSpan(out, span);
  out.textField(SCOPE_SPANS.schemaUrl, first.scopeSchemaUrl);
  out.end(mark);
}

function writeSpan(out: ArenaWriter, span: StoredSpan): void {
  const mark = out.begin(SCOPE_SPANS.spans);
  out.bytesField(SPAN.traceId, Buffer.from(span.traceId, 'hex'));
  out.bytesField(SPAN.spanId, Buffer.from(span.spanId, 'hex'));
  out.textField(SPAN.traceState, span.traceState);
  if (span.parentSpanId !== '') out.bytesField(SPAN.parentSpanId, Buffer.from(span.parentSpanId, 'hex'));
  out.textField(SPAN.name, span.name);
  out.uintField(SPAN.kind, span.kind);
  out.fixed64Field(SPAN.start, span.startNs);
  out.fixed64Field(SPAN.end, span.startNs + span.durationNs);
  writeAttributes(out, SPAN.attributes, span.attributes);
  out.uintField(SPAN.droppedAttributes, span.droppedAttributesCount);
  for (const event of span.events) writeEvent(out, event);
  out.uintField(SPAN.droppedEvents, span.droppedEventsCount);
  for (const link of span.links) writeLink(out, link);
  out.uintField(SPAN.droppedLinks, span.droppedLinksCount);
  // Also where it says nothing: Grafana's Tempo source reads its code without asking whether it is there.
  const status = out.begin(SPAN.status);
  out.textField(STATUS.message, span.statusMessage);
  out.uintField(STATUS.code, span.statusCode);
  out.end(status);
  out.fixed32Field(SPAN.flags, span.flags);
  out.end(mark);
}

function writeEvent(out: ArenaWriter, event: StoredEvent): void {
  const mark = out.begin(SPAN.events);
  out.fixed64Field(EVENT.time, event.timeNs);
  out.textField(EVENT.name, event.name);
  writeAttributes(out, EVENT.attributes, event.attributes);
  out.uintField(EVENT.droppedAttributes, event.droppedAttributesCount);
  out.end(mark);
}

function writeLink(out: ArenaWriter, link: StoredLink): void {
  const mark = out.begin(SPAN.links);
  out.bytesField(LINK.traceId, Buffer.from(link.traceId, 'hex'));
  out.bytesField(LINK.spanId, Buffer.from(link.spanId, 'hex'));
  out.textField(LINK.traceState, link.traceState);
  writeAttributes(out, LINK.attributes, link.attributes);
  out.uintField(LINK.droppedAttributes, link.droppedAttributesCount);
  out.fixed32Field(LINK.flags, link.flags);
  out.end(mark);
}

/** KeyValue messages in a field. */
export function writeAttributes(out: ArenaWriter, field: number, attributes: readonly StoredAttribute[]): void {
  for (const { key, value } of attributes) {
    const mark = out.begin(field);
    out.textField(1, key);
    const inner = out.begin(2);
    writeValue(out, value);
    out.end(inner);
    out.end(mark);
  }
}

/** The fields of an AnyValue. */
export function writeValue(out: ArenaWriter, value: StoredValue): void {
  if (value.type === 'array') {
    const mark = out.begin(VALUE.array);
    for (const item of value.value) {
      const inner = out.begin(1);
      writeValue(out, item);
      out.end(inner);
    }
    out.end(mark);
  } else if (value.type === 'map') {
    const mark = out.begin(VALUE.map);
    writeAttributes(out, 1, value.value);
    out.end(mark);
  } else if (value.type === 'double') out.anyValue(new Double(value.value));
  else if (value.type !== 'empty') out.anyValue(value.value);
}
