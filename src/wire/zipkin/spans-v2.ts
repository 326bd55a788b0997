import { DecodeError, excerpt, messageOf } from '#base';
import { type AnyValue, Double } from '#pdata';
import type { EventInput, LinkInput } from '../build/traces-builder.ts';
import { TracesBuilder } from '../build/traces-builder.ts';
import { isResourceTag, SERVICE_NAME_SOURCE, START_TIME_ABSENT } from './resource-tags.ts';
import type { ZipkinEndpoint, ZipkinSpan } from './zipkin-span.ts';

const KINDS: Readonly<Record<string, number>> = { SERVER: 2, CLIENT: 3, PRODUCER: 4, CONSUMER: 5 };
const STATUS_CODES: Readonly<Record<string, number>> = {
  STATUS_CODE_UNSET: 0,
  STATUS_CODE_OK: 1,
  STATUS_CODE_ERROR: 2,
};
const SCOPE_TAGS: ReadonlySet<string> = new Set([
  'otel.library.name',
  'otel.library.version',
  'otel.scope.name',
  'otel.scope.version',
]);
/** More of them are no links. */
const MAX_LINKS = 128;

type SpanGroup = ReturnType<TracesBuilder['group']>;

/** Spans of Zipkin's second format as OTLP (contrib pkg/translator/zipkin@v0.161.0 zipkinv2/to_translator.go). Throws a DecodeError. */
export function zipkinToOtlp(spans: readonly ZipkinSpan[], parsesTags: boolean): TracesBuilder {
  const builder = new TracesBuilder();
  const groups = new Map<string, SpanGroup>();
  for (const span of spans) {
    const tags = new Map(span.tags);
    const group = groupOf(builder, groups, span, tags);
    addSpan(group, span, tags, parsesTags);
  }
  return builder;
}

/** A group for each resource and scope that spans name. Takes the tags that say so out. */
function groupOf(
  builder: TracesBuilder,
  groups: Map<string, SpanGroup>,
  span: ZipkinSpan,
  tags: Map<string, string>,
): SpanGroup {
  const resource: [string, string][] = [];
  const service = span.localEndpoint?.serviceName ?? '';
  if (service !== '') {
    resource.push([tags.get(SERVICE_NAME_SOURCE) || 'service.name', service]);
    for (const [key, value] of tags) if (isResourceTag(key)) resource.push([key, value]);
  }
  const name = tags.get('otel.scope.name') ?? tags.get('otel.library.name') ?? '';
  const version = tags.get('otel.scope.version') ?? tags.get('otel.library.version') ?? '';
  for (const key of [...tags.keys()]) if (isResourceTag(key) || SCOPE_TAGS.has(key)) tags.delete(key);
  tags.delete(SERVICE_NAME_SOURCE);
  const key = JSON.stringify([resource, name, version]);
  let group = groups.get(key);
  if (group === undefined) {
    group = builder.group({ resource, scope: name === '' ? {} : { name, version } });
    groups.set(key, group);
  }
  return group;
}

function addSpan(group: SpanGroup, span: ZipkinSpan, tags: Map<string, string>, parsesTags: boolean): void {
  const traceState = take(tags, 'w3c.tracestate');
  const kind = KINDS[span.kind] ?? (take(tags, 'span.kind') === 'internal' ? 1 : 0);
  const { statusCode, statusMessage } = statusOf(tags);
  const links = linksOf(tags);
  const attributes: [string, AnyValue][] = [];
  for (const [key, value] of tags) attributes.push([key, parsesTags ? parsedTag(value) : value]);
  addEndpoint(attributes, span.localEndpoint, LOCAL);
  const peer = span.remoteEndpoint?.serviceName ?? '';
  if (peer !== '') attributes.push(['peer.service', peer]);
  addEndpoint(attributes, span.remoteEndpoint, REMOTE);
  const startNs = span.timestampUs * 1000n;
  if (startNs === 0n) attributes.push([START_TIME_ABSENT, true]);
  group.add({
    traceId: span.traceId,
    spanId: span.id,
    ...(span.parentId !== '' && span.parentId !== span.id && { parentSpanId: span.parentId }),
    name: span.name,
    kind,
    startNs,
    endNs: startNs + span.durationUs * 1000n,
    statusCode,
    statusMessage,
    traceState,
    attributes,
    events: span.annotations.map(({ timestampUs, value }) => eventOf(timestampUs, value)),
    links,
  });
}

