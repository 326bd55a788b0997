import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ArenaWriter, type SpanChunk } from '#pdata';
import { decodeTraces } from '#wire';
import { Inserter } from '../inserter.ts';
import { SPAN_PATHS } from '../schema/index.ts';
import { encodeBlock } from '../testing/encode.ts';
import { nextIngestedAtNs } from '../testing/expected.ts';
import { RowBinaryReader } from '../testing/row-binary.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { SpanBlockEncoder } from './span-block.ts';

let store: TestStore;
let inserter: Inserter;
const encoder = new SpanBlockEncoder();

beforeAll(async () => {
  store = await startTestStore();
  inserter = new Inserter(store.endpoint, 60_000);
});
afterAll(async () => {
  inserter.close();
  await store.close();
});

/** Bytes of a key, and a function that writes the fields of its AnyValue. */
type RawAttribute = readonly [key: Uint8Array | string, value: (out: ArenaWriter) => void];

const bytesOf = (text: Uint8Array | string): Uint8Array =>
  typeof text === 'string' ? new TextEncoder().encode(text) : text;
const string =
  (text: Uint8Array | string) =>
  (out: ArenaWriter): void =>
    out.bytesField(1, bytesOf(text));
const int =
  (value: bigint) =>
  (out: ArenaWriter): void => {
    out.tag(3, 0);
    out.varint64(value);
  };
const double =
  (value: number) =>
  (out: ArenaWriter): void => {
    out.tag(4, 1);
    out.double(value);
  };

/** A chunk with one span per list of attributes. */
function chunkOf(rows: readonly (readonly RawAttribute[])[]): SpanChunk {
  const out = new ArenaWriter();
  const group = out.begin(1);
  const scope = out.begin(2);
  rows.forEach((attributes, row) => {
    const span = out.begin(2);
    out.bytesField(1, new Uint8Array(16).fill(7));
    const id = new Uint8Array(8).fill(9);
    new DataView(id.buffer).setUint32(0, row + 1);
    out.bytesField(2, id);
    for (const [key, value] of attributes) {
      const pair = out.begin(9);
      out.bytesField(1, bytesOf(key));
      const mark = out.begin(2);
      value(out);
      out.end(mark);
      out.end(pair);
    }
    out.end(span);
  });
  out.end(scope);
  out.end(group);
  return decodeTraces(out.finish()).chunk;
}

/** Stores one span per list and reads their attributes back, in order. */
async function throughStore(rows: readonly (readonly RawAttribute[])[]): Promise<string[][]> {
  const ingestedAt = nextIngestedAtNs();
  const block = encodeBlock(encoder, [chunkOf(rows)], ingestedAt);
  await inserter.insert(block, `test-${ingestedAt}`);
  const bytes = await store.query(
    `SELECT attributes, attributes_other FROM spans WHERE ingested_at = fromUnixTimestamp64Nano(${ingestedAt}, 'UTC')
     ORDER BY span_id FORMAT RowBinary`,
  );
  const reader = new RowBinaryReader(bytes);
  const result: string[][] = [];
  while (!reader.isDone) result.push([...reader.attributes(SPAN_PATHS), ...reader.attributes()].sort());
  return result;
}

test.each([
  { name: 'a path inside of another', keys: ['http', 'http.route', 'http.route.x'] },
  { name: 'an empty key', keys: ['', 'a'] },
  { name: 'dots at the ends and doubled', keys: ['.', 'a.', '.a', 'a..b', '...'] },
  {
    name: 'quotes, blanks and control characters',
    keys: ['`', '"', "'", ' ', '\n', '\0', '\\', '^x', ':String', 'a[]'],
  },
  { name: 'letters beyond ASCII', keys: ['größe', '日本', '😀'] },
  { name: 'names of object properties', keys: ['__proto__', 'constructor', 'toString'] },
  { name: 'a long key', keys: ['k'.repeat(5000)] },
])('keys: $name', async ({ keys }) => {
  const row = keys.map((key, i): RawAttribute => [key, int(BigInt(i))]);
  expect(await throughStore([row])).toEqual([keys.map((key, i) => `${key}=i:${i}`).sort()]);
});

