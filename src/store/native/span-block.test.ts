import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { attributeKey, type SpanChunk } from '#pdata';
import { decodeTraces } from '#wire';
import { tracesRequest } from '../../wire/testing/arbitraries.ts';
import { decodeReference, encodeReference, type ReferenceObject } from '../../wire/testing/otlp-reference.ts';
import { Inserter } from '../inserter.ts';
import { EVENT_PATHS, LINK_PATHS, SPAN_PATHS, type TypedPath } from '../schema/index.ts';
import { canonicalPairs } from '../testing/canonical.ts';
import { encodeSegment } from '../testing/encode.ts';
import { clampedTime, hexOf, listOf, nextIngestedAtNs, storedTime } from '../testing/expected.ts';
import { RowBinaryReader } from '../testing/row-binary.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { SegmentEncoder } from './segment-encoder.ts';

let store: TestStore;
let inserter: Inserter;
const LONG = { timeout: 120_000 };
const encoder = new SegmentEncoder();

beforeAll(async () => {
  store = await startTestStore();
  inserter = new Inserter(store.endpoint, 30_000);
});
afterAll(async () => {
  inserter.close();
  await store.close();
});

/** Stores the chunks and gives every span back as plain data, with all that stands in other tables, in the order of their span ids. */
async function throughStore(chunks: readonly SpanChunk[]): Promise<StoredSpan[]> {
  const ingestedAt = nextIngestedAtNs();
  for (const block of encodeSegment(encoder, chunks, ingestedAt))
    await inserter.insert(block, `test-${ingestedAt}-${block.table}`);
  const owners = {
    resources: await readAll('SELECT resource_id, attributes, schema_url FROM resources', readResource),
    scopes: await readAll('SELECT scope_id, name, version, attributes, schema_url FROM scopes', readScope),
  };
  const own = `ingested_at = fromUnixTimestamp64Nano(${ingestedAt}, 'UTC')`;
  const part = `trace_id, span_id, span_time, position`;
  const parts = {
    events: await readAll(
      `SELECT ${part}, time, name, attributes, attributes_other, dropped_attributes_count FROM span_events WHERE ${own}`,
      readEvent,
    ),
    links: await readAll(
      `SELECT ${part}, linked_trace_id, linked_span_id, linked_trace_state, attributes, attributes_other, flags,
        dropped_attributes_count FROM span_links WHERE ${own}`,
      readLink,
    ),
  };
  const spans = await readAll(
    `SELECT time, duration_ns, trace_id, span_id, parent_span_id, trace_state, flags, service_name, name, kind, status_code,
      status_message, attributes, attributes_other, resource_id, scope_id, dropped_attributes_count, dropped_events_count,
      dropped_links_count FROM spans WHERE ${own}`,
    (reader) => readSpan(reader, owners),
  );
  return spans.map((span) => ({ ...span, ...partsOf(span, parts) })).sort(byId);
}

async function readAll<T>(query: string, readRow: (reader: RowBinaryReader) => T): Promise<T[]> {
  const reader = new RowBinaryReader(await store.query(`${query} FORMAT RowBinary`));
  const rows: T[] = [];
  while (!reader.isDone) rows.push(readRow(reader));
  return rows;
}

function readResource(reader: RowBinaryReader) {
  return { id: reader.uint64(), attributes: reader.attributes(), url: reader.text() };
}

function readScope(reader: RowBinaryReader) {
  const id = reader.uint64();
  return { id, name: reader.text(), version: reader.text(), attributes: reader.attributes(), url: reader.text() };
}

function readPart(reader: RowBinaryReader) {
  const traceId = reader.bytes(16).toString('hex');
  return { traceId, spanId: reader.bytes(8).toString('hex'), spanTime: reader.int64(), position: reader.uint32() };
}

function readEvent(reader: RowBinaryReader) {
  const head = { ...readPart(reader), time: reader.int64(), name: reader.text() };
  return { ...head, attributes: readAttributes(reader, EVENT_PATHS), dropped: reader.uint32() };
}

