import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';

/** Bytes that mean harm. All are made the same way each time: random ones come from a seed. */

/** Numbers in [0, 1) from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function randomBytes(random: () => number, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

/** A copy with a few bytes changed, taken out or put in. */
export function mutated(random: () => number, bytes: Uint8Array): Uint8Array {
  const copy = [...bytes];
  for (let i = 0; i < 1 + random() * 4; i++) {
    const at = Math.floor(random() * copy.length);
    const byte = Math.floor(random() * 256);
    const kind = random();
    if (kind < 0.6) copy[at] = byte;
    else if (kind < 0.8) copy.splice(at, 1);
    else copy.splice(at, 0, byte);
  }
  return Uint8Array.from(copy);
}

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return bytes;
}

/** A field of bytes; `length` may lie. */
export function field(number: number, content: Uint8Array, length: bigint = BigInt(content.length)): Uint8Array {
  return Buffer.concat([Uint8Array.from([...varint(BigInt(number * 8 + 2)), ...varint(length)]), content]);
}

/** `content` inside of resource_spans[0].scope_spans[0].spans[0]; the same numbers lead to a log record and a metric. */
export function item(content: Uint8Array): Uint8Array {
  return field(1, field(2, field(2, content)));
}

/** An array in an array in an array …: 4 bytes and more for each level. `wrap` 5 makes arrays, 6 maps. */
export function nestedValue(depth: number, wrap: 5 | 6): Uint8Array {
  const lengths: bigint[] = [];
  let size = 0n;
  for (let i = 0; i < depth; i++) {
    const inner = wrap === 5 ? size : size + 1n + BigInt(varint(size).length);
    lengths.push(inner);
    const list = inner + 1n + BigInt(varint(inner).length);
    lengths.push(list);
    size = list + 1n + BigInt(varint(list).length);
    lengths.push(size);
  }
  const parts: number[] = [];
  for (let i = depth - 1; i >= 0; i--) {
    parts.push(wrap * 8 + 2, ...varint(lengths[3 * i + 1]!), 0x0a, ...varint(lengths[3 * i]!));
    if (wrap === 6) parts.push(0x12, ...varint(i === 0 ? 0n : lengths[3 * (i - 1) + 2]!));
  }
  return Uint8Array.from(parts);
}