function take(tags: Map<string, string>, key: string): string {
  const value = tags.get(key) ?? '';
  tags.delete(key);
  return value;
}

function statusOf(tags: Map<string, string>): { readonly statusCode: number; readonly statusMessage: string } {
  let statusCode = 0;
  let statusMessage = '';
  if (tags.has('otel.status_code')) {
    statusCode = STATUS_CODES[take(tags, 'otel.status_code')] ?? 0;
    statusMessage = take(tags, 'otel.status_description');
  }
  const error = tags.get('error');
  if (error !== undefined) {
    statusCode = 2;
    if (error === 'true') tags.delete('error');
  }
  return { statusCode, statusMessage };
}

const LOCAL = { address: 'net.host.ip', port: 'net.host.port' } as const;
const REMOTE = { address: 'net.peer.ip', port: 'net.peer.port' } as const;

function addEndpoint(
  attributes: [string, AnyValue][],
  endpoint: ZipkinEndpoint | undefined,
  keys: { readonly address: string; readonly port: string },
): void {
  if (endpoint === undefined) return;
  const address = endpoint.ipv6 || endpoint.ipv4;
  if (address !== '') attributes.push([keys.address, address]);
  if (endpoint.port > 0) attributes.push([keys.port, endpoint.port]);
}

/** A tag in the type that it looks like, where that is wanted. */
export function parsedTag(value: string): AnyValue {
  if (/^-?\d+$/.test(value)) {
    const number = BigInt(value);
    return BigInt.asIntN(64, number) === number ? number : value;
  }
  if (/^-?\d+\.\d+$/.test(value)) return new Double(Number(value));
  return value === 'true' || value === 'false' ? value === 'true' : value;
}

/** An annotation, or an event of OTLP that was made one: `name|{attributes}|dropped`. */
function eventOf(timestampUs: bigint, value: string): EventInput {
  const timeNs = timestampUs * 1000n;
  const parts = value.split('|');
  if (parts.length < 3) return { name: parts[0]!, timeNs };
  return { name: parts[0]!, timeNs, attributes: attributesOf(parts.slice(1, -1).join('|')) };
}

/** Tags `otlp.link.0` and so on: `trace id|span id|trace state|{attributes}|dropped`. */
function linksOf(tags: Map<string, string>): LinkInput[] {
  const links: LinkInput[] = [];
  for (let i = 0; i < MAX_LINKS; i++) {
    const value = tags.get(`otlp.link.${i}`);
    if (value === undefined) break;
    tags.delete(`otlp.link.${i}`);
    const parts = value.split('|');
    if (parts.length < 5) continue;
    const [traceId = '', spanId = '', traceState = ''] = parts.map((part) => part.replace(/^"|"$/g, ''));
    if (!/^([0-9a-f]{32})?$/i.test(traceId) || !/^([0-9a-f]{16})?$/i.test(spanId)) {
      throw new DecodeError(`a link with the ids "${excerpt(traceId)}" and "${excerpt(spanId)}"`);
    }
    links.push({ traceId, spanId, traceState, attributes: attributesOf(parts.slice(3, -1).join('|')) });
  }
  return links;
}

function attributesOf(json: string): [string, AnyValue][] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    throw new DecodeError(`attributes of an event or link that are no JSON: ${messageOf(error)}`);
  }
  if (typeof parsed !== 'object' || parsed === null) return [];
  return Object.entries(parsed).filter(
    (entry): entry is [string, string | number | boolean] => entry[1] !== null && typeof entry[1] !== 'object',
  );
}
