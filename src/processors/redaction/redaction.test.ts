import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { type AnyValue, attributeKey, Batch, type LogChunk, type SpanChunk } from '#pdata';
import { LogsBuilder, TracesBuilder } from '#wire';
import { type RedactionConfig, redactionSchema, validateRedaction } from './config.ts';
import { sanitizeJson } from './db/json.ts';
import { sanitizeRedis } from './db/redis.ts';
import { sanitizeSql } from './db/sql.ts';
import { redactionFactory } from './index.ts';
import { clusterUrl } from './url/cluster-url.ts';

type Values = { readonly [key: string]: AnyValue };

async function processed(signal: 'traces' | 'logs', block: object, batch: Batch): Promise<Batch> {
  const config = redactionSchema.parse(block) as RedactionConfig;
  expect(validateRedaction(config)).toEqual([]);
  const next = new RecordingConsumer();
  await redactionFactory.create(fakeSettings(), config, signal, next).consume(batch);
  return next.batches[0]!;
}

/** The attributes of a span, of its event, scope and resource, which all begin with the same ones. */
async function spanWith(block: object, attributes: Values): Promise<Values[]> {
  const builder = new TracesBuilder();
  const group = builder.group({ resource: attributes, scope: { name: 's', attributes } });
  group.add({
    traceId: '01'.repeat(16),
    spanId: '02'.repeat(8),
    name: 'x',
    attributes,
    events: [{ name: 'e', attributes }],
  });
  const chunk = (await processed('traces', block, new Batch('traces', [builder.chunk()]))).chunks[0] as SpanChunk;
  const span = chunk.view();
  return [
    { ...span.attributes.toObject() },
    { ...span.events.at(0).attributes.toObject() },
    { ...chunk.scopeAttributes.of(0).toObject() },
    { ...chunk.resourceAttributes.of(0).toObject() },
  ];
}

async function logWith(block: object, body: AnyValue): Promise<{ body: AnyValue; attributes: Values }> {
  const builder = new LogsBuilder();
  builder.group({}).add({ body });
  const chunk = (await processed('logs', block, new Batch('logs', [builder.chunk()]))).chunks[0] as LogChunk;
  const log = chunk.view();
  return { body: log.body, attributes: { ...log.attributes.toObject() } };
}

test('keys that are not allowed go, blocked values are masked, and the summary says so everywhere', async () => {
  const block = {
    allowed_keys: ['id', 'card', 'free'],
    ignored_keys: ['safe'],
    blocked_values: ['4[0-9]{12}'],
    allowed_values: ['^public'],
    summary: 'debug',
  };
  const attributes = {
    id: 7,
    card: 'no 4111111111111',
    free: 'public 4111111111111',
    safe: '4111111111111',
    name: 'Ann',
    mail: 'x',
  };
  for (const found of await spanWith(block, attributes)) {
    expect(found).toEqual({
      id: 7,
      card: 'no ****',
      free: 'public 4111111111111',
      safe: '4111111111111',
      'redaction.redacted.keys': 'mail,name',
      'redaction.redacted.count': 2,
      'redaction.masked.keys': 'card',
      'redaction.masked.count': 1,
      'redaction.allowed.keys': 'free',
      'redaction.allowed.count': 1,
      'redaction.ignored.count': 1,
    });
  }
});

test('a second redaction adds to the summary of the first', async () => {
  const before = { 'redaction.masked.keys': 'z,b', 'redaction.masked.count': 2, a: 'secret' };
  const [found] = await spanWith({ allow_all_keys: true, blocked_values: ['secret'], summary: 'debug' }, before);
  expect(found).toMatchObject({ 'redaction.masked.keys': 'a,b,z', 'redaction.masked.count': 3 });
});

test('numbers and lists are looked at with redact_all_types alone', async () => {
  const attributes = { number: 4111, list: ['4111'] };
  const block = { allow_all_keys: true, blocked_values: ['4111'] };
  expect((await spanWith(block, attributes))[0]).toEqual(attributes);
  expect((await spanWith({ ...block, redact_all_types: true }, attributes))[0]).toEqual({
    number: '****',
    list: '["****"]',
  });
});

test('of a blocked key the whole value is masked, also one that is no text', async () => {
  const block = { allow_all_keys: true, blocked_key_patterns: ['(?i)token'] };
  expect((await spanWith(block, { apiToken: 'abc', TOKEN: 5, other: 'abc' }))[0]).toEqual({
    apiToken: '****',
    TOKEN: '****',
    other: 'abc',
  });
});

test('a hash stands for what matches, not for what is around', async () => {
  const hmac_key = 'k'.repeat(32);
  const block = { allow_all_keys: true, blocked_values: ['[0-9]+'], hash_function: 'HMAC-SHA256', hmac_key };
  const hash = createHmac('sha256', hmac_key).update('42').digest('hex');
  expect((await spanWith(block, { a: 'id 42!' }))[0]).toEqual({ a: `id ${hash}!` });
});

test('keys beyond the dictionary have their fate, too', async () => {
  const long = 'k'.repeat(600);
  expect((await spanWith({ allowed_keys: ['a'] }, { [long]: 'x', a: 'y' }))[0]).toEqual({ a: 'y' });
  expect((await spanWith({ allow_all_keys: true, blocked_key_patterns: ['^k+$'] }, { [long]: 'x' }))[0]).toEqual({
    [long]: '****',
  });
});