function readLink(reader: RowBinaryReader) {
  const head = readPart(reader);
  const linked = {
    traceId: reader.bytes(16).toString('hex'),
    spanId: reader.bytes(8).toString('hex'),
    state: reader.text(),
  };
  return {
    ...head,
    linked,
    attributes: readAttributes(reader, LINK_PATHS),
    flags: reader.uint32(),
    dropped: reader.uint32(),
  };
}

function readAttributes(reader: RowBinaryReader, typed: readonly TypedPath[]): string[] {
  return [...reader.attributes(typed), ...reader.attributes()].sort();
}

interface Parts {
  readonly events: readonly ReturnType<typeof readEvent>[];
  readonly links: readonly ReturnType<typeof readLink>[];
}

/** Spans of the same ids and time can't be told apart in these tables: such a span is given the parts of all. */
function partsOf(span: { traceId: string; spanId: string; time: string }, { events, links }: Parts) {
  const isOwn = (part: ReturnType<typeof readPart>): boolean =>
    part.traceId === span.traceId && part.spanId === span.spanId && part.spanTime === span.time;
  const inOrder = (a: { position: number }, b: { position: number }): number => a.position - b.position;
  const ownEvents = events.filter(isOwn).sort(inOrder);
  const ownLinks = links.filter(isOwn).sort(inOrder);
  return {
    events: ownEvents.map(({ time, name, attributes, dropped }) => ({ time, name, attributes, dropped })),
    links: ownLinks.map(({ linked, attributes, flags, dropped }) => ({ ...linked, attributes, flags, dropped })),
  };
}

type StoredSpan = ReturnType<typeof readSpan> & ReturnType<typeof partsOf>;

function byId(a: { spanId: string; traceId: string }, b: { spanId: string; traceId: string }): number {
  const left = a.spanId + a.traceId + JSON.stringify(a);
  const right = b.spanId + b.traceId + JSON.stringify(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

interface StoredOwners {
  readonly resources: readonly ReturnType<typeof readResource>[];
  readonly scopes: readonly ReturnType<typeof readScope>[];
}

function readSpan(reader: RowBinaryReader, { resources, scopes }: StoredOwners) {
  const text = (): string => reader.text();
  const hex = (length: number): string => reader.bytes(length).toString('hex');
  const own = {
    time: reader.int64(),
    durationNs: reader.uint64(),
    traceId: hex(16),
    spanId: hex(8),
    parentSpanId: hex(8),
    traceState: text(),
    flags: reader.uint32(),
    serviceName: text(),
    name: text(),
    kind: reader.byte(),
    statusCode: reader.byte(),
    statusMessage: text(),
    attributes: readAttributes(reader, SPAN_PATHS),
  };
  const ids = { resource: reader.uint64(), scope: reader.uint64() };
  const resource = resources.find(({ id }) => id === ids.resource)!;
  const scope = scopes.find(({ id }) => id === ids.scope)!;
  return {
    ...own,
    resource: resource.attributes,
    scopeName: scope.name,
    scopeVersion: scope.version,
    scopeAttributes: scope.attributes,
    resourceUrl: resource.url,
    scopeUrl: scope.url,
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
    scopeAttributes: canonicalPairs(scope.attributes).sort(),
    resourceUrl: (resourceSpans.schemaUrl as string | undefined) ?? '',
    scopeUrl: (scopeSpans.schemaUrl as string | undefined) ?? '',
    events: events.map((event) => ({
      time: clampedTime(event.timeUnixNano),
      name: (event.name as string | undefined) ?? '',
      attributes: canonicalPairs(event.attributes).sort(),
      dropped: (event.droppedAttributesCount as number | undefined) ?? 0,
    })),
    links: links.map((link) => ({
      traceId: hexOf(link.traceId, 16),
      spanId: hexOf(link.spanId, 8),
      state: (link.traceState as string | undefined) ?? '',
      attributes: canonicalPairs(link.attributes).sort(),
      flags: (link.flags as number | undefined) ?? 0,
      dropped: (link.droppedAttributesCount as number | undefined) ?? 0,
    })),
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
    { numRuns: 25 },
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
