import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseYaml, toPlain } from '#config';
import type { BatchContext } from '#pdata';
import { decodeOtlp } from '#wire';
import { attributesSchema } from './config.ts';
import { b, d, i, process, requestOf, run, s, type Values } from './testing/requests.ts';

/** One span with these attributes through these actions. */
async function one(actions: readonly object[], attributes: Values, context?: BatchContext): Promise<Values> {
  return (await run('traces', { actions }, [{ items: [{ attributes }] }], context))[0]!;
}

describe('insert, update and upsert', () => {
  const had = { there: s('old'), other: i(7) };
  test.each([
    { action: 'insert', key: 'there', want: had },
    { action: 'insert', key: 'new', want: { ...had, new: s('x') } },
    { action: 'update', key: 'there', want: { ...had, there: s('x') } },
    { action: 'update', key: 'new', want: had },
    { action: 'upsert', key: 'there', want: { ...had, there: s('x') } },
    { action: 'UPSERT', key: 'new', want: { ...had, new: s('x') } },
  ])('$action of $key', async ({ action, key, want }) => {
    expect(await one([{ action, key, value: 'x' }], had)).toEqual(want);
  });

  test.each([
    { name: 'text', value: 'x', want: s('x') },
    { name: 'int', value: 2245, want: i(2245) },
    { name: 'negative int', value: -1, want: i(-1) },
    { name: 'double', value: 1.5, want: d(1.5) },
    { name: 'bool', value: true, want: b(true) },
    { name: 'list', value: [1, 'a'], want: { arrayValue: { values: [i(1), s('a')] } } },
    { name: 'map', value: { k: false }, want: { kvlistValue: { values: [{ key: 'k', value: b(false) }] } } },
  ])('a value keeps its type: $name', async ({ value, want }) => {
    expect(await one([{ action: 'insert', key: 'k', value }], {})).toEqual({ k: want });
  });

  test.each([
    { yaml: '1.0', want: d(1) },
    { yaml: '1e3', want: d(1000) },
    { yaml: '0755', want: i(493) },
    { yaml: '1_000', want: i(1000) },
    { yaml: '9007199254740993', want: { intValue: '9007199254740993' } },
    { yaml: '18446744073709551615', want: i(-1) },
    { yaml: '"1.0"', want: s('1.0') },
    { yaml: 'yes', want: s('yes') },
    { yaml: '[1.0, 2]', want: { arrayValue: { values: [d(1), i(2)] } } },
  ])('a value has the type that otelcol reads: $yaml', async ({ yaml, want }) => {
    const value = toPlain(parseYaml({ text: yaml, file: 'x' }));
    expect(await one([{ action: 'insert', key: 'k', value }], {})).toEqual({ k: want });
  });

  test('a date is refused as the value of an attribute', () => {
    const value = toPlain(parseYaml({ text: '2024-01-02', file: 'x' }));
    const { error } = attributesSchema.safeParse({ actions: [{ action: 'insert', key: 'k', value }] });
    expect(error?.issues.map((issue) => issue.message)).toEqual([
      'expected a text, number or boolean, got 2024-01-02; put it in quotes',
    ]);
  });

  test.each([
    { name: 'of each type', from: d(5), want: { from: d(5), to: d(5) } },
    { name: 'of a list', from: { arrayValue: { values: [i(1)] } } },
    { name: 'of bytes', from: { bytesValue: Uint8Array.of(1, 2) } },
  ])('from_attribute copies the value as it is: $name', async ({ from }) => {
    const result = await one([{ action: 'insert', key: 'to', from_attribute: 'from' }], { from });
    expect(result).toEqual({ from, to: from });
  });

  test('from_attribute that is not there changes nothing, or sets the default', async () => {
    const action = { action: 'upsert', key: 'to', from_attribute: 'nope' };
    expect(await one([action], { a: i(1) })).toEqual({ a: i(1) });
    expect(await one([{ ...action, default_value: 'd' }], { a: i(1) })).toEqual({ a: i(1), to: s('d') });
  });

  test('from_context', async () => {
    const context = { metadata: new Map([['x-tenant', ['a', 'b']]]), peer: '[::1]:5432' };
    const actions = [
      { action: 'insert', key: 'tenant', from_context: 'metadata.X-Tenant' },
      { action: 'insert', key: 'bare', from_context: 'x-tenant' },
      { action: 'insert', key: 'address', from_context: 'client.address' },
      { action: 'insert', key: 'missing', from_context: 'metadata.nope' },
      { action: 'insert', key: 'fallback', from_context: 'metadata.nope', default_value: 1 },
    ];
    expect(await one(actions, {}, context)).toEqual({
      tenant: s('a;b'),
      bare: s('a;b'),
      address: s('::1'),
      fallback: i(1),
    });
    expect(await one(actions, {})).toEqual({ fallback: i(1) });
  });
});

