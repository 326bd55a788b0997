import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { attributeKey, type SpanChunk } from '#pdata';
import { decodeTraces } from '#wire';
import { tracesRequest } from '../../wire/testing/arbitraries.ts';
import { decodeReference, encodeReference, type ReferenceObject } from '../../wire/testing/otlp-reference.ts';
import { Inserter } from '../inserter.ts';
import { canonicalJsonPairs, canonicalPairs } from '../testing/canonical.ts';
import { encodeBlock } from '../testing/encode.ts';
import { clampedTime, hexOf, listOf, nextIngestedAtNs, storedTime } from '../testing/expected.ts';
import { RowBinaryReader } from '../testing/row-binary.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { SpanBlockEncoder } from './span-block.ts';

let store: TestStore;
let inserter: Inserter;
const LONG = { timeout: 120_000 };
const encoder = new SpanBlockEncoder();

beforeAll(async () => {
  store = await startTestStore();
  inserter = new Inserter(store.endpoint, 30_000);
});
afterAll(async () => {
  inserter.close();
  await store.close();
});

/** Stores the chunks and gives every row back as plain data, in the order of their span ids. */
async function throughStore(chunks: readonly SpanChunk[]): Promise<StoredSpan[]> {
  const ingestedAt = nextIngestedAtNs();
  await inserter.insert(encodeBlock(encoder, chunks, ingestedAt), `test-${ingestedAt}`);
  const bytes = await store.query(`
    SELECT time, duration_ns, trace_id, span_id, parent_span_id, trace_state, flags, service_name, name, kind, status_code,
      status_message, attributes, resource, scope_name, scope_version, scope_attributes, resource_schema_url,
      scope_schema_url, event_time, event_name, event_attributes, event_dropped_attributes_count, link_trace_id,
      link_span_id, link_trace_state, link_attributes, link_flags, link_dropped_attributes_count,
      dropped_attributes_count, dropped_events_count, dropped_links_count
    FROM spans WHERE ingested_at = fromUnixTimestamp64Nano(${ingestedAt}, 'UTC') FORMAT RowBinary`);
  const reader = new RowBinaryReader(bytes);
  const spans: StoredSpan[] = [];
  while (!reader.isDone) spans.push(readSpan(reader));
  return spans.sort(byId);
}

type StoredSpan = ReturnType<typeof readSpan>;

