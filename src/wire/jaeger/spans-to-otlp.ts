import { type AnyValue, Double } from '#pdata';
import { type EventInput, type LinkInput, TracesBuilder } from '../build/traces-builder.ts';
import { isZero, type JaegerBatch, type JaegerProcess, type JaegerSpan, type JaegerTag } from './jaeger-span.ts';

/** How some exporters of OpenTelemetry say that there is none. */
const NO_SERVICE = 'OTLPResourceNoServiceName';
const KINDS: Readonly<Record<string, number>> = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 };
const SERVER = 2;
const CLIENT = 3;
const STATUS_ERROR = 2;
const SAMPLED = 1;

type Attributes = Map<string, AnyValue>;
type SpanGroup = ReturnType<TracesBuilder['group']>;

/**
 * Jaeger's spans as OTLP (contrib pkg/translator/jaeger@v0.161.0). `isThrift`: clients that speak Thrift know neither scopes nor trace state, and
 * what looks like them stays a tag.
 */
export function jaegerToOtlp(batch: JaegerBatch, isThrift: boolean): TracesBuilder {
  const builder = new TracesBuilder();
  const groups = new Map<JaegerProcess | undefined, Map<string, SpanGroup>>();
  for (const span of batch.spans) {
    if (isBlank(span)) continue;
    const attributes = attributesOf(span.tags);
    const scope = isThrift ? { name: '', version: '' } : takeScope(attributes);
    const process = span.process ?? batch.process;
    const scopes = groups.get(process) ?? new Map<string, SpanGroup>();
    groups.set(process, scopes);
    const key = JSON.stringify([scope.name, scope.version]);
    const group = scopes.get(key) ?? builder.group({ resource: resourceOf(process), scope });
    scopes.set(key, group);
    addSpan(group, span, attributes, isThrift);
  }
  return builder;
}

function isBlank({ traceId, spanId, operationName, startNs }: JaegerSpan): boolean {
  return isZero(traceId) && isZero(spanId) && operationName === '' && startNs === 0n;
}

function resourceOf(process: JaegerProcess | undefined): Attributes {
  if (process === undefined || process.serviceName === NO_SERVICE) return new Map();
  const attributes: Attributes = new Map();
  if (process.serviceName !== '') attributes.set('service.name', process.serviceName);
  for (const [key, value] of attributesOf(process.tags)) attributes.set(key, value);
  const host = attributes.get('hostname');
  if (host !== undefined && !attributes.has('host.name')) {
    attributes.delete('hostname');
    attributes.set('host.name', host);
  }
  const version = attributes.get('jaeger.version');
  if (version !== undefined && !attributes.has('opencensus.exporterversion')) {
    attributes.delete('jaeger.version');
    attributes.set('opencensus.exporterversion', `Jaeger-${typeof version === 'string' ? version : ''}`);
  }
  return attributes;
}

/** The status of HTTP has one name, whichever of its two a tag has. */
function attributesOf(tags: readonly JaegerTag[]): Attributes {
  return new Map(tags.map(([key, value]) => [key === 'http.response.status_code' ? 'http.status_code' : key, value]));
}

/** Today's names of the tags, and the older ones. */
function takeScope(attributes: Attributes): { readonly name: string; readonly version: string } {
  const take = (part: 'name' | 'version'): string => {
    for (const prefix of ['otel.scope', 'otel.library']) {
      const value = attributes.get(`${prefix}.${part}`);
      if (typeof value !== 'string') continue;
      attributes.delete(`${prefix}.${part}`);
      return value;
    }
    return '';
  };
  const name = take('name');
  return name === '' ? { name, version: '' } : { name, version: take('version') };
}