describe('delete and hash', () => {
  const had = { 'user.email': s('a@b.c'), 'user.id': i(258), token: s('x'), empty: s(''), yes: b(true), ratio: d(0.5) };
  const sha = (...bytes: number[]) => s(createHash('sha256').update(Uint8Array.from(bytes)).digest('hex'));

  test('delete by key, and by pattern anywhere in the key', async () => {
    const { token: _, ...withoutToken } = had;
    expect(
      await one(
        [
          { action: 'delete', key: 'token' },
          { action: 'delete', key: 'nope' },
        ],
        had,
      ),
    ).toEqual(withoutToken);
    const { 'user.email': _email, 'user.id': _id, ...withoutUser } = withoutToken;
    expect(await one([{ action: 'delete', key: 'token', pattern: '^user\\.' }], had)).toEqual(withoutUser);
  });

  test('hash is SHA-256 of the value', async () => {
    const result = await one([{ action: 'hash', key: 'token', pattern: 'user|empty|yes|ratio' }], had);
    expect(result).toEqual({
      'user.email': sha(...Buffer.from('a@b.c')),
      'user.id': sha(2, 1, 0, 0, 0, 0, 0, 0),
      token: sha(...Buffer.from('x')),
      empty: sha(),
      yes: sha(1),
      ratio: sha(0, 0, 0, 0, 0, 0, 0xe0, 0x3f),
    });
  });

  test('a pattern sees keys beyond the dictionary, too', async () => {
    const long = 'k'.repeat(600);
    expect(await one([{ action: 'delete', pattern: '^k+$' }], { [long]: i(1), other: i(2) })).toEqual({ other: i(2) });
  });
});

describe('extract', () => {
  const action = {
    action: 'extract',
    key: 'http.url',
    pattern: '^(?P<http_protocol>.*):\\/\\/(?P<http_domain>.*)\\/(?P<http_path>.*)(?P<none>x)?$',
  };
  test('sets the attributes that the groups are named after', async () => {
    const result = await one([action], { 'http.url': s('http://example.com/path'), http_path: s('old') });
    expect(result).toEqual({
      'http.url': s('http://example.com/path'),
      http_protocol: s('http'),
      http_domain: s('example.com'),
      http_path: s('path'),
      none: s(''),
    });
  });
  test.each([{ 'http.url': s('no url') }, { 'http.url': i(5) }, { other: s('http://a/b') }])(
    'changes nothing of %j',
    async (attributes) => {
      expect(await one([action], attributes as Values)).toEqual(attributes);
    },
  );
});

