import { describe, expect, test } from 'vitest';
import { DecodeError } from '#base';
import { ArenaWriter, Batch, type Signal } from '#pdata';
import { decodeReference, encodeReference, type ReferenceObject } from '../testing/otlp-reference.ts';
import { decodeOtlp, decodeOtlpJson } from './decode.ts';
import { encodeOtlp } from './encode.ts';
import type { Decoded } from './envelope.ts';

/** One item that can't be taken must cost only itself, in every signal, in both encodings. */

const SIGNALS = ['traces', 'metrics', 'logs'] as const;
const IDS = { traceId: '0102030405060708090a0b0c0d0e0f10', spanId: '0102030405060708' };

function deepValue(levels: number, kind: 'arrayValue' | 'kvlistValue' = 'arrayValue'): ReferenceObject {
  let value: ReferenceObject = { stringValue: 'x' };
  for (let i = 0; i < levels; i++) {
    value =
      kind === 'arrayValue' ? { arrayValue: { values: [value] } } : { kvlistValue: { values: [{ key: 'k', value }] } };
  }
  return value;
}
const deep = (levels: number, kind?: 'kvlistValue'): ReferenceObject => ({
  key: 'deep',
  value: deepValue(levels, kind),
});

/** The smallest item of a signal with these fields: a span, a point or a record. */
function item(signal: Signal, name: string, fields: object = {}): ReferenceObject {
  if (signal === 'traces') return { ...IDS, name, ...fields };
  if (signal === 'logs') return { body: { stringValue: name }, ...fields };
  return { asDouble: Number(name), timeUnixNano: '1', ...fields };
}

const wrap = (signal: Signal, items: readonly unknown[], scope = {}, resource = {}): ReferenceObject => {
  if (signal === 'traces') return { resource, scopeSpans: [{ scope, spans: items }] };
  if (signal === 'logs') return { resource, scopeLogs: [{ scope, logRecords: items }] };
  return { resource, scopeMetrics: [{ scope, metrics: [{ name: 'm', gauge: { dataPoints: items } }] }] };
};
const LIST = { traces: 'resourceSpans', metrics: 'resourceMetrics', logs: 'resourceLogs' } as const;

/** The same request in protobuf, written by protobufjs, and in JSON. */
function encodings(signal: Signal, resources: readonly ReferenceObject[]): [string, () => Decoded][] {
  const request = { [LIST[signal]]: resources };
  const withBytes = JSON.parse(JSON.stringify(request), (key, value) =>
    /^(trace|span)Id$/.test(key) ? Buffer.from(value as string, 'hex') : value,
  ) as ReferenceObject;
  return [
    ['protobuf', () => decodeOtlp(signal, encodeReference(signal, withBytes))],
    ['JSON', () => decodeOtlpJson(signal, Buffer.from(JSON.stringify(request)))],
  ];
}

