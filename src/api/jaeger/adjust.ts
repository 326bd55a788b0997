/**
 * What Jaeger's query service does to a trace before it shows it, unless `raw` is asked: its adjusters in their order
 * (jaegertracing/jaeger, jaegerquery/internal/adjuster), with the correction of clock skew off, as it is by default: then it only warns.
 */
import { MAX_LISTED, type StoredAttribute, type StoredSpan } from '#query';
import { clockSkewWarnings } from './clock-skew.ts';

export interface AdjustedSpan {
  readonly span: StoredSpan;
  readonly warnings: readonly string[];
}

const KIND_SERVER = 2;
const KIND_CLIENT = 3;
const ADDRESS_KEYS = new Set(['ip', 'peer.ipv4']);
const LIBRARY_KEYS = new Set([
  'telemetry.sdk.language',
  'telemetry.sdk.name',
  'telemetry.sdk.version',
  'telemetry.distro.name',
  'telemetry.distro.version',
]);

/** Spans of one trace. The order is kept; copies of a span are left out. */
export function adjustTrace(spans: readonly StoredSpan[]): readonly AdjustedSpan[] {
  const distinct = withoutCopies(separateSharedIds(spans));
  const skewed = clockSkewWarnings(distinct);
  return distinct.map((span, row) => {
    const warnings = [...cutWarnings(span), ...skewed[row]!];
    const moved = moveLibrary(writeAddresses(span), warnings);
    const links = moved.links.filter((link) => !/^0*$/.test(link.traceId));
    for (let i = links.length; i < span.links.length; i++) warnings.push('Invalid span link removed');
    return { span: { ...moved, links }, warnings };
  });
}

/** What an answer could not hold of a span is said there: nothing is left out silently. */
function cutWarnings({ cut }: StoredSpan): readonly string[] {
  if (cut === undefined) return [];
  const { attributes, resource, events, links, texts } = cut;
  return [
    ...(attributes === undefined ? [] : [`long values are cut: the attributes take ${attributes} bytes`]),
    ...(resource === undefined ? [] : [`long values are cut: the resource's attributes take ${resource} bytes`]),
    ...(events === undefined ? [] : [`the span has ${events} events, the first ${MAX_LISTED} are here`]),
    ...(links === undefined ? [] : [`the span has ${links} links, the first ${MAX_LISTED} are here`]),
    ...(texts === undefined ? [] : ['long texts are cut']),
  ];
}

/** Spans as they are, for `raw`. */
export function rawTrace(spans: readonly StoredSpan[]): readonly AdjustedSpan[] {
  return spans.map((span) => ({ span, warnings: cutWarnings(span) }));
}

/**
 * Zipkin's clients give the client's and the server's span of a call one id. The server's gets a new one and becomes the
 * child of the client's; children of the id follow it.
 */
function separateSharedIds(spans: readonly StoredSpan[]): readonly StoredSpan[] {
  const clients = new Set(spans.filter((span) => span.kind === KIND_CLIENT).map((span) => span.spanId));
  const used = new Set(spans.map((span) => span.spanId));
  const renamed = new Map<string, string>();
  let last = 0n;
  const separated = spans.map((span) => {
    if (span.kind !== KIND_SERVER || !clients.has(span.spanId)) return span;
    let spanId: string;
    do spanId = (++last).toString(16).padStart(16, '0');
    while (used.has(spanId));
    renamed.set(span.spanId, spanId);
    return { ...span, spanId, parentSpanId: span.spanId };
  });
  if (renamed.size === 0) return spans;
  return separated.map((span) => {
    const parent = renamed.get(span.parentSpanId);
    return parent === undefined || parent === span.spanId ? span : { ...span, parentSpanId: parent };
  });
}

/** A sender that tries again may have sent a span twice. Only those that are alike in everything are copies. */
function withoutCopies(spans: readonly StoredSpan[]): readonly StoredSpan[] {
  const counts = new Map<string, number>();
  for (const { spanId } of spans) counts.set(spanId, (counts.get(spanId) ?? 0) + 1);
  const seen = new Set<string>();
  return spans.filter((span) => {
    if (counts.get(span.spanId) === 1) return true;
    const text = JSON.stringify(span, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}

/** Old clients packed an IPv4 address into a number. */
function writeAddresses(span: StoredSpan): StoredSpan {
  if (!span.attributes.some(isPackedAddress)) return span;
  return {
    ...span,
    attributes: span.attributes.map((attribute) => (isPackedAddress(attribute) ? unpacked(attribute) : attribute)),
  };
}

function isPackedAddress({ key, value }: StoredAttribute): boolean {
  return ADDRESS_KEYS.has(key) && (value.type === 'int' || value.type === 'double');
}

function unpacked({ key, value }: StoredAttribute): StoredAttribute {
  const packed = Number(value.value) >>> 0;
  const text = [24, 16, 8, 0].map((shift) => (packed >>> shift) & 255).join('.');
  return { key, value: { type: 'string', value: text } };
}

/** Attributes of the SDK belong to the process, not to each span. */
function moveLibrary(span: StoredSpan, warnings: string[]): StoredSpan {
  const library = span.attributes.filter(({ key }) => LIBRARY_KEYS.has(key));
  if (library.length === 0) return span;
  const kept = new Set<string>();
  const resource = [...span.resource];
  for (const attribute of library) {
    const own = resource.find(({ key }) => key === attribute.key);
    if (own === undefined) resource.push(attribute);
    else if (own.value.value !== attribute.value.value) {
      kept.add(attribute.key);
      warnings.push(`conflicting values between Span and Resource for attribute ${attribute.key}`);
    }
  }
  const attributes = span.attributes.filter(({ key }) => !LIBRARY_KEYS.has(key) || kept.has(key));
  return { ...span, attributes, resource };
}