describe('bodies of logs', () => {
  test('texts are masked, and keys in maps and lists have the fate of attributes', async () => {
    const block = { allowed_keys: ['user', 'name', 'items'], blocked_values: ['Ann'], summary: 'debug' };
    const body = { user: { name: 'Ann', mail: 'x' }, secret: 1, items: [{ name: 'Ann' }, 'Ann B'] };
    expect(await logWith(block, body)).toEqual({
      body: { user: { name: '****' }, items: [{ name: '****' }, '**** B'] },
      attributes: {
        'redaction.body.redacted.keys': 'secret,user.mail',
        'redaction.body.redacted.count': 2,
        'redaction.body.masked.keys': 'items.[0].name,items.[1],user.name',
        'redaction.body.masked.count': 3,
      },
    });
    expect((await logWith({ allow_all_keys: true, blocked_values: ['[0-9]'] }, 'a 1')).body).toBe('a ****');
  });

  test('a body without anything to hide stays byte for byte', async () => {
    const builder = new LogsBuilder();
    builder.group({}).add({ body: { a: [1.5, 'x'], b: null } });
    const batch = new Batch('logs', [builder.chunk()]);
    const { chunks } = await processed('logs', { allow_all_keys: true, blocked_values: ['secret'] }, batch);
    expect(chunks[0]!.isVerbatim).toBe(true);
  });
});

test.each([
  [{ hash_function: 'hmac-sha256' }, 'must be at least 32 bytes long for hmac-sha256, got 0'],
  [
    { hash_function: 'hmac-sha512', hmac_key: 'ö'.repeat(31) },
    'must be at least 64 bytes long for hmac-sha512, got 62',
  ],
  [{ blocked_values: ['a', '('] }, /^not a regular expression: /],
])('%j is refused', (block, message) => {
  const [mistake] = validateRedaction(redactionSchema.parse(block) as RedactionConfig);
  expect(mistake?.message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
});

test.each([
  ['/users/fdklsd/j4elk/23993/job/2', '/users/*/j4elk/*/job/*'],
  ['/attach?session_id=ddfsdsf', '/attach'],
  ['/a/b/c/d/e/f/g/h/i/j', '/a/b/c/d/e/f/g/h/i'],
  ['GET /user_space/', 'GET /user_space/'],
])('the URL %s is %s', (url, want) => expect(clusterUrl(url)).toBe(want));

test.each([
  ["SELECT * FROM users2 WHERE id = 42 AND name = 'it''s'", 'SELECT * FROM users? WHERE id = ? AND name = ??'],
  ['SELECT "a", \'unfinished', 'SELECT "a", ?'],
])('the statement %s is %s', (sql, want) => expect(sanitizeSql(sql, 'other')).toBe(want));

test('MySQL has texts in double quotes', () => {
  expect(sanitizeSql('SELECT "bob" FROM `t1` # 5', 'mysql')).toBe('SELECT ? FROM `t?` # 5');
});

test.each([
  ['SET key value EX 10\nGET key', 'SET key ? EX 10\nGET key'],
  ['MSET a 1 b "2 3"', 'MSET a ? b ?'],
])('the command %j is %j', (command, want) => expect(sanitizeRedis(command)).toBe(want));

test('values of JSON', () => {
  expect(sanitizeJson('{"a": [1, {"b": "c"}]}')).toBe('{"a":["?",{"b":"?"}]}');
  expect(sanitizeJson('{"a": ')).toBe('{"a": ');
});

test.each([
  ['sql', (size: number) => sanitizeSql('"a"."'.repeat(size) + "'\\".repeat(size), 'mysql')],
  ['redis', (size: number) => sanitizeRedis('SET "\\ '.repeat(size))],
  ['urls', (size: number) => clusterUrl('a?-'.repeat(size))],
])('%s takes time in proportion to the text', (_name, run) => {
  const time = (size: number): number => {
    const from = performance.now();
    run(size);
    return performance.now() - from;
  };
  time(20_000);
  expect(time(400_000)).toBeLessThan(3000);
});

test('a blocked value is found wherever it lies, also in what a processor before has set', async () => {
  const block = { allow_all_keys: true, blocked_values: ['cust-[0-9]+', 'key=[a-z]+'] };
  for (let length = 0; length < 40; length++) {
    const before = 'x'.repeat(length);
    const builder = new TracesBuilder();
    const group = builder.group({});
    group.add({
      traceId: '01'.repeat(16),
      spanId: '02'.repeat(8),
      name: 'x',
      attributes: { a: `${before}cust-7`, b: 'y', c: 'key=' },
    });
    const chunk = builder.chunk();
    chunk.view().attributes.set(attributeKey('d'), `${before}key=z`);
    const [processedChunk] = (await processed('traces', block, new Batch('traces', [chunk]))).chunks;
    const span = (processedChunk as SpanChunk).view();
    expect({ ...span.attributes.toObject() }).toEqual({ a: `${before}****`, b: 'y', c: 'key=', d: `${before}****` });
  }
});
