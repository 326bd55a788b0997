import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainAttributes, type StoredAttribute } from '../reader/index.ts';
import { sql } from '../sql/index.ts';
import { insertSpans } from '../testing/fixtures.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { filterCondition } from './filter-sql.ts';
import { Tag } from './tag.ts';

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  const one = { traceId: '1', timeNs: 1_000_000_000n, durationNs: 1, name: 'n' };
  await insertSpans(store, [
    { ...one, spanId: '1', service: 'int', attributes: { n: 5, 'a b': 'blank', 'quo"te': 'q' } },
    { ...one, spanId: '2', service: 'text', attributes: { n: '5' }, resource: { only: 'resource', both: 'r' } },
    { ...one, spanId: '3', service: 'double', attributes: { n: 5.5, both: 'item' }, resource: { both: 'r' } },
    { ...one, spanId: '4', service: 'bool', attributes: { n: true } },
    { ...one, spanId: '5', service: 'none' },
  ]);
  // As the writer stores them: exact types, which JSON text does not give. Each is a type's code, then the value.
  const text = (value: string) => [value.length, ...Buffer.from(value)];
  await insertTyped('big', [0x0a, ...new Uint8Array(BigInt64Array.of(9007199254740993n).buffer)]);
  await insertTyped('texts', [0x1e, 0x15, 2, ...text('p'), ...text('q')]);
  await insertTyped('ints', [0x1e, 0x0a, 2, ...new Uint8Array(BigInt64Array.of(7n, 8n).buffer)]);
  await insertTyped('bytes', [0x1e, 0x01, 2, 1, 2]);
  await insertTyped('nested', [0x1e, 0x20, 1, ...text('json'), 0x15, 1, ...text('{"x":1}')]);
});
afterAll(() => store.close());

/** A span with one attribute `n`, in ClickHouse's RowBinary. */
async function insertTyped(service: string, value: readonly number[]): Promise<void> {
  const row = Buffer.from([service.length, ...Buffer.from(service), 1, 1, ...Buffer.from('n'), ...value]);
  await store.run(`INSERT INTO ${store.database}.spans (service_name, attributes) FORMAT RowBinary`, row);
}

async function found(q: string): Promise<string[]> {
  const condition = await filterCondition(q, 'traces');
  const table = await store.reader.read(sql`SELECT service_name FROM spans WHERE ${condition!} ORDER BY service_name`);
  return [...table.strings('service_name')];
}

describe('attributes of every type', () => {
  test.each([
    { q: 'n=5', want: ['int', 'text'] },
    { q: 'n="5"', want: ['text'] },
    { q: 'n>5', want: ['big', 'double'] },
    { q: 'n>=5 n<6', want: ['double', 'int', 'text'] },
    { q: 'n=5.5', want: ['double'] },
    { q: 'n=true', want: ['bool'] },
    { q: 'n=9007199254740993', want: ['big'] },
    { q: 'n=9007199254740992', want: [] },
    { q: 'n=q', want: ['texts'] },
    { q: 'n=8', want: ['ints'] },
    { q: 'n~"^5"', want: ['double', 'int', 'text'] },
    { q: 'n~x', want: ['nested'] },
    { q: 'n=*', want: ['big', 'bool', 'bytes', 'double', 'int', 'ints', 'nested', 'text', 'texts'] },
    { q: 'n!=*', want: ['none'] },
    { q: 'n!=5', want: ['big', 'bool', 'bytes', 'double', 'ints', 'nested', 'none', 'texts'] },
    { q: '"a b"=blank', want: ['int'] },
    { q: '"quo\\"te"=q', want: ['int'] },
    { q: 'only=resource', want: ['text'] },
    { q: 'both=r', want: ['text'] },
    { q: 'both=item OR resource.both=r both=*', want: ['double', 'text'] },
    { q: 'attributes.both=r', want: [] },
    { q: '""="x" OR n=5', want: [] },
  ])('$q', async ({ q, want }) => {
    if (q.startsWith('""=')) await expect(found(q)).rejects.toMatchObject({ code: 'bad_query' });
    else expect(await found(q)).toEqual(want);
  });

  test('all of them come back as they were stored', async () => {
    const table = await store.reader.read(sql`SELECT service_name, attributes FROM spans`);
    const values = new Map(
      table
        .column<readonly StoredAttribute[]>('attributes')
        .map((paths, row) => [table.strings('service_name')[row]!, plainAttributes(paths)]),
    );
    expect(values.get('big')).toEqual({ n: '9007199254740993' });
    expect(values.get('texts')).toEqual({ n: ['p', 'q'] });
    expect(values.get('ints')).toEqual({ n: [7, 8] });
    expect(values.get('bytes')).toEqual({ n: 'AQI=' });
    expect(values.get('nested')).toEqual({ n: { x: 1 } });
    expect(values.get('bool')).toEqual({ n: true });
  });
});

test('names of types in the writer are those that the reader knows', () => {
  const writer = readFileSync(new URL('../../store/native/value-kinds.ts', import.meta.url), 'utf8');
  for (const type of ['Array(String)', 'Array(Int64)', 'Array(Tuple(json String))', 'Array(UInt8)'])
    expect(writer).toContain(`'${type}'`);
});

test('a tag is looked for by its text wherever it may stand', async () => {
  const table = await store.reader.read(
    sql`SELECT service_name FROM spans WHERE ${new Tag('n', '5', { fromMs: 0, toMs: 2000 }).anywhere()} ORDER BY service_name`,
  );
  expect(table.strings('service_name')).toEqual(['int', 'text']);
});