/** The names of what was accepted, as the reference reads what is sent on. */
function names(signal: Signal, { chunk }: Decoded): string[] {
  const text = JSON.stringify(decodeReference(signal, encodeOtlp(new Batch(signal, [chunk]))));
  const pattern = { traces: /"name":"(\d)"/g, logs: /"body":\{"stringValue":"(\d)"/g, metrics: /"asDouble":(\d)/g }[
    signal
  ];
  return [...text.matchAll(pattern)].map(([, name]) => name!);
}

describe.each(SIGNALS)('%s', (signal) => {
  test.each([33, 40, 100])('an attribute nested %i deep costs its own item', (levels) => {
    for (const kind of [undefined, 'kvlistValue'] as const) {
      const bad = item(signal, '2', { attributes: [{ key: 'a' }, deep(levels, kind)] });
      for (const [encoding, decode] of encodings(signal, [wrap(signal, [item(signal, '1'), bad, item(signal, '3')])])) {
        // protobufjs itself writes no deeper than 100 messages.
        if (encoding === 'protobuf' && (levels > 40 || kind !== undefined)) continue;
        const decoded = decode();
        expect([encoding, names(signal, decoded), decoded.rejectedCount]).toEqual([encoding, ['1', '3'], 1]);
        expect(decoded.rejectedReason).toContain('nested deeper than 32 levels');
      }
    }
  });

  test.each(['scope', 'resource'])('in a %s it costs the items that belong to it', (place) => {
    const holder = { attributes: [deep(33)] };
    const bad = wrap(signal, [item(signal, '1'), item(signal, '2')], ...(place === 'scope' ? [holder] : [{}, holder]));
    for (const [encoding, decode] of encodings(signal, [
      wrap(signal, [item(signal, '4')]),
      bad,
      wrap(signal, [item(signal, '3')]),
    ])) {
      const decoded = decode();
      expect([encoding, names(signal, decoded), decoded.rejectedCount]).toEqual([encoding, ['4', '3'], 2]);
    }
  });

  test('JSON of a wrong type inside of an item costs the item', () => {
    for (const bad of [{ attributes: [{ key: 'a', value: { intValue: 'many' } }] }, { attributes: 7 }, { flags: -1 }]) {
      const request = {
        [LIST[signal]]: [wrap(signal, [item(signal, '1'), item(signal, '2', bad), item(signal, '3')])],
      };
      const decoded = decodeOtlpJson(signal, Buffer.from(JSON.stringify(request)));
      expect([names(signal, decoded), decoded.rejectedCount]).toEqual([['1', '3'], 1]);
      expect(decoded.rejectedReason).toMatch(/invalid JSON at byte \d+: expected|out of range/);
    }
  });

  test('an item that is damaged inside costs itself, and a body of nothing else is refused', () => {
    const good = encodings(signal, [wrap(signal, [item(signal, '1')])])[0]![1];
    expect(good().rejectedCount).toBe(0);
    const damaged = (): ArenaWriter => {
      const writer = new ArenaWriter();
      const path = signal === 'metrics' ? [1, 2, 2, 5, 1] : [1, 2, 2];
      const marks = path.map((field) => writer.begin(field));
      // Field 1 of all three kinds of items is none of a varint's; in a point it is unknown, so time (3) is spoilt.
      writer.tag(signal === 'metrics' ? 3 : 1, 0);
      writer.varint(5);
      for (const mark of marks.reverse()) writer.end(mark);
      return writer;
    };
    expect(() => decodeOtlp(signal, damaged().finish())).toThrow(/wire type 0/);
    const both = Buffer.concat([
      damaged().finish(),
      encodeReference(signal, {
        [LIST[signal]]: [wrap(signal, [item(signal, '3', { traceId: undefined, spanId: undefined })])],
      }),
    ]);
    const decoded = decodeOtlp(signal, both);
    expect([names(signal, decoded), decoded.rejectedCount]).toEqual([['3'], 1]);
  });
});

describe('a body of which nothing was understood', () => {
  const other = { traces: 'logs', logs: 'metrics', metrics: 'traces' } as const;

  test.each(SIGNALS)('%s: JSON of something else, with the way out', (signal) => {
    const decode = (value: unknown): Decoded => decodeOtlpJson(signal, Buffer.from(JSON.stringify(value)));
    const sent = other[signal];
    expect(() => decode({ [LIST[sent]]: [wrap(sent, [item(sent, '1')])] })).toThrow(`send ${sent} to /v1/${sent}`);
    expect(() => decode({ hello: 'world' })).toThrow(`found "hello"; a request for ${signal} holds "${LIST[signal]}"`);
    expect(() => decode({ [LIST[signal]]: [{ hello: 1 }] })).toThrow(DecodeError);
  });

  test.each(SIGNALS)('%s: protobuf of another signal', (signal) => {
    for (const sent of SIGNALS) {
      if (sent === signal) continue;
      const times = { startTimeUnixNano: '5', endTimeUnixNano: '6', timeUnixNano: '7' };
      const [, decode] = encodings(sent, [wrap(sent, [item(sent, '1', times)])])[0]!;
      expect(decode().chunk.count).toBe(1);
      const bytes = encodeOtlp(new Batch(sent, [decode().chunk]));
      if (signal === 'traces' && sent === 'metrics') {
        // A gauge reads as a span with a trace id of a wrong size, which its sender is told in the partial success.
        expect(decodeOtlp(signal, bytes)).toMatchObject({
          rejectedCount: 1,
          rejectedReason: 'trace_id has 1 bytes, must have 16',
        });
      } else expect(() => decodeOtlp(signal, bytes)).toThrow(DecodeError);
    }
  });

  test.each(SIGNALS)('%s: protobuf of fields that no request has', (signal) => {
    for (const path of [[9], [1, 1000], [1, 2, 9]]) {
      const writer = new ArenaWriter();
      const marks = path.map((field) => writer.begin(field));
      for (const mark of marks.reverse()) writer.end(mark);
      expect(() => decodeOtlp(signal, writer.finish())).toThrow(`it holds field ${path.at(-1)}`);
    }
  });

  test.each(SIGNALS)('%s: empty requests, and unknown fields beside known ones, are taken', (signal) => {
    const list = LIST[signal];
    const scopes = list.replace('resource', 'scope');
    for (const value of [
      null,
      {},
      { [list]: [] },
      { [list]: [], later: 1 },
      { [list]: [{}] },
      { [list]: [{ resource: {}, [scopes]: [] }] },
      { [list]: [{ resource: {}, later: 1, [scopes]: [{}] }] },
      { later: 1, [list]: [wrap(signal, [item(signal, '1', { later: [{ a: 1 }] })])] },
    ]) {
      expect(decodeOtlpJson(signal, Buffer.from(JSON.stringify(value))).rejectedCount).toBe(0);
    }
    expect(decodeOtlp(signal, new Uint8Array(0)).rejectedCount).toBe(0);
  });
});