export interface Hostile {
  readonly name: string;
  /** An Export…ServiceRequest that is none. */
  readonly body: Uint8Array;
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const attributeOf = (value: Uint8Array): Uint8Array =>
  field(9, Buffer.concat([field(1, bytes(0x6b)), field(2, value)]));

/** Protobuf that no decoder may take, as spans. */
export const HOSTILE_PROTOBUF: readonly Hostile[] = [
  { name: 'a length past the end', body: field(1, bytes(1, 2, 3), 1000n) },
  { name: 'a length past the end of the message around it', body: field(1, field(2, bytes(1, 2, 3), 4n)) },
  { name: 'a length of 2^31', body: field(1, bytes(), 2n ** 31n) },
  { name: 'a length of 2^32 - 1', body: field(1, bytes(), 2n ** 32n - 1n) },
  { name: 'a length of 2^32 + 1', body: field(1, bytes(7), 2n ** 32n + 1n) },
  { name: 'a length of 2^63', body: field(1, bytes(), 2n ** 63n) },
  { name: 'a length of 2^64 - 1', body: field(1, bytes(), 2n ** 64n - 1n) },
  { name: 'a length without an end', body: bytes(0x0a, ...Array(11).fill(0xff)) },
  { name: 'a tag without an end', body: bytes(...Array(30).fill(0x80)) },
  { name: 'field number 0', body: bytes(0x02, 0) },
  { name: 'a group that never ends', body: bytes(0x9b, 0x06) },
  { name: 'ten thousand groups', body: new Uint8Array(10_000).fill(0x0b) },
  { name: 'wire type 6', body: bytes(0x0e) },
  { name: 'wire type 7', body: bytes(0x0f) },
  { name: 'a span that is a number', body: field(1, field(2, bytes(0x10, 1))) },
  { name: 'a time that is a text', body: item(field(7, bytes(1, 2, 3, 4, 5, 6, 7, 8))) },
  { name: 'a time that is cut off', body: item(bytes(0x39, 1, 2, 3)) },
  { name: 'an attribute whose value passes its end', body: item(field(9, field(2, field(1, bytes(0x61), 99n)))) },
];

/** What is whole, but no decoder may keep. */
export const HOSTILE_ITEMS: readonly Hostile[] = [
  { name: 'an attribute of a hundred thousand nested lists', body: item(attributeOf(nestedValue(100_000, 5))) },
  { name: 'an attribute of a hundred thousand nested maps', body: item(attributeOf(nestedValue(100_000, 6))) },
];

/** JSON that no decoder may take, as spans. */
export const HOSTILE_JSON: readonly { readonly name: string; readonly body: string }[] = (() => {
  const inValue = (value: string): string =>
    `{"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":${value}}]}}]}`;
  const deep = (count: number, open: string, close: string): string => open.repeat(count) + close.repeat(count);
  const span = (fields: string): string => `{"resourceSpans":[{"scopeSpans":[{"spans":[{${fields}}]}]}]}`;
  return [
    { name: 'no JSON', body: 'hello' },
    { name: 'nothing', body: '' },
    { name: 'an open end', body: '{"resourceSpans":[' },
    { name: 'a text without an end', body: '{"resourceSpans":"' },
    { name: 'more behind the end', body: '{}{}' },
    { name: 'a list', body: '[]' },
    { name: 'spans that are a number', body: '{"resourceSpans":5}' },
    { name: 'a span that is a text', body: '{"resourceSpans":[{"scopeSpans":[{"spans":["x"]}]}]}' },
    { name: 'a million open lists', body: '['.repeat(1_000_000) },
    { name: 'a million open lists under an unknown name', body: `{"unknown":${'['.repeat(1_000_000)}` },
    { name: 'a hundred thousand lists, closed', body: `{"unknown":${deep(100_000, '[', ']')}}` },
    { name: 'a hundred thousand objects', body: `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}` },
    {
      name: 'an attribute of ten thousand nested lists',
      body: inValue(deep(10_000, '{"arrayValue":{"values":[', ']}}')),
    },
    { name: 'a whole number of a million digits', body: inValue(`{"intValue":"${'9'.repeat(1_000_000)}"}`) },
    { name: 'a whole number beyond 64 bits', body: inValue('{"intValue":"9223372036854775808"}') },
    { name: 'a time before 1970', body: span('"startTimeUnixNano":"-1"') },
    { name: 'a time that is no number', body: span('"startTimeUnixNano":"yesterday"') },
    { name: 'an id that is no hex', body: span('"traceId":"zzb8efff798038103d269b633813fc60"') },
    { name: 'a number with two points', body: inValue('{"doubleValue":1.2.3}') },
    { name: 'an escape that there is not', body: '{"resourceSpans":[],"\\x":1}' },
  ];
})();

const MIB = 1024 * 1024;

/** 1:21, the best that snappy can do: one byte, then copies of 64 bytes from one byte before. */
export function snappyBomb(length: number): Uint8Array {
  const copies = Math.ceil((length - 1) / 64);
  const body = Buffer.alloc(copies * 3);
  for (let i = 0; i < copies; i++) body.set([0xfe, 1, 0], i * 3);
  return Buffer.concat([Uint8Array.from(varint(BigInt(1 + copies * 64))), bytes(0, 0), body]);
}

/** Bodies that become far longer than any limit: at most a few MiB each before, 256 MiB or more behind. */
export function compressedBombs(): readonly {
  readonly name: string;
  readonly coding: string;
  readonly body: Uint8Array;
}[] {
  const zeros = new Uint8Array(16 * MIB);
  const repeat = (part: Uint8Array, times: number): Uint8Array => Buffer.concat(Array(times).fill(part));
  const whole = new Uint8Array(256 * MIB);
  return [
    { name: 'gzip', coding: 'gzip', body: gzipSync(whole, { level: 1 }) },
    { name: 'gzip in 64 members, each of which is small', coding: 'gzip', body: repeat(gzipSync(zeros), 64) },
    { name: 'zstd', coding: 'zstd', body: zstdCompressSync(whole) },
    { name: 'zstd in 64 frames, each of which is small', coding: 'zstd', body: repeat(zstdCompressSync(zeros), 64) },
    { name: 'deflate', coding: 'deflate', body: deflateSync(whole, { level: 1 }) },
    { name: 'snappy', coding: 'snappy', body: snappyBomb(128 * MIB) },
    { name: 'snappy that promises 2 GiB', coding: 'snappy', body: bytes(0xff, 0xff, 0xff, 0xff, 0x07, 0, 0) },
  ];
}