test('under a key with a type of its own, no value is lost or becomes another', async () => {
  const kinds: RawAttribute[][] = [
    [],
    [['http.route', string('/a')]],
    [['http.route', string('')]],
    [['http.route', int(5n)]],
    [['http.route', double(0.5)]],
    [['http.route', () => undefined]],
    [
      ['http.route', string('/a')],
      ['http.route', string('/a')],
    ],
    [
      ['http.route', int(1n)],
      ['http.route', string('/a')],
      ['http.route', string('/b')],
    ],
    [['http.route', string('x'.repeat(300))]],
    [['http.response.status_code', int(200n)]],
    [['http.response.status_code', int(0n)]],
    [['http.response.status_code', int(-(1n << 63n))]],
    [['http.response.status_code', string('200')]],
    [['url.path', string('')]],
    [['url.path', string('/x')]],
    [['url.path', int(1n)]],
  ];
  const expected = [
    [],
    ['http.route=s:/a'],
    ['http.route=s:'],
    ['http.route=i:5'],
    ['http.route=d:0.5'],
    ['http.route=e'],
    ['http.route=s:/a', 'http.route=s:/a'],
    ['http.route=i:1', 'http.route=s:/a', 'http.route=s:/b'],
    [`http.route=s:${'x'.repeat(300)}`],
    ['http.response.status_code=i:200'],
    ['http.response.status_code=i:0'],
    ['http.response.status_code=i:-9223372036854775808'],
    ['http.response.status_code=s:200'],
    ['url.path=s:'],
    ['url.path=s:/x'],
    ['url.path=i:1'],
  ];
  expect(await throughStore(kinds)).toEqual(expected);
  // More rows than a slice has, with gaps, and others between them.
  const many = Array.from({ length: 1000 }, (_, row) => kinds[row % 7 === 0 ? row % kinds.length : 0]!);
  expect(await throughStore(many)).toEqual(many.map((row) => expected[kinds.indexOf(row)]));
});

test('typed values stay what they are when parts merge', async () => {
  const ingestedAt = nextIngestedAtNs();
  for (let part = 0; part < 3; part++) {
    const rows: RawAttribute[][] = Array.from({ length: 50 }, (_, row) =>
      row % 3 === part ? [['http.route', string(`/${row}`)]] : [['server.port', int(BigInt(row))]],
    );
    await inserter.insert(encodeBlock(encoder, [chunkOf(rows)], ingestedAt), `merge-${part}`);
  }
  const read = (): Promise<string> =>
    store.text(
      `SELECT span_id, attributes.\`http.route\`, attributes.\`server.port\` FROM spans
       WHERE ingested_at = fromUnixTimestamp64Nano(${ingestedAt}, 'UTC') ORDER BY ALL FORMAT TSV`,
    );
  const before = await read();
  await store.query('OPTIMIZE TABLE spans FINAL');
  expect(await read()).toBe(before);
  expect(before.split('\n')).toHaveLength(150);
});

test('keys and strings that are not UTF-8 are kept', async () => {
  const broken = Uint8Array.of(0x61, 0xff, 0xfe, 0x62);
  expect(await throughStore([[[broken, string(broken)]]])).toEqual([['a\ufffd\ufffdb=s:a\ufffd\ufffdb']]);
  const kept = await store.text(
    "SELECT count() FROM spans WHERE arrayExists(path -> hex(path) = '61FFFE62', JSONAllPaths(attributes)) FORMAT TSV",
  );
  expect(kept).toBe('1');
});

test('numbers at their limits', async () => {
  const row: RawAttribute[] = [
    ['max', int((1n << 63n) - 1n)],
    ['min', int(-(1n << 63n))],
    ['nan', double(Number.NaN)],
    ['inf', double(Number.NEGATIVE_INFINITY)],
    ['zero', double(-0)],
    ['tiny', double(5e-324)],
  ];
  expect(await throughStore([row])).toEqual([
    [
      'inf=d:-Infinity',
      'max=i:9223372036854775807',
      'min=i:-9223372036854775808',
      'nan=d:NaN',
      'tiny=d:5e-324',
      'zero=d:-0',
    ],
  ]);
});

test('one key with a value of another type in each row', async () => {
  const values = [string('1'), int(1n), double(1), (out: ArenaWriter) => out.anyValue(true)];
  const more = [['a', 'b'], [1, 2], [1.5], [true], [], ['a', 1], { b: null }, new Uint8Array([1, 2]), null].map(
    (value) =>
      (out: ArenaWriter): void =>
        out.anyValue(value),
  );
  const rows = [...values, ...more].map((value): RawAttribute[] => [['k', value]]);
  expect(await throughStore(rows)).toEqual([
    ['k=s:1'],
    ['k=i:1'],
    ['k=d:1'],
    ['k=b:true'],
    ['k=[s:a,s:b]'],
    ['k=[i:1,i:2]'],
    ['k=[d:1.5]'],
    ['k=[b:true]'],
    ['k=[]'],
    ['k=[s:a,i:1]'],
    ['k={b=e}'],
    ['k=y:AQI='],
    ['k=e'],
  ]);
});

test('a key that occurs several times keeps all of its values', async () => {
  const row: RawAttribute[] = [
    ['k', string('first')],
    ['other', int(1n)],
    ['k', int(2n)],
    ['k', string('first')],
  ];
  expect(await throughStore([row, [['k', string('alone')]]])).toEqual([
    ['k=i:2', 'k=s:first', 'k=s:first', 'other=i:1'],
    ['k=s:alone'],
  ]);
});

