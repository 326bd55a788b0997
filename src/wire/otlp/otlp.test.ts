import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '#base';
import {
  attributeKey,
  Batch,
  LogChunk,
  PointChunk,
  readEvents,
  readExponentialBuckets,
  readHistogramBuckets,
  readLinks,
  SIGNALS,
  type Signal,
  SpanChunk,
} from '#pdata';
import { logsRequest, metricsRequest, tracesRequest } from '../testing/arbitraries.ts';
import { decodeReference, encodeReference, type ReferenceObject } from '../testing/otlp-reference.ts';
import { decodeOtlp, decodeOtlpJson } from './decode.ts';
import { compact, encodeOtlp } from './encode.ts';
import { encodeOtlpJson } from './json-encode.ts';

const REQUESTS: Record<Signal, fc.Arbitrary<ReferenceObject>> = {
  traces: tracesRequest,
  logs: logsRequest,
  metrics: metricsRequest,
};

/** All items of a request in order, whatever the signal. */
function itemsOf(request: ReferenceObject): ReferenceObject[] {
  const lists = [
    'resourceSpans',
    'scopeSpans',
    'spans',
    'resourceLogs',
    'scopeLogs',
    'logRecords',
    'resourceMetrics',
    'scopeMetrics',
    'metrics',
    'gauge',
    'sum',
    'histogram',
    'exponentialHistogram',
    'summary',
    'dataPoints',
  ];
  const below = lists.filter(
    (name) =>
      name in request &&
      (Array.isArray(request[name]) || typeof request[name] === 'object') &&
      !(name === 'sum' && typeof request[name] === 'number'),
  );
  if (below.length === 0 || 'timeUnixNano' in request || 'traceId' in request) return [request];
  return below.flatMap((name) => [request[name]].flat().flatMap((child) => itemsOf(child as ReferenceObject)));
}

function withoutUnknownFields(request: ReferenceObject): ReferenceObject {
  const text = JSON.stringify(request, (key, item: unknown) => {
    if (key === 'futureField') return undefined;
    if (item instanceof Uint8Array) return { hex: Buffer.from(item).toString('hex') };
    return typeof item === 'number' && !Number.isFinite(item) ? { number: String(item) } : item;
  });
  return JSON.parse(text, (_key, item: { hex?: string; number?: string }) => {
    if (typeof item?.hex === 'string') return Uint8Array.from(Buffer.from(item.hex, 'hex'));
    return typeof item?.number === 'string' ? Number(item.number) : item;
  }) as ReferenceObject;
}

function decode(signal: Signal, bytes: Uint8Array): Batch {
  return new Batch(signal, [decodeOtlp(signal, bytes).chunk]);
}

/** Touches everything that reads bytes late: it must be safe on whatever the decoder let through. */
function readAll(batch: Batch): void {
  for (const chunk of batch.chunks) {
    for (let resource = 0; resource < chunk.resourceCount; resource++) chunk.resourceAttributes.of(resource).toObject();
    for (let scope = 0; scope < chunk.scopeCount; scope++) chunk.scopeName(scope);
    for (let i = 0; i < chunk.count; i++) chunk.rowAttributes.of(chunk.rowAt(i)).toObject();
    if (chunk instanceof SpanChunk) {
      readEvents(chunk);
      readLinks(chunk);
    } else if (chunk instanceof PointChunk) {
      for (let row = 0; row < chunk.rowCount; row++) {
        readHistogramBuckets(chunk, row);
        readExponentialBuckets(chunk, row);
      }
    } else if (chunk instanceof LogChunk) {
      const log = chunk.view();
      for (log.row = 0; log.row < chunk.rowCount; log.row++) void log.body;
    }
  }
}

