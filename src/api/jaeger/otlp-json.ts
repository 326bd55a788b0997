import { base64, type StoredAttribute, type StoredSpan, type StoredValue } from '#query';
import { listPieces } from '../http/answers.ts';

/** Stored spans as the `resourceSpans` of OTLP/JSON: ids in hex, 64-bit integers as strings, enums as numbers, empty fields left out. */

type JsonObject = { [key: string]: unknown };

/**
 * The list as pieces of JSON. Groups by resource and scope; spans that were read together share the object of an equal resource (`readSpans`).
 * The spans of a group are its last field, so that each is a piece of its own.
 */
export function resourceSpansPieces(spans: readonly StoredSpan[]): Generator<string> {
  const byResource = Map.groupBy(spans, (span) => span.resource);
  return listPieces(byResource.entries().map(([resource, own]) => resourcePieces(resource, own)));
}

function* resourcePieces(resource: readonly StoredAttribute[], spans: readonly StoredSpan[]): Generator<string> {
  const head = {
    resource: present({ attributes: attributesJson(resource) }),
    ...present({ schemaUrl: spans[0]?.resourceSchemaUrl ?? '' }),
  };
  yield `${JSON.stringify(head).slice(0, -1)},"scopeSpans":`;
  yield* listPieces(Map.groupBy(spans, scopeKey).values().map(scopePieces));
  yield '}';
}

function* scopePieces(spans: readonly StoredSpan[]): Generator<string> {
  const [first] = spans as [StoredSpan, ...StoredSpan[]];
  const head = {
    scope: present({
      name: first.scopeName,
      version: first.scopeVersion,
      attributes: attributesJson(first.scopeAttributes),
    }),
    ...present({ schemaUrl: first.scopeSchemaUrl }),
  };
  yield `${JSON.stringify(head).slice(0, -1)},"spans":`;
  yield* listPieces(spans.values().map((span) => JSON.stringify(spanJson(span))));
  yield '}';
}

function scopeKey(span: StoredSpan): string {
  return JSON.stringify([span.scopeName, span.scopeVersion, span.scopeSchemaUrl, attributesJson(span.scopeAttributes)]);
}

function spanJson(span: StoredSpan): JsonObject {
  return present({
    traceId: span.traceId,
    spanId: span.spanId,
    traceState: span.traceState,
    parentSpanId: span.parentSpanId,
    flags: span.flags,
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: String(span.startNs),
    endTimeUnixNano: String(span.startNs + span.durationNs),
    attributes: attributesJson(span.attributes),
    droppedAttributesCount: span.droppedAttributesCount,
    events: span.events.map((event) =>
      present({
        timeUnixNano: String(event.timeNs),
        name: event.name,
        attributes: attributesJson(event.attributes),
        droppedAttributesCount: event.droppedAttributesCount,
      }),
    ),
    droppedEventsCount: span.droppedEventsCount,
    links: span.links.map((link) =>
      present({
        traceId: link.traceId,
        spanId: link.spanId,
        traceState: link.traceState,
        attributes: attributesJson(link.attributes),
        droppedAttributesCount: link.droppedAttributesCount,
        flags: link.flags,
      }),
    ),
    droppedLinksCount: span.droppedLinksCount,
    status: present({ message: span.statusMessage, code: span.statusCode }),
  });
}

/** Without the fields that have protobuf's default. */
function present(object: JsonObject): JsonObject {
  const entries = Object.entries(object).filter(
    ([key, value]) =>
      (key === 'status' || value !== 0) && value !== '' && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(entries);
}

function attributesJson(attributes: readonly StoredAttribute[]): JsonObject[] {
  return attributes.map(({ key, value }) => ({ key, value: anyValueJson(value) }));
}

function anyValueJson(value: StoredValue): JsonObject {
  switch (value.type) {
    case 'string':
      return { stringValue: value.value };
    case 'bool':
      return { boolValue: value.value };
    case 'int':
      return { intValue: String(value.value) };
    case 'double':
      return { doubleValue: Number.isFinite(value.value) ? value.value : String(value.value) };
    case 'bytes':
      return { bytesValue: base64(value.value) };
    case 'array':
      return { arrayValue: { values: value.value.map(anyValueJson) } };
    case 'map':
      return { kvlistValue: { values: attributesJson(value.value) } };
    case 'empty':
      return {};
  }
}
