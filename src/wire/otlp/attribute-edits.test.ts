import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attributeKey, Batch, type LogChunk } from '#pdata';
import { LogsBuilder } from '../build/logs-builder.ts';
import { decodeLogs } from './decode-logs.ts';
import { encodeOtlp } from './encode.ts';

/** What a chunk answers and becomes must not depend on whether its attributes are looked up one by one or stand in a table. */

const KEYS = ['a', 'b', 'service.name', 'service.line', 'k'.repeat(200), 'é'].map(attributeKey);

type Step =
  | { readonly kind: 'set'; readonly row: number; readonly key: number; readonly value: string | number | boolean }
  | { readonly kind: 'delete' | 'get' | 'event'; readonly row: number; readonly key: number };

const ROWS = 4;
const place = { row: fc.nat(ROWS - 1), key: fc.nat(KEYS.length - 1) };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('set' as const),
    ...place,
    value: fc.oneof(fc.string({ maxLength: 5 }), fc.integer(), fc.boolean(), fc.constant('x'.repeat(150))),
  }),
  fc.record({ kind: fc.constantFrom('delete' as const, 'get' as const, 'event' as const), ...place }),
);
const attributes = fc.dictionary(
  fc.constantFrom(...KEYS.map(({ text }) => text)),
  fc.oneof(fc.string({ maxLength: 4 }), fc.integer(), fc.constant<string[]>(['list'])),
);
const bodies = fc.array(attributes, { minLength: ROWS, maxLength: ROWS }).map((rows) => {
  const builder = new LogsBuilder();
  const group = builder.group({ resource: { r: 1 }, scope: { name: 's' } });
  for (const row of rows) group.add({ timeNs: 5n, severityNumber: 9, body: 'text', attributes: row });
  return builder.body();
});

function run(chunk: LogChunk, steps: readonly Step[]): unknown[] {
  const log = chunk.view();
  return steps.map((one) => {
    log.row = one.row;
    const key = KEYS[one.key]!;
    if (one.kind === 'set') log.attributes.set(key, one.value);
    else if (one.kind === 'delete') return log.attributes.delete(key);
    // The record gets another message, and its attributes another place.
    else if (one.kind === 'event') log.eventName = `event ${one.key}`;
    return log.attributes.get(key);
  });
}

function withTable(body: Uint8Array): LogChunk {
  const { chunk } = decodeLogs(body.slice());
  void chunk.rowAttributes.table;
  return chunk;
}

const bytesOf = (chunk: LogChunk): string => Buffer.from(encodeOtlp(new Batch('logs', [chunk]))).toString('hex');

/** With their types, and in order. */
function attributesOf(chunk: LogChunk): unknown[] {
  const log = chunk.view();
  return Array.from({ length: chunk.count }, (_, index) => {
    log.row = chunk.rowAt(index);
    return [...log.attributes.entries()];
  });
}

describe('attributes that are looked up one by one', () => {
  test('are those of a table after any changes', () => {
    fc.assert(
      fc.property(bodies, fc.array(step, { maxLength: 40 }), (body, steps) => {
        const one = decodeLogs(body.slice()).chunk;
        const other = withTable(body);
        expect(run(one, steps)).toEqual(run(other, steps));
        expect(attributesOf(decodeLogs(encodeOtlp(new Batch('logs', [one]))).chunk)).toEqual(attributesOf(other));
        expect(attributesOf(one)).toEqual(attributesOf(other));
      }),
    );
  });

  test('of halves and clones are changed apart', () => {
    fc.assert(
      fc.property(bodies, fc.array(step, { maxLength: 12 }), fc.array(step, { maxLength: 12 }), (body, first, more) => {
        const one = decodeLogs(body.slice()).chunk;
        const other = withTable(body);
        run(one, first);
        run(other, first);
        const before = attributesOf(other.clone());
        const clone = one.clone();
        run(one.clone(), more);
        const halves = [Uint32Array.of(0, 2), Uint32Array.of(1, 3)] as const;
        for (const [i, rows] of halves.entries()) {
          const mine = more.filter(({ row }) => row % 2 === i);
          const part = one.select(rows);
          const wanted = other.select(rows);
          expect(run(part, mine)).toEqual(run(wanted, mine));
          expect(attributesOf(decodeLogs(Buffer.from(bytesOf(part), 'hex')).chunk)).toEqual(attributesOf(wanted));
        }
        expect(attributesOf(clone)).toEqual(before);
      }),
    );
  });
});

test('an attribute stays where it stands, with what is between', () => {
  const builder = new LogsBuilder();
  builder.group({ resource: {}, scope: { name: 's' } }).add({ timeNs: 1n, attributes: { a: 1, b: 'two', k: true } });
  const body = builder.body();
  const { chunk } = decodeLogs(body.slice());
  const log = chunk.view();
  log.attributes.set(attributeKey('b'), 'TWO');
  expect(Buffer.from(bytesOf(chunk), 'hex').toString('latin1')).toBe(
    Buffer.from(body).toString('latin1').replace('two', 'TWO'),
  );
});