describe('convert', () => {
  test.each([
    { to: 'int', from: s('-42'), want: i(-42) },
    { to: 'int', from: s('9223372036854775807'), want: i('9223372036854775807') },
    { to: 'int', from: s('9223372036854775808'), want: s('9223372036854775808') },
    { to: 'int', from: s('4.2'), want: s('4.2') },
    { to: 'int', from: d(-4.9), want: i(-4) },
    { to: 'int', from: b(true), want: i(1) },
    { to: 'int', from: i(5), want: i(5) },
    { to: 'double', from: s('1e3'), want: d(1000) },
    { to: 'double', from: s('-Inf'), want: d(Number.NEGATIVE_INFINITY) },
    { to: 'double', from: s('one'), want: s('one') },
    { to: 'double', from: i(7), want: d(7) },
    { to: 'double', from: b(false), want: d(0) },
    { to: 'string', from: i('9007199254740993'), want: s('9007199254740993') },
    { to: 'string', from: d(0.1), want: s('0.1') },
    { to: 'string', from: b(true), want: s('true') },
    { to: 'string', from: { bytesValue: Uint8Array.of(1, 2) }, want: s('AQI=') },
    {
      to: 'string',
      from: {
        kvlistValue: {
          values: [
            { key: 'b', value: i('9007199254740993') },
            { key: 'a', value: s('x') },
          ],
        },
      },
      want: s('{"a":"x","b":9007199254740993}'),
    },
  ])('$from to $to', async ({ to, from, want }) => {
    expect(await one([{ action: 'convert', key: 'k', converted_type: to }], { k: from })).toEqual({ k: want });
  });
});

describe('lists of actions', () => {
  test('run in order: the complex example of contrib', async () => {
    const actions = [
      { action: 'insert', key: 'operation', value: 'default' },
      { action: 'upsert', key: 'svc.operation', from_attribute: 'operation' },
      { action: 'delete', key: 'operation' },
    ];
    const items = [
      { attributes: { timeout: i(10), 'svc.operation': s('addition'), operation: s('addition') } },
      { attributes: { operation: s('subtract'), math_value: i(123) } },
      { attributes: { timeout: i(10), math_value: i(4) } },
      { attributes: { 'svc.operation': s('division'), timeout: i(3) } },
    ];
    expect(await run('traces', { actions }, [{ items }])).toEqual([
      { timeout: i(10), 'svc.operation': s('addition') },
      { math_value: i(123), 'svc.operation': s('subtract') },
      { timeout: i(10), math_value: i(4), 'svc.operation': s('default') },
      { 'svc.operation': s('default'), timeout: i(3) },
    ]);
  });

  test.each(['traces', 'logs', 'metrics'] as const)('work on %s', async (signal) => {
    const actions = [
      { action: 'upsert', key: 'region', value: 'earth' },
      { action: 'delete', key: 'secret' },
    ];
    const items = [{ attributes: { secret: s('x'), n: i(1) } }, { attributes: { region: s('mars') } }, {}];
    expect(await run(signal, { actions }, [{ items }, { items }])).toEqual([
      ...[{ n: i(1), region: s('earth') }, { region: s('earth') }, { region: s('earth') }],
      ...[{ n: i(1), region: s('earth') }, { region: s('earth') }, { region: s('earth') }],
    ]);
  });
});

describe('what is not touched', () => {
  const items = [{ attributes: { a: i(1) } }, { attributes: { secret: s('x') } }, { attributes: { c: i(3) } }];

  test.each(['traces', 'logs', 'metrics'] as const)('%s: items without a change stay byte for byte', async (signal) => {
    const body = requestOf(signal, [{ items }]);
    const before = decodeOtlp(signal, body).chunk;
    const after = decodeOtlp(
      signal,
      await process(signal, { actions: [{ action: 'delete', key: 'secret' }] }, body),
    ).chunk;
    const bytesOf = (chunk: typeof before, row: number) =>
      Buffer.from(chunk.arena.subarray(chunk.layout.rowStart[row]!, chunk.layout.rowEnd[row]!)).toString('hex');
    expect(bytesOf(after, 0)).toBe(bytesOf(before, 0));
    expect(bytesOf(after, 1)).not.toBe(bytesOf(before, 1));
    expect(bytesOf(after, 2)).toBe(bytesOf(before, 2));
  });

  test('a body in which nothing matches goes out as it came', async () => {
    const body = requestOf('traces', [{ items }]);
    const after = await process('traces', { actions: [{ action: 'delete', key: 'nope' }] }, body);
    expect(Buffer.from(after).equals(body)).toBe(true);
  });
});