test('hundreds of rows that differ in keys, types and lengths', async () => {
  const rows = Array.from({ length: 700 }, (_, i): RawAttribute[] => {
    const row: RawAttribute[] = [['text', string('t'.repeat((i * 7) % 300))]];
    if (i % 3 === 0) row.push(['third', i % 2 === 0 ? int(BigInt(i) << 20n) : double(i / 4)]);
    if (i >= 300) row.push(['late', (out) => out.anyValue(i % 2 === 0)]);
    if (i % 100 === 55) row.push(['third', string('again')], ['list', (out) => out.anyValue(['a', i])]);
    return row;
  });
  const expected = rows.map((_, i) => {
    const pairs = [`text=s:${'t'.repeat((i * 7) % 300)}`];
    if (i % 3 === 0) pairs.push(i % 2 === 0 ? `third=i:${BigInt(i) << 20n}` : `third=d:${i / 4}`);
    if (i >= 300) pairs.push(`late=b:${i % 2 === 0}`);
    if (i % 100 === 55) pairs.push('third=s:again', `list=[s:a,i:${i}]`);
    return pairs.sort();
  });
  expect(await throughStore(rows)).toEqual(expected);
});

describe('beyond the limit of paths', () => {
  test('attributes of all types and doubled keys go to shared data and come back', async () => {
    const many = Array.from({ length: 300 }, (_, i): RawAttribute => [`many.${i}`, int(BigInt(i))]);
    const kinds: RawAttribute[] = [
      ['rare.text', string('x'.repeat(300))],
      ['rare.double', double(1.5)],
      ['rare.bool', (out) => out.anyValue(false)],
      ['rare.list', (out) => out.anyValue(['a', 'b'])],
      ['rare.map', (out) => out.anyValue({ a: 1 })],
      ['rare.twice', int(1n)],
      ['rare.twice', string('2')],
    ];
    const expected = [
      ...many.map(([key], i) => `${String(key)}=i:${i}`),
      `rare.text=s:${'x'.repeat(300)}`,
      'rare.double=d:1.5',
      'rare.bool=b:false',
      'rare.list=[s:a,s:b]',
      'rare.map={a=i:1}',
      'rare.twice=i:1',
      'rare.twice=s:2',
    ].sort();
    expect(await throughStore([many, [...many, ...kinds], many])).toEqual([
      expected.filter((pair) => pair.startsWith('many')),
      expected,
      expected.filter((pair) => pair.startsWith('many')),
    ]);
  });

  test('after a flood, keys that many rows have get paths and the others stay apart', async () => {
    const flooding = new SpanBlockEncoder();
    const rowOf = (row: number): RawAttribute[] => [
      ...Array.from({ length: 4 }, (_, i): RawAttribute => [`once.${row}.${i}`, int(1n)]),
      ['often.a', string('a')],
      ['often.b', int(2n)],
    ];
    const firstRows = Array.from({ length: 100 }, (_, row) => rowOf(row).slice(0, 4));
    const laterRows = Array.from({ length: 100 }, (_, row) => rowOf(100 + row));
    encodeBlock(flooding, [chunkOf([...firstRows, ...laterRows])], nextIngestedAtNs());
    const ingestedAt = nextIngestedAtNs();
    const block = encodeBlock(flooding, [chunkOf(laterRows)], ingestedAt);
    await inserter.insert(block, `test-${ingestedAt}`);
    const paths = await store.text(
      `SELECT arraySort(groupUniqArrayArray(JSONDynamicPaths(attributes))) FROM spans
       WHERE ingested_at = fromUnixTimestamp64Nano(${ingestedAt}, 'UTC') FORMAT TSV`,
    );
    expect(paths).toBe("['often.a','often.b']");
    expect(
      await store.text(
        `SELECT count(), sum(length(JSONAllPaths(attributes)) - ${SPAN_PATHS.length}) FROM spans
         WHERE ingested_at = fromUnixTimestamp64Nano(${ingestedAt}, 'UTC') FORMAT TSV`,
      ),
    ).toBe('100\t600');
  });

  test('100,000 different keys cost what 100,000 attributes cost', async () => {
    const rows = Array.from({ length: 10_000 }, (_, row) =>
      Array.from({ length: 10 }, (__, i): RawAttribute => [`flood.${row * 10 + i}`, int(BigInt(row))]),
    );
    const block = encodeBlock(encoder, [chunkOf(rows)], nextIngestedAtNs());
    expect(block.byteLength).toBeLessThan(10 << 20);
    const stored = await throughStore(rows);
    expect(stored.length).toBe(10_000);
    expect(stored[1234]).toEqual(Array.from({ length: 10 }, (_, i) => `flood.${12_340 + i}=i:1234`));
  });
});