describe.each(SIGNALS)('OTLP %s', (signal) => {
  test('an untouched body is passed on byte for byte', () => {
    fc.assert(
      fc.property(REQUESTS[signal], (request) => {
        const bytes = encodeReference(signal, request);
        expect(Buffer.from(encodeOtlp(decode(signal, bytes.slice())))).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 100 },
    );
  });

  test('dropping every other item leaves the others, their resources and scopes as they were', () => {
    fc.assert(
      fc.property(REQUESTS[signal], (request) => {
        const bytes = encodeReference(signal, request);
        const [chunk] = decode(signal, bytes).chunks;
        const rows = Uint32Array.from({ length: Math.ceil(chunk!.count / 2) }, (_, i) => i * 2);
        const kept = decodeReference(signal, encodeOtlp(new Batch(signal, [chunk!.select(rows)])));
        const all = itemsOf(decodeReference(signal, bytes));
        expect(itemsOf(kept)).toEqual(all.filter((_, i) => i % 2 === 0));
        const compacted = compact(new Batch(signal, [chunk!.select(rows)]));
        expect(decodeReference(signal, encodeOtlp(compacted))).toEqual(kept);
      }),
      { numRuns: 100 },
    );
  });

  test('setting an attribute changes that item alone and keeps unknown fields', () => {
    const key = attributeKey('added.by.test');
    fc.assert(
      fc.property(REQUESTS[signal], fc.nat(), (request, pick) => {
        const bytes = encodeReference(signal, request);
        const [chunk] = decode(signal, bytes.slice()).clone().chunks;
        const row = pick % chunk!.count;
        chunk!.rowAttributes.of(row).set(key, 'yes');
        expect(chunk!.rowAttributes.of(row).get(key)).toBe('yes');
        const items = itemsOf(decodeReference(signal, encodeOtlp(new Batch(signal, [chunk!]))));
        const before = itemsOf(decodeReference(signal, bytes));
        items.forEach((item, i) => {
          if (i !== row) expect(item).toEqual(before[i]);
          else {
            const attributes = [
              ...((before[i]!.attributes as unknown[]) ?? []),
              { key: 'added.by.test', value: { stringValue: 'yes' } },
            ];
            expect(item).toEqual({ ...before[i], attributes });
          }
        });
      }),
      { numRuns: 100 },
    );
  });

  test('changing a resource leaves its items byte for byte', () => {
    const key = attributeKey('service.name');
    fc.assert(
      fc.property(REQUESTS[signal], (request) => {
        const bytes = encodeReference(signal, request);
        const batch = decode(signal, bytes.slice());
        batch.chunks[0]!.resourceAttributes.of(0).set(key, 'renamed');
        const after = decodeReference(signal, encodeOtlp(batch));
        expect(itemsOf(after)).toEqual(itemsOf(decodeReference(signal, bytes)));
        expect(JSON.stringify(after)).toContain('renamed');
      }),
      { numRuns: 50 },
    );
  });

  test('a change to a clone does not reach the original', () => {
    fc.assert(
      fc.property(REQUESTS[signal], (request) => {
        const bytes = encodeReference(signal, request);
        const batch = decode(signal, bytes);
        const copy = batch.clone();
        copy.chunks[0]!.rowAttributes.of(0).set(attributeKey('x'), [1, 'two', { three: 3 }]);
        copy.chunks[0]!.resourceAttributes.of(0).delete(attributeKey('service.name'));
        expect(batch.chunks[0]!.isVerbatim).toBe(true);
        expect(decodeReference(signal, encodeOtlp(batch))).toEqual(decodeReference(signal, bytes));
      }),
      { numRuns: 50 },
    );
  });

  test('JSON and protobuf say the same, but for fields that JSON has no name for', () => {
    fc.assert(
      fc.property(REQUESTS[signal], (request) => {
        const bytes = encodeReference(signal, withoutUnknownFields(request));
        const json = encodeOtlpJson(decode(signal, bytes));
        const back = decodeOtlpJson(signal, json);
        expect(decodeReference(signal, encodeOtlp(new Batch(signal, [back.chunk])))).toEqual(
          decodeReference(signal, bytes),
        );
      }),
      { numRuns: 100 },
    );
  });

  test('damaged bodies are refused with a DecodeError or read safely', () => {
    fc.assert(
      fc.property(
        REQUESTS[signal],
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        fc.option(fc.nat()),
        (request, changes, cut) => {
          let bytes: Uint8Array = encodeReference(signal, request);
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
          if (cut !== null) bytes = bytes.slice(0, cut % bytes.length);
          let batch: Batch;
          try {
            batch = decode(signal, bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError);
            return;
          }
          readAll(batch);
          const half = batch.chunks[0]!.select(Uint32Array.from({ length: batch.chunks[0]!.count >> 1 }, (_, i) => i));
          encodeOtlp(new Batch(signal, [half]));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("what the reference decoder can't read we refuse too", () => {
    fc.assert(
      fc.property(REQUESTS[signal], fc.nat(), (request, cut) => {
        const bytes = encodeReference(signal, request);
        const damaged = bytes.slice(0, cut % bytes.length);
        let readable = true;
        try {
          decodeReference(signal, damaged);
        } catch {
          readable = false;
        }
        if (!readable) expect(() => decodeOtlp(signal, damaged)).toThrow(DecodeError);
      }),
      { numRuns: 200 },
    );
  });

  test('random bytes never do more than fail with a DecodeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          readAll(decode(signal, bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
