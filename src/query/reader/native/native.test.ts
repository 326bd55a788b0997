import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { raw, sql } from '../../sql/index.ts';
import { randomNumbers } from '../../testing/fixtures.ts';
import { startTestStore, type TestStore } from '../../testing/test-store.ts';
import type { StoredValue } from '../value.ts';
import { decodeTable } from './table.ts';

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});

afterAll(async () => {
  await store.close();
});

async function bytesOf(statement: string): Promise<Buffer> {
  const response = await fetch(store.url, {
    method: 'POST',
    body: `${statement} FORMAT Native`,
    headers: store.headers,
  });
  return Buffer.from(await response.arrayBuffer());
}

/** As values come: numbers where they are exact. */
function exact(start: bigint, add: number): number | bigint {
  const value = start + BigInt(add);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

describe('decodeTable', () => {
  test('columns of many blocks come as one, whatever their width', async () => {
    const count = 150_000;
    const columns = await store.reader.read(
      sql`SELECT toUInt8(number % 251) AS small, toUInt32(number * 3) AS middle, number * 1000003 AS large,
          toFloat64(number) / 7 AS real, toInt64(number) * 10000000007 - 5 AS exact, reinterpretAsFixedString(number) AS fixed
        FROM numbers(${raw(String(count))})`,
      { settings: { max_block_size: '10000' } },
    );
    expect(columns.rowCount).toBe(count);
    const fixed = Buffer.from(columns.bytes('fixed'));
    const [small, middle] = [columns.vector('small'), columns.vector('middle')];
    const [large, real] = [columns.vector('large'), columns.vector('real')];
    const exact = columns.integers('exact');
    const isWrong = (row: number): boolean =>
      small[row] !== row % 251 ||
      middle[row] !== row * 3 ||
      large[row] !== row * 1_000_003 ||
      real[row] !== row / 7 ||
      exact[row] !== BigInt(row) * 10_000_000_007n - 5n ||
      Number(fixed.readBigUInt64LE(row * 8)) !== row;
    const rows = Array.from({ length: count }, (_, row) => row);
    expect(rows.filter(isWrong)).toEqual([]);
    expect([small.length, middle.length, large.length, real.length, fixed.length / 8]).toEqual(Array(5).fill(count));
  });

  test.each([
    { name: 'one-byte indices', distinct: 3 },
    { name: 'two-byte indices', distinct: 1_000 },
    { name: 'four-byte indices', distinct: 70_000 },
  ])('texts stand once, with an index per row: $name', async ({ distinct }) => {
    const count = 140_000;
    const columns = await store.reader.read(
      sql`SELECT toLowCardinality(concat('text ä ', toString(number % ${raw(String(distinct))}))) AS text
        FROM numbers(${raw(String(count))})`,
      { settings: { max_block_size: '100000' } },
    );
    const { values, indices } = columns.texts('text');
    expect(indices).toHaveLength(count);
    expect(new Set(values).size).toBe(values.length);
    expect([...indices].findIndex((index, row) => values[index] !== `text ä ${row % distinct}`)).toBe(-1);
  });

  test('in an answer without rows all columns are empty', async () => {
    const columns = await store.reader.read(
      sql`SELECT toUInt8(1) AS n, toLowCardinality('x') AS text, toFixedString('ab', 2) AS fixed FROM numbers(0)`,
    );
    expect(columns.rowCount).toBe(0);
    expect(columns.vector('n')).toHaveLength(0);
    expect(columns.bytes('fixed')).toHaveLength(0);
    expect(columns.texts('text').indices).toHaveLength(0);
  });

  test.each<{ type: string; sql: string; value: (n: number) => unknown }>([
    { type: 'Bool', sql: 'number % 2 = 0 ? true : false', value: (n) => n % 2 === 0 },
    { type: 'Int8', sql: 'toInt8(-number)', value: (n) => 0 - n },
    { type: 'Int16', sql: 'toInt16(-300 * toInt32(number))', value: (n) => 0 - 300 * n },
    { type: 'UInt16', sql: 'toUInt16(60000 + number)', value: (n) => 60_000 + n },
    { type: 'Int32', sql: 'toInt32(-70000 * toInt64(number))', value: (n) => 0 - 70_000 * n },
    { type: 'Int64, exact', sql: '9007199254740989 + toInt64(number)', value: (n) => exact(9007199254740989n, n) },
    {
      type: 'Int64, negative',
      sql: '-9007199254740989 - toInt64(number)',
      value: (n) => exact(-9007199254740989n, -n),
    },
    {
      type: 'UInt64',
      sql: 'bitXor(toUInt64(18446744073709551615), number)',
      value: (n) => 18446744073709551615n - BigInt(n),
    },
    { type: 'Float32', sql: 'toFloat32(number) / 4', value: (n) => n / 4 },
    {
      type: 'Float64',
      sql: 'number = 1 ? inf : 0 - number / 7',
      value: (n) => (n === 1 ? Number.POSITIVE_INFINITY : 0 - n / 7),
    },
    { type: 'DateTime', sql: "toDateTime(number, 'UTC')", value: (n) => n },
    { type: 'DateTime64', sql: "fromUnixTimestamp64Nano(toInt64(number) * 1000, 'UTC')", value: (n) => n * 1000 },
    { type: 'String', sql: "concat('ä', toString(number))", value: (n) => `ä${n}` },
    { type: 'FixedString', sql: 'toFixedString(char(number, 171), 2)', value: (n) => `0${n}ab` },
    { type: 'Nullable', sql: 'number % 2 = 0 ? NULL : number', value: (n) => (n % 2 === 0 ? null : n) },
    { type: 'Array', sql: 'range(number)', value: (n) => Array.from({ length: n }, (_, i) => i) },
    {
      type: 'Array of Array of LowCardinality',
      sql: 'arrayMap(i -> arrayMap(j -> toLowCardinality(toString(j)), range(i)), range(number % 3))',
      value: (n) => [[], ['0']].slice(0, n % 3),
    },
    {
      type: 'LowCardinality(Nullable(String))',
      sql: 'toLowCardinality(number % 3 = 0 ? NULL : toString(number % 2))',
      value: (n) => (n % 3 === 0 ? null : String(n % 2)),
    },
    {
      type: 'LowCardinality(FixedString)',
      sql: 'toLowCardinality(toFixedString(char(number % 2), 1))',
      value: (n) => `0${n % 2}`,
    },
    {
      type: 'Tuple',
      sql: "tuple(number, toLowCardinality('x'), [number])",
      value: (n) => [n, 'x', [n]],
    },
    {
      type: 'Map',
      sql: "map('a', toInt64(number), 'b', -1)",
      value: (n) =>
        new Map([
          ['a', n],
          ['b', -1],
        ]),
    },
    {
      type: 'Array of Tuple without rows',
      sql: "CAST([], 'Array(Tuple(LowCardinality(String), Array(Nullable(UInt8))))')",
      value: () => [],
    },
  ])('$type', async ({ sql: code, value }) => {
    for (const blockRows of ['1', '4', '100']) {
      const table = await store.reader.read(sql`SELECT ${raw(code)} AS v FROM numbers(9)`, {
        settings: { max_block_size: blockRows, allow_suspicious_low_cardinality_types: 1 },
      });
      expect(table.column('v'), `blocks of ${blockRows}`).toEqual(Array.from({ length: 9 }, (_, n) => value(n)));
    }
  });

  test('a body that was cut off is an error at any place', async () => {
    const whole = await bytesOf(
      `SELECT toUInt32(number) AS n, toLowCardinality(toString(number)) AS text FROM numbers(9)`,
    );
    expect(decodeTable(whole).rowCount).toBe(9);
    for (let length = 1; length < whole.length; length++) {
      expect(() => decodeTable(whole.subarray(0, length)), `${length} bytes`).toThrow(/ends in the middle/);
    }
  });

  test('a type that is not known is named', async () => {
    await expect(store.reader.read(sql`SELECT toInt128(1) AS n`)).rejects.toThrow(/Int128/);
  });
});

describe('attributes', () => {
  const text = (value: string): number[] => [Buffer.byteLength(value), ...Buffer.from(value)];
  const int64 = (value: bigint): number[] => [...new Uint8Array(BigInt64Array.of(value).buffer)];
  const string = (value: string): StoredValue => ({ type: 'string', value });
  const nested = [0x1e, 0x20, 1, ...text('json'), 0x15];
  /** As the writer stores them, a type's code and the value; and what they are. */
  const values: readonly (readonly [readonly number[], readonly StoredValue[]])[] = [
    [[0x0a, ...int64(5n)], [{ type: 'int', value: 5 }]],
    [[0x0e, ...new Uint8Array(Float64Array.of(5).buffer)], [{ type: 'double', value: 5 }]],
    [[0x0a, ...int64(-9223372036854775808n)], [{ type: 'int', value: -9223372036854775808n }]],
    [[0x15, ...text('ä')], [string('ä')]],
    [[0x2d, 1], [{ type: 'bool', value: true }]],
    [[0x1e, 0x01, 2, 0, 255], [{ type: 'bytes', value: Uint8Array.of(0, 255) }]],
    [[0x1e, 0x15, 2, ...text('a'), ...text('b')], [{ type: 'array', value: [string('a'), string('b')] }]],
    [
      [0x1e, 0x2b, 32, 2, 0x15, ...text('a'), 0x2d, 0],
      [{ type: 'array', value: [string('a'), { type: 'bool', value: false }] }],
    ],
    [[...nested, 1, ...text('{"x":1}')], [{ type: 'map', value: [{ key: 'x', value: { type: 'int', value: 1 } }] }]],
    [
      [...nested, 2, ...text('1.0'), ...text('"two"')],
      [{ type: 'double', value: 1 }, string('two')],
    ],
  ];
  const keys = ['a', 'a.b', 'a.b.c', 'z', 'ä"`\\.x'];

  /** The same in every run: any of these values under any of these keys, or none. */
  function rowsOf(count: number): readonly (readonly (readonly [key: string, value: (typeof values)[number]])[])[] {
    const random = randomNumbers(11);
    const pick = () => values[Math.floor(random() * values.length)]!;
    return Array.from({ length: count }, () => keys.flatMap((key) => (random() < 0.3 ? [] : [[key, pick()] as const])));
  }

  test.each([
    'JSON',
    'JSON(max_dynamic_paths=2)',
    'JSON(max_dynamic_paths=0)',
    'JSON(max_dynamic_types=1)',
    'JSON(max_dynamic_paths=1, max_dynamic_types=0)',
  ])('%s: every value comes back with its type, under its key', async (type) => {
    const rows = rowsOf(60);
    const name = `${store.database}.attributes_test`;
    await store.run(`CREATE OR REPLACE TABLE ${name} (n UInt8, v ${type}) ENGINE = MergeTree ORDER BY n`);
    const body = rows.flatMap((row, n) => [n, row.length, ...row.flatMap(([key, [code]]) => [...text(key), ...code])]);
    await store.run(`INSERT INTO ${name} FORMAT RowBinary`, Buffer.from(body));
    const expected = rows.map((row) => row.flatMap(([key, [, stored]]) => stored.map((value) => ({ key, value }))));
    for (const blockRows of ['1', '25', '100']) {
      const settings = { max_block_size: blockRows };
      const table = await store.reader.read(sql`SELECT v FROM attributes_test ORDER BY n`, { settings });
      expect(table.column('v')).toEqual(expected);
    }
  });

  test('a typed path is absent where it is NULL; values of its type have it', async () => {
    const type = 'JSON(n Nullable(Int64), `t.x` LowCardinality(Nullable(String)))';
    const table = await store.reader.read(
      sql`SELECT arrayJoin([${raw(`'{"n":1,"t":{"x":"s"},"z":2.5}'::${type}`)}, ${raw(`'{"z":true}'::${type}`)}]) AS v`,
    );
    expect(table.column('v')).toEqual([
      [
        { key: 'n', value: { type: 'int', value: 1 } },
        { key: 't.x', value: { type: 'string', value: 's' } },
        { key: 'z', value: { type: 'double', value: 2.5 } },
      ],
      [{ key: 'z', value: { type: 'bool', value: true } }],
    ]);
  });
});
