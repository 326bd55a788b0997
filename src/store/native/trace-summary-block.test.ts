import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SpanChunk } from '#pdata';
import { decodeTraces } from '#wire';
import { encodeReference } from '../../wire/testing/otlp-reference.ts';
import { Inserter } from '../inserter.ts';
import { encodeSegment } from '../testing/encode.ts';
import { nextIngestedAtNs } from '../testing/expected.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { KnownIds } from './known-ids.ts';
import { SegmentEncoder } from './segment-encoder.ts';

let store: TestStore;
let inserter: Inserter;
const encoder = new SegmentEncoder();
beforeAll(async () => {
  store = await startTestStore();
  inserter = new Inserter(store.endpoint, 30_000);
});
afterAll(async () => {
  inserter.close();
  await store.close();
});

const START_NS = 1_763_800_000_000_000_000n;

interface Made {
  readonly trace: number;
  readonly name: string;
  readonly service: string;
  readonly isRoot?: true;
  readonly fromMs: number;
  readonly lastsMs: number;
  readonly isError?: true;
  readonly eventCount?: number;
  readonly linkCount?: number;
}

function chunkOf(spans: readonly Made[]): SpanChunk {
  const resourceSpans = spans.map(
    ({ trace, name, service, isRoot, fromMs, lastsMs, isError, eventCount = 0, linkCount = 0 }, i) => ({
      resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: new Uint8Array(16).fill(trace),
              spanId: new Uint8Array(8).fill(i + 1),
              ...(isRoot ? {} : { parentSpanId: new Uint8Array(8).fill(99) }),
              name,
              startTimeUnixNano: String(START_NS + BigInt(fromMs) * 1_000_000n),
              endTimeUnixNano: String(START_NS + BigInt(fromMs + lastsMs) * 1_000_000n),
              ...(isError ? { status: { code: 2 } } : {}),
              events: Array.from({ length: eventCount }, () => ({ name: 'event' })),
              links: Array.from({ length: linkCount }, () => ({ spanId: new Uint8Array(8).fill(1) })),
            },
          ],
        },
      ],
    }),
  );
  return decodeTraces(encodeReference('traces', { resourceSpans })).chunk;
}

async function insert(chunks: readonly SpanChunk[], known?: KnownIds): Promise<string[]> {
  const ingestedAt = nextIngestedAtNs();
  const tables: string[] = [];
  for (const block of encodeSegment(encoder, chunks, ingestedAt, known)) {
    tables.push(block.table);
    await inserter.insert(block, `test-${ingestedAt}-${block.table}`);
  }
  return tables;
}

test('what the segments say of a trace is put together', async () => {
  await insert([
    chunkOf([
      { trace: 1, name: 'late root', service: 'a', isRoot: true, fromMs: 50, lastsMs: 10 },
      { trace: 1, name: 'root', service: 'b', isRoot: true, fromMs: 5, lastsMs: 100, eventCount: 2 },
      { trace: 1, name: 'early', service: 'b', fromMs: 0, lastsMs: 20, isError: true, eventCount: 1, linkCount: 3 },
      { trace: 2, name: 'only child', service: 'c', fromMs: 7, lastsMs: 0 },
    ]),
  ]);
  await insert([
    chunkOf([{ trace: 1, name: 'later', service: 'c', fromMs: 90, lastsMs: 500, isError: true, eventCount: 1 }]),
  ]);
  const text = await store.text(`
    SELECT hex(substring(trace_id, 1, 1)), toUnixTimestamp64Milli(min(start)) - ${START_NS / 1_000_000n} AS from_ms,
      toUnixTimestamp64Milli(max(start + toIntervalMillisecond(range_ms))) - ${START_NS / 1_000_000n} AS last_start_ms,
      toUnixTimestamp64Milli(max(addNanoseconds(start, duration_ns))) - ${START_NS / 1_000_000n} AS end_ms,
      sum(span_count), sum(error_count), sum(event_count), sum(link_count), arraySort(groupUniqArrayArray(services)),
      argMinIf(root_name, addNanoseconds(start, root_offset_ns), root_offset_ns >= 0),
      argMinIf(root_service, addNanoseconds(start, root_offset_ns), root_offset_ns >= 0), countIf(root_offset_ns >= 0)
    FROM traces GROUP BY trace_id ORDER BY trace_id FORMAT TSV`);
  expect(text.split('\n')).toEqual([
    "01\t0\t90\t590\t4\t2\t4\t3\t['a','b','c']\troot\tb\t1",
    "02\t7\t7\t7\t1\t0\t0\t0\t['c']\t\t\t0",
  ]);
});

test('spans go to the store in the order of the table, so that it need not sort them', async () => {
  const services = ['web', 'api', 'db'];
  const chunks = Array.from({ length: 4 }, (_, round) =>
    chunkOf(
      Array.from({ length: 30 }, (__, i) => ({
        trace: 10 + i,
        name: `${round}-${i}`,
        service: services[i % 3]!,
        // Some of another bucket.
        fromMs: i % 5 === 0 ? 400_000 : i,
        lastsMs: 1,
      })),
    ),
  );
  const ingestedAt = nextIngestedAtNs();
  await store.query('CREATE TABLE arrived AS spans ENGINE = Memory');
  const blocks = encodeSegment(encoder, chunks, ingestedAt);
  for (const block of blocks)
    if (block.table === 'spans') await inserter.insert({ ...block, table: 'arrived' }, 'arrived');
  const inOrder = 'SELECT intDiv(toInt64(time), 300), service_name, name FROM arrived';
  const arrived = (await store.text(`${inOrder} FORMAT TSV`)).split('\n');
  expect(arrived).toHaveLength(120);
  const key = (line: string): string => line.split('\t').slice(0, 2).join('\t');
  expect(arrived.map(key)).toEqual(arrived.map(key).sort());
  // What has the same key stays as it came.
  const first = arrived.filter((line) => key(line) === key(arrived[0]!)).map((line) => line.split('\t')[2]!);
  expect(first).toEqual([...first].sort((a, b) => Number(a.split('-')[0]) - Number(b.split('-')[0])));
});

test('a resource and a scope are written once, and again when an hour has passed', () => {
  const known = new KnownIds(1000);
  const chunk = chunkOf([{ trace: 3, name: 'x', service: 'renewed', fromMs: 0, lastsMs: 1 }]);
  const tablesAt = (seconds: number): string[] =>
    [...encodeSegment(encoder, [chunk], BigInt(seconds) * 1_000_000_000n, known)].map(({ table }) => table);
  expect(tablesAt(1_763_800_000)).toEqual(['resources', 'scopes', 'traces', 'request_slots', 'spans']);
  expect(tablesAt(1_763_800_001)).toEqual(['traces', 'request_slots', 'spans']);
  expect(tablesAt(1_763_803_600)).toEqual(['resources', 'scopes', 'traces', 'request_slots', 'spans']);
});