function byId(a: { spanId: string; traceId: string }, b: { spanId: string; traceId: string }): number {
  const left = a.spanId + a.traceId + JSON.stringify(a);
  const right = b.spanId + b.traceId + JSON.stringify(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

function readSpan(reader: RowBinaryReader) {
  const text = (): string => reader.text();
  const hex = (length: number) => (): string => reader.bytes(length).toString('hex');
  return {
    time: reader.int64(),
    durationNs: reader.uint64(),
    traceId: hex(16)(),
    spanId: hex(8)(),
    parentSpanId: hex(8)(),
    traceState: text(),
    flags: reader.uint32(),
    serviceName: text(),
    name: text(),
    kind: reader.byte(),
    statusCode: reader.byte(),
    statusMessage: text(),
    attributes: reader.attributes(),
    resource: reader.attributes(),
    scopeName: text(),
    scopeVersion: text(),
    scopeAttributes: canonicalJsonPairs(text()),
    resourceUrl: text(),
    scopeUrl: text(),
    eventTimes: reader.list(() => reader.int64()),
    eventNames: reader.list(text),
    eventAttributes: reader.list(() => canonicalJsonPairs(text())),
    eventDropped: reader.list(() => reader.uint32()),
    linkTraceIds: reader.list(hex(16)),
    linkSpanIds: reader.list(hex(8)),
    linkStates: reader.list(text),
    linkAttributes: reader.list(() => canonicalJsonPairs(text())),
    linkFlags: reader.list(() => reader.uint32()),
    linkDropped: reader.list(() => reader.uint32()),
    droppedAttributes: reader.uint32(),
    droppedEvents: reader.uint32(),
    droppedLinks: reader.uint32(),
  };
}

/** What the store has to hold, worked out from the reference decoder's view of the same bytes. */
function expectedSpans(body: Uint8Array): StoredSpan[] {
  const spans: StoredSpan[] = [];
  for (const resourceSpans of listOf(decodeReference('traces', body).resourceSpans)) {
    for (const scopeSpans of listOf(resourceSpans.scopeSpans)) {
      for (const span of listOf(scopeSpans.spans)) spans.push(expectedSpan(span, scopeSpans, resourceSpans));
    }
  }
  return spans.sort(byId);
}

function expectedSpan(span: ReferenceObject, scopeSpans: ReferenceObject, resourceSpans: ReferenceObject): StoredSpan {
  const scope = (scopeSpans.scope ?? {}) as ReferenceObject;
  const resource = canonicalPairs(((resourceSpans.resource ?? {}) as ReferenceObject).attributes);
  const service = resource.find((pair) => pair.startsWith('service.name='))?.slice('service.name='.length);
  const status = (span.status ?? {}) as ReferenceObject;
  const start = BigInt((span.startTimeUnixNano as string | undefined) ?? '0');
  const end = BigInt((span.endTimeUnixNano as string | undefined) ?? '0');
  const events = listOf(span.events);
  const links = listOf(span.links);
  return {
    time: storedTime(span.startTimeUnixNano, span.endTimeUnixNano),
    durationNs: String(end < start || start === 0n ? 0n : end - start),
    traceId: hexOf(span.traceId, 16),
    spanId: hexOf(span.spanId, 8),
    parentSpanId: hexOf(span.parentSpanId, 8),
    traceState: (span.traceState as string | undefined) ?? '',
    flags: (span.flags as number | undefined) ?? 0,
    serviceName: service === undefined ? '' : service.startsWith('s:') ? service.slice(2) : expect.any(String),
    name: (span.name as string | undefined) ?? '',
    kind: (span.kind as number | undefined) ?? 0,
    statusCode: (status.code as number | undefined) ?? 0,
    statusMessage: (status.message as string | undefined) ?? '',
    attributes: canonicalPairs(span.attributes).sort(),
    resource: resource.sort(),
    scopeName: (scope.name as string | undefined) ?? '',
    scopeVersion: (scope.version as string | undefined) ?? '',
    scopeAttributes: canonicalPairs(scope.attributes),
    resourceUrl: (resourceSpans.schemaUrl as string | undefined) ?? '',
    scopeUrl: (scopeSpans.schemaUrl as string | undefined) ?? '',
    eventTimes: events.map((event) => clampedTime(event.timeUnixNano)),
    eventNames: events.map((event) => (event.name as string | undefined) ?? ''),
    eventAttributes: events.map((event) => canonicalPairs(event.attributes)),
    eventDropped: events.map((event) => (event.droppedAttributesCount as number | undefined) ?? 0),
    linkTraceIds: links.map((link) => hexOf(link.traceId, 16)),
    linkSpanIds: links.map((link) => hexOf(link.spanId, 8)),
    linkStates: links.map((link) => (link.traceState as string | undefined) ?? ''),
    linkAttributes: links.map((link) => canonicalPairs(link.attributes)),
    linkFlags: links.map((link) => (link.flags as number | undefined) ?? 0),
    linkDropped: links.map((link) => (link.droppedAttributesCount as number | undefined) ?? 0),
    droppedAttributes: (span.droppedAttributesCount as number | undefined) ?? 0,
    droppedEvents: (span.droppedEventsCount as number | undefined) ?? 0,
    droppedLinks: (span.droppedLinksCount as number | undefined) ?? 0,
  };
}

test('any spans come back from the store as the reference decoder sees them', LONG, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(tracesRequest, { minLength: 1, maxLength: 3 }), async (requests) => {
      const bodies = requests.map((request) => encodeReference('traces', request));
      const chunks = bodies.map((body) => decodeTraces(body.slice()).chunk).filter((chunk) => chunk.count > 0);
      fc.pre(chunks.length > 0);
      expect(await throughStore(chunks)).toEqual(bodies.flatMap(expectedSpans).sort(byId));
    }),
    { numRuns: 40 },
  );
});

test('a selection of rows and changed spans are stored as they are after the change', async () => {
  const chunk = sampleSpans(5).chunk.clone() as SpanChunk;
  chunk.rowAttributes.of(1).set(attributeKey('added'), 'x');
  chunk.rowAttributes.of(3).delete(attributeKey('n'));
  const span = chunk.view();
  span.row = 1;
  span.statusMessage = 'changed';
  const stored = await throughStore([chunk.select(Uint32Array.of(1, 3))]);
  expect(stored.map(({ name, attributes, statusMessage }) => ({ name, attributes, statusMessage }))).toEqual([
    { name: 'span 1', attributes: ['added=s:x', 'n=i:1'], statusMessage: 'changed' },
    { name: 'span 3', attributes: [], statusMessage: 'before' },
  ]);
});

function sampleSpans(count: number): ReturnType<typeof decodeTraces> {
  const spans = Array.from({ length: count }, (_, n) => ({
    traceId: new Uint8Array(16).fill(1),
    spanId: new Uint8Array(8).fill(n + 1),
    name: `span ${n}`,
    status: { message: 'before' },
    attributes: [{ key: 'n', value: { intValue: String(n) } }],
  }));
  return decodeTraces(encodeReference('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] }));
}
