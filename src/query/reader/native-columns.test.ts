import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { raw, sql } from '../sql/index.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { decodeNative } from './native-columns.ts';

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

describe('decodeNative', () => {
  test('columns of many blocks come as one, whatever their width', async () => {
    const count = 150_000;
    const columns = await store.reader.readColumns(
      sql`SELECT toUInt8(number % 251) AS small, toUInt32(number * 3) AS middle, number * 1000003 AS large,
          toFloat64(number) / 7 AS real, toInt64(number) * 10000000007 - 5 AS exact, reinterpretAsFixedString(number) AS fixed
        FROM numbers(${raw(String(count))})`,
      { settings: { max_block_size: '10000' } },
    );
    expect(columns.rowCount).toBe(count);
    const fixed = Buffer.from(columns.fixed('fixed'));
    const [small, middle] = [columns.numbers('small'), columns.numbers('middle')];
    const [large, real] = [columns.numbers('large'), columns.numbers('real')];
    const exact = columns.bigints('exact');
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
    const columns = await store.reader.readColumns(
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
    const columns = await store.reader.readColumns(
      sql`SELECT toUInt8(1) AS n, toLowCardinality('x') AS text, toFixedString('ab', 2) AS fixed FROM numbers(0)`,
    );
    expect(columns.rowCount).toBe(0);
    expect(columns.numbers('n')).toHaveLength(0);
    expect(columns.fixed('fixed')).toHaveLength(0);
    expect(columns.texts('text').indices).toHaveLength(0);
  });

  test('a body that was cut off is an error at any place', async () => {
    const whole = await bytesOf(
      `SELECT toUInt32(number) AS n, toLowCardinality(toString(number)) AS text FROM numbers(9)`,
    );
    expect(decodeNative(whole).rowCount).toBe(9);
    for (let length = 1; length < whole.length; length++) {
      expect(() => decodeNative(whole.subarray(0, length)), `${length} bytes`).toThrow(/ends in the middle/);
    }
  });

  test('a type that is not known is named', async () => {
    await expect(store.reader.readColumns(sql`SELECT toInt128(1) AS n`)).rejects.toThrow(/Int128/);
  });
});
