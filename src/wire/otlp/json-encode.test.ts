import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ArenaWriter, Batch } from '#pdata';
import { decodeLogs } from './decode-logs.ts';
import { decodeMetrics } from './decode-metrics.ts';
import { encodeOtlpJson } from './json-encode.ts';
import { JsonWriter } from './json-writer.ts';

/** The text of a request with what `write` writes in the messages of these fields, one in the other. */
function textOf(signal: 'logs' | 'metrics', path: readonly number[], write: (out: ArenaWriter) => void): string {
  const out = new ArenaWriter();
  const marks = path.map((field) => out.begin(field));
  write(out);
  for (const mark of marks.reverse()) out.end(mark);
  const { chunk } = signal === 'logs' ? decodeLogs(out.finish()) : decodeMetrics(out.finish());
  return encodeOtlpJson(new Batch(signal, [chunk])).toString();
}

/** The only log record of a request, as text. */
function logOf(write: (out: ArenaWriter) => void): string {
  const text = textOf('logs', [1, 2, 2], write);
  return text.slice('{"resourceLogs":[{"scopeLogs":[{"logRecords":['.length, -']}]}]}'.length);
}

function attribute(out: ArenaWriter, key: string): void {
  const mark = out.begin(6);
  out.textField(1, key);
  out.end(mark);
}

test.each([
  {
    name: 'a field that comes again: its last value, in the place of its first',
    write: (out: ArenaWriter) => {
      out.textField(3, 'WARN');
      out.uintField(2, 13);
      out.textField(3, 'ERROR');
    },
    want: '{"severityText":"ERROR","severityNumber":13}',
  },
  {
    name: 'a list with other fields between: all of it, in the place of its first part',
    write: (out: ArenaWriter) => {
      attribute(out, 'a');
      attribute(out, 'b');
      out.uintField(2, 9);
      attribute(out, 'c');
      out.textField(12, 'e');
    },
    want: '{"attributes":[{"key":"a"},{"key":"b"},{"key":"c"}],"severityNumber":9,"eventName":"e"}',
  },
  {
    name: 'a field that nobody knows: nothing',
    write: (out: ArenaWriter) => {
      out.textField(40, 'x');
      out.uintField(2, 9);
      out.textField(41, 'y');
    },
    want: '{"severityNumber":9}',
  },
])('$name', ({ write, want }) => {
  expect(logOf(write)).toBe(want);
});

test('a list of numbers in packed and single parts is one list', () => {
  const text = textOf('metrics', [1, 2, 2, 9, 1], (out) => {
    out.fixedListField(6, BigUint64Array.of());
    out.fixedListField(6, BigUint64Array.of(1n, 2n));
    out.tag(6, 1);
    out.fixed64(3n);
    out.fixedListField(6, BigUint64Array.of(4n));
  });
  expect(text).toContain('"bucketCounts":["1","2","3","4"]');
});

test('any text is written as JSON.stringify does, what is no UTF-8 with U+FFFD', () => {
  const isWritten = (bytes: Uint8Array): void => {
    const writer = new JsonWriter();
    writer.string(bytes, 0, bytes.length);
    expect(writer.take(0).toString()).toBe(JSON.stringify(Buffer.from(bytes).toString()));
  };
  fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string()), (text) => isWritten(Buffer.from(text))));
  fc.assert(fc.property(fc.uint8Array(), isWritten));
  isWritten(Buffer.from(`${'long '.repeat(40_000)}"`));
});

test('64-bit integers have all their digits', () => {
  const writer = new JsonWriter();
  const words = new Uint32Array(2);
  const signed = new BigInt64Array(words.buffer);
  const unsigned = new BigUint64Array(words.buffer);
  const areWritten = (value: bigint): void => {
    unsigned[0] = value;
    writer.uint64(words[0]!, words[1]!);
    writer.int64(words[0]!, words[1]!);
    expect(writer.take(1 << 20).toString()).toBe(`"${unsigned[0]}""${signed[0]}"`);
  };
  for (let bits = 0n; bits < 64n; bits++) for (const by of [-1n, 0n, 1n]) areWritten((1n << bits) + by);
  for (let ten = 1n; ten < 1n << 64n; ten *= 10n) for (const by of [-1n, 0n]) areWritten(ten + by);
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), areWritten));
});

test('32-bit integers, doubles and bytes', () => {
  const writer = new JsonWriter();
  for (const value of [0, 9, 10, 999_999_999, 1_000_000_000, 4_294_967_295]) {
    writer.uint32(value);
    writer.byte(0x20);
  }
  for (const value of [0, -1, -2_147_483_648, 2_147_483_647]) {
    writer.sint32(value);
    writer.byte(0x20);
  }
  for (const value of [-0, 0.1, 1e21, Number.NaN, Number.NEGATIVE_INFINITY]) {
    writer.double(value);
    writer.byte(0x20);
  }
  writer.base64(Uint8Array.of(9, 251, 255, 9), 1, 2);
  writer.hex(Uint8Array.of(9, 251, 15), 1, 2);
  expect(writer.take(0).toString()).toBe(
    '0 9 10 999999999 1000000000 4294967295 0 -1 -2147483648 2147483647 0 0.1 1e+21 "NaN" "-Infinity" "+/8=""fb0f"',
  );
});
