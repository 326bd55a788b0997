import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type AnyValue,
  anyValueAt,
  attributeKey,
  SPAN,
  type SpanChunk,
  textAt,
  VALUE_ABSENT,
  WantedKeys,
} from '#pdata';
// The builder is of the layer above: it makes the bytes that are read here.
import { TracesBuilder } from '../wire/index.ts';

const NAMES = ['a', 'bb', 'b2', 'http.route', 'url.scheme', 'x'.repeat(130)];

function chunkOf(list: readonly (readonly [string, AnyValue])[][], traceState = ''): SpanChunk {
  const builder = new TracesBuilder();
  const group = builder.group({ resource: {} });
  const span = {
    traceId: new Uint8Array(16).fill(1),
    spanId: new Uint8Array(8).fill(2),
    name: 'n',
    startNs: 1n,
    endNs: 2n,
  };
  for (const attributes of list) group.add({ ...span, traceState, attributes });
  return builder.chunk();
}

const value: fc.Arbitrary<AnyValue> = fc.oneof(
  fc.string({ maxLength: 200 }),
  fc.boolean(),
  fc.integer(),
  fc.double({ noInteger: true, noNaN: true }),
  fc.array(fc.string(), { maxLength: 3 }),
);
const attributes = fc.array(fc.tuple(fc.constantFrom(...NAMES, 'other', ''), value), { maxLength: 12 });

test('finds the same as the table of all attributes, before and after that is built', () => {
  fc.assert(
    fc.property(fc.array(attributes, { maxLength: 5 }), fc.subarray(NAMES), (rows, names) => {
      const wanted = new WantedKeys();
      const slots = names.map((name) => wanted.slotOf(attributeKey(name)));
      const picker = wanted.picker();
      const chunk = chunkOf(rows);
      const picked = (row: number): unknown[] => {
        chunk.pickAttributes(row, picker);
        return slots.map((slot) =>
          picker.type[slot] === VALUE_ABSENT
            ? undefined
            : anyValueAt(chunk.arena, picker.type[slot]!, picker.at[slot]!, picker.length[slot]!),
        );
      };
      const without = rows.map((_, row) => picked(row));
      const fromTable = rows.map((_, row) => names.map((name) => chunk.rowAttributes.of(row).get(attributeKey(name))));
      expect(without).toEqual(fromTable);
      expect(rows.map((_, row) => picked(row))).toEqual(fromTable);
    }),
  );
});

test('sees what was changed', () => {
  const wanted = new WantedKeys();
  const slot = wanted.slotOf(attributeKey('a'));
  const picker = wanted.picker();
  const chunk = chunkOf([[['a', 'old']]]);
  chunk.rowAttributes.of(0).set(attributeKey('a'), 'new');
  chunk.pickAttributes(0, picker);
  expect(textAt(chunk.arena, picker.at[slot]!, picker.length[slot]!)).toBe('new');
});

test('finds the field that is wanted besides', () => {
  const picker = new WantedKeys().picker(SPAN.traceState);
  for (const state of ['', 'ot=th:8']) {
    const chunk = chunkOf([[['a', 1]]], state);
    for (const builds of [false, true]) {
      if (builds) void chunk.rowAttributes;
      chunk.pickAttributes(0, picker);
      expect(textAt(chunk.arena, picker.fieldAt, picker.fieldLength)).toBe(state);
    }
  }
});