function addSpan(group: SpanGroup, span: JaegerSpan, attributes: Attributes, isThrift: boolean): void {
  const parentSpanId = parentOf(span);
  const kindTag = attributes.get('span.kind');
  attributes.delete('span.kind');
  const kind = typeof kindTag === 'string' ? (KINDS[kindTag] ?? 0) : 0;
  const status = takeStatus(attributes, kind);
  let traceState = '';
  if (!isThrift) {
    const tag = attributes.get('w3c.tracestate');
    if (typeof tag === 'string') traceState = tag;
    attributes.delete('w3c.tracestate');
  }
  group.add({
    traceId: span.traceId,
    spanId: span.spanId,
    ...(parentSpanId !== '' && { parentSpanId }),
    name: span.operationName,
    kind,
    startNs: span.startNs,
    endNs: span.startNs + span.durationNs,
    flags: (span.flags & SAMPLED) === SAMPLED ? SAMPLED : 0,
    ...status,
    traceState,
    attributes,
    events: span.logs.map(({ timeNs, fields }) => eventOf(timeNs, attributesOf(fields))),
    links: linksOf(span, parentSpanId),
  });
}

/** The parent's id; '' for none. A reference in the same trace is one, too, of which CHILD_OF counts more. */
function parentOf({ parentSpanId, references, traceId }: JaegerSpan): string {
  if (!isZero(parentSpanId)) return parentSpanId;
  const own = references.filter((reference) => reference.traceId === traceId);
  const parent = own.find(({ isChildOf }) => isChildOf) ?? own[0];
  return parent === undefined || isZero(parent.spanId) ? '' : parent.spanId;
}

function linksOf({ references }: JaegerSpan, parentSpanId: string): LinkInput[] {
  return references
    .filter(({ spanId, isChildOf }) => !(isChildOf && spanId === parentSpanId))
    .map(({ traceId, spanId, isChildOf }) => ({
      traceId,
      spanId,
      attributes: { 'opentracing.ref_type': isChildOf ? 'child_of' : 'follows_from' },
    }));
}

function eventOf(timeNs: bigint, attributes: Attributes): EventInput {
  const name = attributes.get('event');
  if (name !== undefined) attributes.delete('event');
  return { name: typeof name === 'string' ? name : '', timeNs, attributes };
}

interface Status {
  readonly statusCode: number;
  readonly statusMessage: string;
}

/** From `error`, else from `otel.status_code`, else from the status of HTTP. Takes out the tags that say nothing else. */
function takeStatus(attributes: Attributes, kind: number): Status {
  const isError = attributes.get('error') === true;
  const code = attributes.get('otel.status_code');
  attributes.delete('otel.status_code');
  if (isError) {
    attributes.delete('error');
    const message = takeDescription(attributes) ?? textOf(attributes.get('http.status_message'));
    return { statusCode: STATUS_ERROR, statusMessage: message };
  }
  if (code !== undefined) {
    const word = textOf(code).toUpperCase();
    const statusCode = word === 'OK' ? 1 : word === 'ERROR' ? STATUS_ERROR : 0;
    return { statusCode, statusMessage: takeDescription(attributes) ?? '' };
  }
  const statusCode = statusOfHttp(attributes.get('http.status_code'), kind);
  if (statusCode === 0) return { statusCode, statusMessage: '' };
  return { statusCode, statusMessage: textOf(attributes.get('http.status_message')) };
}

function takeDescription(attributes: Attributes): string | undefined {
  const value = attributes.get('otel.status_description');
  if (value === undefined) return undefined;
  attributes.delete('otel.status_description');
  return textOf(value);
}

function statusOfHttp(value: AnyValue | undefined, kind: number): number {
  if (value === undefined || value instanceof Double) return 0;
  const text = typeof value === 'string' || typeof value === 'bigint' || typeof value === 'number' ? String(value) : '';
  if (!/^-?\d+$/.test(text)) return 0;
  const code = Number(text);
  if (code >= 400 && code < 500) {
    if (kind === CLIENT) return STATUS_ERROR;
    if (kind === SERVER) return 0;
  }
  return code >= 100 && code < 400 ? 0 : STATUS_ERROR;
}

function textOf(value: AnyValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
