import {
  ArenaWriter,
  type Batch,
  type EventList,
  type LinkList,
  type SpanChunk,
  type SpanView,
  valueJson,
  valueText,
} from '#pdata';

/** A span as Zipkin's second version has it. */
export interface ZipkinSpan {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly kind?: 'CLIENT' | 'SERVER' | 'PRODUCER' | 'CONSUMER';
  readonly name: string;
  readonly timestamp?: number;
  readonly duration?: number;
  readonly localEndpoint?: ZipkinEndpoint;
  readonly remoteEndpoint?: ZipkinEndpoint;
  readonly annotations?: readonly { readonly timestamp: number; readonly value: string }[];
  readonly tags: Readonly<Record<string, string>>;
}

export interface ZipkinEndpoint {
  readonly serviceName?: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly port?: number;
}

type Tags = Map<string, string>;

const KINDS = [undefined, undefined, 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const;
const KIND_INTERNAL = 1;
const STATUS_CODES = ['Unset', 'Ok', 'Error'];
const STATUS_ERROR = 2;
/** Where a service has no name, these name it. */
const NAME_SOURCES = ['faas.name', 'k8s.deployment.name', 'process.executable.name'];
const NAME_SOURCE_TAG = 'otlp.service.name.source';

/** The spans of a batch, and how many have no id and can't be told (otelcol-contrib pkg/translator/zipkin/zipkinv2@v0.159.0). */
export function zipkinSpans(
  batch: Batch,
  defaultServiceName: string,
): { readonly spans: ZipkinSpan[]; readonly without: number } {
  const spans: ZipkinSpan[] = [];
  let without = 0;
  for (const chunk of batch.chunks as readonly SpanChunk[]) {
    const view = chunk.view();
    for (let index = 0; index < chunk.count; index++) {
      view.row = chunk.rowAt(index);
      if (/^0*$/.test(view.traceId) || /^0*$/.test(view.spanId)) without++;
      else spans.push(zipkinSpan(view, defaultServiceName));
    }
  }
  return { spans, without };
}

function zipkinSpan(span: SpanView, defaultServiceName: string): ZipkinSpan {
  const { tags, serviceName } = tagsOf(span, defaultServiceName);
  const redundant = new Set<string>();
  const localEndpoint = endpointOf(tags, serviceName, 'host', redundant);
  const remoteEndpoint = endpointOf(tags, '', 'peer', redundant);
  for (const key of redundant) tags.delete(key);
  addStatus(span, tags);
  addLinks(span.links, tags);
  const kind = KINDS[span.kind];
  const { traceId, spanId, parentSpanId, name } = span;
  const annotations = annotationsOf(span.events);
  return {
    traceId: traceId.startsWith('0'.repeat(16)) ? traceId.slice(16) : traceId,
    id: spanId,
    ...(!/^0*$/.test(parentSpanId) && { parentId: parentSpanId }),
    ...(kind !== undefined && { kind }),
    // Zipkin's model wants names in lower case.
    name: name.toLowerCase(),
    ...(span.startNs >= 1_000_000_000n && { timestamp: toMicros(span.startNs) }),
    ...durationOf(span),
    ...(localEndpoint && { localEndpoint }),
    ...(remoteEndpoint && { remoteEndpoint }),
    ...(annotations.length > 0 && { annotations }),
    tags: Object.fromEntries(tags),
  };
}

function tagsOf(span: SpanView, defaultServiceName: string): { readonly tags: Tags; readonly serviceName: string } {
  const tags: Tags = new Map();
  const add = (entries: Iterable<readonly [string, Parameters<typeof valueText>[0]]>): void => {
    for (const [key, value] of entries) tags.set(key, valueText(value));
  };
  add(span.resource.attributes.entries());
  const id = tags.get('cloud.resource_id');
  if (id !== undefined) {
    if (!tags.has('faas.id')) tags.set('faas.id', id);
    tags.delete('cloud.resource_id');
  }
  const serviceName = takeServiceName(tags) ?? defaultServiceName;
  const { scope } = span;
  add(scope.attributes.entries());
  if (scope.name !== '') tags.set('otel.library.name', scope.name);
  if (scope.version !== '') tags.set('otel.library.version', scope.version);
  add(span.attributes.entries());
  const status = tags.get('http.response.status_code');
  if (status !== undefined && !tags.has('http.status_code')) tags.set('http.status_code', status);
  if (span.traceState !== '') tags.set('w3c.tracestate', span.traceState);
  if (span.kind === KIND_INTERNAL) tags.set('span.kind', 'internal');
  return { tags, serviceName };
}

function takeServiceName(tags: Tags): string | undefined {
  const name = tags.get('service.name');
  tags.delete('service.name');
  if (name !== undefined) return name;
  const source = NAME_SOURCES.find((key) => tags.has(key));
  if (source === undefined) return undefined;
  const found = tags.get(source);
  tags.delete(source);
  tags.set(NAME_SOURCE_TAG, source);
  return found;
}

function endpointOf(
  tags: Tags,
  own: string,
  side: 'host' | 'peer',
  redundant: Set<string>,
): ZipkinEndpoint | undefined {
  let serviceName = own;
  const peerKey = side === 'peer' ? ['service.peer.name', 'peer.service'].find((key) => tags.has(key)) : undefined;
  if (peerKey !== undefined) {
    serviceName = tags.get(peerKey)!;
    redundant.add(peerKey);
  }
  const ipKey = `net.${side}.ip`;
  const portKey = `net.${side}.port`;
  const ip = tags.get(ipKey) ?? '';
  if (tags.has(ipKey)) redundant.add(ipKey);
  const port = /^\d{1,5}$/.test(tags.get(portKey) ?? '') ? Math.min(65_535, Number(tags.get(portKey))) : 0;
  if (tags.has(portKey)) redundant.add(portKey);
  const isV4 = /^\d{1,3}(\.\d{1,3}){3}$/.test(ip);
  const isV6 = /^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(ip);
  if (serviceName === '' && !isV4 && !isV6) return undefined;
  return {
    ...(serviceName !== '' && { serviceName }),
    ...(isV4 && { ipv4: ip }),
    ...(isV6 && { ipv6: ip }),
    ...(port !== 0 && { port }),
  };
}

function addStatus({ statusCode, statusMessage }: SpanView, tags: Tags): void {
  // Whatever the tag says, Zipkin takes a span that has it for failed.
  if (statusCode === STATUS_ERROR) tags.set('error', 'true');
  else tags.delete('error');
  if (statusCode === 0) return;
  tags.set('otel.status_code', STATUS_CODES[statusCode] ?? 'Unset');
  if (statusMessage !== '') tags.set('otel.status_description', statusMessage);
}

function addLinks(links: LinkList, tags: Tags): void {
  for (let i = 0; i < links.count; i++) {
    const { traceId, spanId, traceState, attributes, droppedAttributesCount } = links.at(i);
    const json = valueJson(attributes.toObject());
    tags.set(`otlp.link.${i}`, `${traceId}|${spanId}|${traceState}|${json}|${droppedAttributesCount}`);
  }
}

function annotationsOf(events: EventList): { readonly timestamp: number; readonly value: string }[] {
  const found: { readonly timestamp: number; readonly value: string }[] = [];
  for (let i = 0; i < events.count; i++) {
    const { name, timeNs, attributes, droppedAttributesCount } = events.at(i);
    const isPlain = attributes.count === 0 && droppedAttributesCount === 0;
    const value = isPlain ? name : `${name}|${valueJson(attributes.toObject())}|${droppedAttributesCount}`;
    found.push({ timestamp: toMicros(timeNs), value });
  }
  return found;
}

/** The nearest; at least one for anything that took time at all. */
function durationOf({ startNs, endNs }: SpanView): { readonly duration?: number } {
  if (endNs <= startNs) return {};
  return { duration: Math.max(1, Number((endNs - startNs + 500n) / 1000n)) };
}

function toMicros(timeNs: bigint): number {
  return Number((timeNs + 500n) / 1000n);
}

const PROTO_KINDS = { CLIENT: 1, SERVER: 2, PRODUCER: 3, CONSUMER: 4 } as const;

/** A zipkin.proto3.ListOfSpans (openzipkin/zipkin-api zipkin.proto). */
export function encodeZipkinProto(spans: readonly ZipkinSpan[]): Uint8Array {
  const out = new ArenaWriter(4096);
  for (const span of spans) {
    const mark = out.begin(1);
    out.bytesField(1, Buffer.from(span.traceId, 'hex'));
    if (span.parentId !== undefined) out.bytesField(2, Buffer.from(span.parentId, 'hex'));
    out.bytesField(3, Buffer.from(span.id, 'hex'));
    if (span.kind !== undefined) out.uintField(4, PROTO_KINDS[span.kind]);
    out.textField(5, span.name);
    out.fixed64Field(6, BigInt(span.timestamp ?? 0));
    out.uintField(7, span.duration ?? 0);
    writeEndpoint(out, 8, span.localEndpoint);
    writeEndpoint(out, 9, span.remoteEndpoint);
    for (const { timestamp, value } of span.annotations ?? []) {
      const annotation = out.begin(10);
      out.fixed64Field(1, BigInt(timestamp));
      out.textField(2, value);
      out.end(annotation);
    }
    for (const [key, value] of Object.entries(span.tags)) {
      const tag = out.begin(11);
      out.textField(1, key);
      out.textField(2, value);
      out.end(tag);
    }
    out.end(mark);
  }
  return out.finish();
}

function writeEndpoint(out: ArenaWriter, field: number, endpoint: ZipkinEndpoint | undefined): void {
  if (endpoint === undefined) return;
  const mark = out.begin(field);
  out.textField(1, endpoint.serviceName ?? '');
  if (endpoint.ipv4 !== undefined) out.bytesField(2, Uint8Array.from(endpoint.ipv4.split('.'), Number));
  if (endpoint.ipv6 !== undefined) out.bytesField(3, ipv6Bytes(endpoint.ipv6));
  out.uintField(4, endpoint.port ?? 0);
  out.end(mark);
}

function ipv6Bytes(text: string): Uint8Array {
  const [head = '', tail] = text
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
      const pair = (high: string, low: string): string => (Number(high) * 256 + Number(low)).toString(16);
      return `${pair(a, b)}:${pair(c, d)}`;
    })
    .split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [before, behind] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - behind.length);
  const all = [...before, ...new Array<number>(zeros).fill(0), ...behind].slice(0, 8);
  const bytes = new Uint8Array(16);
  all.forEach((group, i) => {
    bytes[i * 2] = group >> 8;
    bytes[i * 2 + 1] = group & 0xff;
  });
  return bytes;
}
