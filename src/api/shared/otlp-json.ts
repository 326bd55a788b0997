import { base64, type StoredAttribute, type StoredSpan, type StoredValue } from '#query';
import { listPieces } from '../http/answers.ts';
import { scopeKey } from './otlp-protobuf.ts';

/** Stored spans as a list of `ResourceSpans` in JSON: 64-bit integers as strings, empty fields left out, ids and enums as who asks has them. */

export interface JsonForm {
  /** Of an id in hex. */
  readonly id: (hex: string) => string;
  readonly kind: (kind: number) => string | number;
  readonly statusCode: (code: number) => string | number;
}

/** OTLP/JSON: ids in hex, enums as numbers. */
export const OTLP_FORM: JsonForm = { id: (hex) => hex, kind: (kind) => kind, statusCode: (code) => code };

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const STATUSES = ['UNSET', 'OK', 'ERROR'];

/** Protobuf's own JSON, as Tempo has it: ids in base64, enums by name; 0 is left out. */
export const PROTOBUF_FORM: JsonForm = {
  id: (hex) => Buffer.from(hex, 'hex').toString('base64'),
  kind: (kind) => (kind === 0 || KINDS[kind] === undefined ? kind : `SPAN_KIND_${KINDS[kind]}`),
  statusCode: (code) => (code === 0 || STATUSES[code] === undefined ? code : `STATUS_CODE_${STATUSES[code]}`),
};

export type JsonObject = { [key: string]: unknown };

/**
 * The list as pieces of JSON. Groups by resource and scope; spans that were read together share the object of an equal resource (`readSpans`).
 * The spans of a group are its last field, so that each is a piece of its own.
 */
export function resourceSpansPieces(spans: readonly StoredSpan[], form: JsonForm): Generator<string> {
  const byResource = Map.groupBy(spans, (span) => span.resource);
  return listPieces(byResource.entries().map(([resource, own]) => resourcePieces(resource, own, form)));
}

function* resourcePieces(
  resource: readonly StoredAttribute[],
  spans: readonly StoredSpan[],
  form: JsonForm,
): Generator<string> {
  const head = {
    resource: present({ attributes: attributesJson(resource) }),
    ...present({ schemaUrl: spans[0]?.resourceSchemaUrl ?? '' }),
  };
  yield `${JSON.stringify(head).slice(0, -1)},"scopeSpans":`;
  yield* listPieces(
    Map.groupBy(spans, scopeKey)
      .values()
      .map((own) => scopePieces(own, form)),
  );
  yield '}';
}

function* scopePieces(spans: readonly StoredSpan[], form: JsonForm): Generator<string> {
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
  yield* listPieces(spans.values().map((span) => JSON.stringify(spanJson(span, form))));
  yield '}';
}

function spanJson(span: StoredSpan, form: JsonForm): JsonObject {
  return present({
    traceId: form.id(span.traceId),
    spanId: form.id(span.spanId),
    traceState: span.traceState,
    parentSpanId: form.id(span.parentSpanId),
    flags: span.flags,
    name: span.name,
    kind: form.kind(span.kind),
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
        traceId: form.id(link.traceId),
        spanId: form.id(link.spanId),
        traceState: link.traceState,
        attributes: attributesJson(link.attributes),
        droppedAttributesCount: link.droppedAttributesCount,
        flags: link.flags,
      }),
    ),
    droppedLinksCount: span.droppedLinksCount,
    status: present({ message: span.statusMessage, code: form.statusCode(span.statusCode) }),
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

export function anyValueJson(value: StoredValue): JsonObject {
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
