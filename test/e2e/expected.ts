import type { ReferenceObject } from '../../src/wire/testing/otlp-reference.ts';
import { otlpJson } from '../lib/otlp.ts';

/** What the APIs must answer, worked out from what was sent. */

interface Attribute {
  readonly key: string;
  readonly value: ReferenceObject;
}
type Group = Record<string, ReferenceObject[]>;

const byKey = (a: Attribute, b: Attribute): number => (a.key < b.key ? -1 : 1);
const sorted = (attributes: unknown): Attribute[] => [...((attributes as Attribute[] | undefined) ?? [])].sort(byKey);

/** Jaeger's API v3: OTLP again, with the attributes in order of their keys, and without fields that are unknown. */
export function expectedTrace(request: ReferenceObject): unknown {
  const resourceSpans = (request.resourceSpans as ReferenceObject[]).map((group) => ({
    ...group,
    resource: { attributes: sorted((group.resource as ReferenceObject).attributes) },
    scopeSpans: (group as Group).scopeSpans!.map((scope) => ({
      ...scope,
      ...(scope.scope !== undefined && { scope: withSorted(scope.scope as ReferenceObject) }),
      spans: (scope as Group).spans!.map(({ futureField: _unknown, ...span }) => ({
        ...withSorted(span),
        ...(span.events !== undefined && { events: (span as Group).events!.map(withSorted) }),
        ...(span.links !== undefined && { links: (span as Group).links!.map(withSorted) }),
      })),
    })),
  }));
  return otlpJson({ resourceSpans });
}

/** Attributes come in the order of their keys. */
function withSorted(object: ReferenceObject): ReferenceObject {
  return object.attributes === undefined ? object : { ...object, attributes: sorted(object.attributes) };
}

/** The console API's log records, without their ids. */
export function expectedLogs(request: ReferenceObject): unknown[] {
  const [group] = request.resourceLogs as Group[];
  const [scope] = group!.scopeLogs as unknown as Group[];
  return scope!.logRecords!.map((record) => ({
    timeNs: record.timeUnixNano,
    timeMs: Number(BigInt(record.timeUnixNano as string) / 1000n) / 1000,
    service: 'full',
    severityNumber: record.severityNumber,
    severityText: record.severityText === '' ? severityName(record.severityNumber as number) : record.severityText,
    body: plain(record.body as ReferenceObject),
    traceId: Buffer.from(record.traceId as Uint8Array).toString('hex'),
    spanId: Buffer.from(record.spanId as Uint8Array).toString('hex'),
    eventName: record.eventName,
    attributes: plainMap(record.attributes as Attribute[]),
    resource: { 'service.name': 'full' },
    scope: 'logger',
  }));
}

function severityName(number: number): string {
  const step = (number - 1) % 4;
  return `${['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'][Math.floor((number - 1) / 4)]}${step === 0 ? '' : step + 1}`;
}

function plainMap(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]));
}

/** A value as people read it: what JSON's numbers can't hold is text, bytes are base64. */
function plain(value: ReferenceObject): unknown {
  if ('stringValue' in value) return value.stringValue;
  if ('boolValue' in value) return value.boolValue;
  if ('intValue' in value) {
    const number = Number(value.intValue);
    return Number.isSafeInteger(number) ? number : value.intValue;
  }
  if ('doubleValue' in value) return otlpJson(value.doubleValue);
  if ('bytesValue' in value) return Buffer.from(value.bytesValue as Uint8Array).toString('base64');
  if ('arrayValue' in value) return (value.arrayValue as Group).values!.map(plain);
  if ('kvlistValue' in value) return plainMap((value.kvlistValue as unknown as { values: Attribute[] }).values);
  return null;
}
