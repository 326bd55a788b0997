/** OTLP/JSON as somebody saved it, read into spans: the other direction of otlp-json.ts. */
import type { StoredAttribute, StoredEvent, StoredLink, StoredSpan, StoredValue } from '#query';
import { QueryError } from '#query';

type JsonObject = { readonly [key: string]: unknown };

/** Throws QueryError `bad_query` for what is no ExportTraceServiceRequest or no TracesData. Unknown fields are skipped. */
export function readOtlpJson(text: string): readonly StoredSpan[] {
  let whole: unknown;
  try {
    whole = JSON.parse(text);
  } catch (cause) {
    throw bad((cause as Error).message, cause);
  }
  return listOf(objectOf(whole, 'the body'), 'resourceSpans').flatMap((ofResource) => {
    const resource = attributesOf(field(ofResource, 'resource'));
    const service = resource.find(({ key }) => key === 'service.name')?.value;
    return listOf(ofResource, 'scopeSpans').flatMap((ofScope) => {
      const scope = field(ofScope, 'scope');
      const common = {
        service: service === undefined || service.type === 'empty' ? '' : String(service.value),
        resource,
        scopeName: textOf(scope, 'name'),
        scopeVersion: textOf(scope, 'version'),
        scopeAttributes: attributesOf(scope),
        resourceSchemaUrl: textOf(ofResource, 'schemaUrl'),
        scopeSchemaUrl: textOf(ofScope, 'schemaUrl'),
      };
      return listOf(ofScope, 'spans').map((span) => ({ ...spanOf(span), ...common }));
    });
  });
}

type OwnFields = Omit<
  StoredSpan,
  'service' | 'resource' | 'scopeName' | 'scopeVersion' | 'scopeAttributes' | 'resourceSchemaUrl' | 'scopeSchemaUrl'
>;

function spanOf(span: JsonObject): OwnFields {
  const startNs = wholeOf(span, 'startTimeUnixNano');
  const endNs = wholeOf(span, 'endTimeUnixNano');
  const status = field(span, 'status');
  return {
    traceId: idOf(span, 'traceId', 32),
    spanId: idOf(span, 'spanId', 16),
    parentSpanId: idOf(span, 'parentSpanId', 16),
    name: textOf(span, 'name'),
    kind: enumOf(span, 'kind', 'SPAN_KIND_', ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']),
    statusCode: enumOf(status, 'code', 'STATUS_CODE_', ['UNSET', 'OK', 'ERROR']),
    statusMessage: textOf(status, 'message'),
    startNs,
    durationNs: endNs > startNs ? endNs - startNs : 0n,
    traceState: textOf(span, 'traceState'),
    flags: Number(wholeOf(span, 'flags')),
    attributes: attributesOf(span),
    events: listOf(span, 'events').map(
      (event): StoredEvent => ({
        timeNs: wholeOf(event, 'timeUnixNano'),
        name: textOf(event, 'name'),
        attributes: attributesOf(event),
        droppedAttributesCount: Number(wholeOf(event, 'droppedAttributesCount')),
      }),
    ),
    links: listOf(span, 'links').map(
      (link): StoredLink => ({
        traceId: idOf(link, 'traceId', 32),
        spanId: idOf(link, 'spanId', 16),
        traceState: textOf(link, 'traceState'),
        flags: Number(wholeOf(link, 'flags')),
        attributes: attributesOf(link),
        droppedAttributesCount: Number(wholeOf(link, 'droppedAttributesCount')),
      }),
    ),
    droppedAttributesCount: Number(wholeOf(span, 'droppedAttributesCount')),
    droppedEventsCount: Number(wholeOf(span, 'droppedEventsCount')),
    droppedLinksCount: Number(wholeOf(span, 'droppedLinksCount')),
  };
}

/** Nesting of values that is read; the collector refuses deeper ones. */
const MAX_DEPTH = 64;

function attributesOf(owner: JsonObject): readonly StoredAttribute[] {
  return keyValues(listOf(owner, 'attributes'), 0);
}

function keyValues(list: readonly JsonObject[], depth: number): readonly StoredAttribute[] {
  return list.map((one) => ({ key: textOf(one, 'key'), value: otlpValue(field(one, 'value'), depth) }));
}

function otlpValue(value: JsonObject, depth: number): StoredValue {
  if (depth > MAX_DEPTH) throw bad(`values are nested deeper than ${MAX_DEPTH}`);
  if (value['stringValue'] !== undefined) return { type: 'string', value: textOf(value, 'stringValue') };
  if (value['boolValue'] !== undefined) return { type: 'bool', value: value['boolValue'] === true };
  if (value['intValue'] !== undefined) {
    const whole = wholeOf(value, 'intValue');
    return { type: 'int', value: Number.isSafeInteger(Number(whole)) ? Number(whole) : whole };
  }
  if (value['doubleValue'] !== undefined) return { type: 'double', value: Number(value['doubleValue']) };
  if (value['bytesValue'] !== undefined) {
    return { type: 'bytes', value: Buffer.from(textOf(value, 'bytesValue'), 'base64') };
  }
  if (value['arrayValue'] !== undefined) {
    return {
      type: 'array',
      value: listOf(field(value, 'arrayValue'), 'values').map((item) => otlpValue(item, depth + 1)),
    };
  }
  if (value['kvlistValue'] !== undefined) {
    return { type: 'map', value: keyValues(listOf(field(value, 'kvlistValue'), 'values'), depth + 1) };
  }
  return { type: 'empty', value: null };
}

function bad(message: string, cause?: unknown): QueryError {
  return new QueryError('bad_query', `cannot unmarshal OTLP : ${message}`, { cause });
}

function objectOf(value: unknown, what: string): JsonObject {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as JsonObject;
  throw bad(`${what} is no object`);
}

/** Absent is empty. */
function field(owner: JsonObject, name: string): JsonObject {
  const value = owner[name] ?? {};
  return objectOf(value, name);
}

function listOf(owner: JsonObject, name: string): readonly JsonObject[] {
  const value = owner[name] ?? [];
  if (!Array.isArray(value)) throw bad(`${name} is no list`);
  return value.map((item) => objectOf(item, `an item of ${name}`));
}

function textOf(owner: JsonObject, name: string): string {
  const value = owner[name] ?? '';
  if (typeof value !== 'string') throw bad(`${name} is no text`);
  return value;
}

/** 64-bit numbers are texts in OTLP/JSON; numbers are taken, too. */
function wholeOf(owner: JsonObject, name: string): bigint {
  const value = owner[name] ?? 0;
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  throw bad(`${name} is no whole number`);
}

function idOf(owner: JsonObject, name: string, digits: number): string {
  const text = textOf(owner, name).toLowerCase();
  if (text === '' || /^0+$/.test(text)) return name === 'parentSpanId' ? '' : '0'.repeat(digits);
  if (text.length !== digits || !/^[0-9a-f]+$/.test(text)) throw bad(`${name} is not ${digits} hexadecimal digits`);
  return text;
}

function enumOf(owner: JsonObject, name: string, prefix: string, names: readonly string[]): number {
  const value = owner[name] ?? 0;
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 && value < names.length ? value : 0;
  const index = names.indexOf(String(value).replace(prefix, ''));
  if (index < 0) throw bad(`${name} has no value ${String(value).slice(0, 80)}`);
  return index;
}
