import { describe, expect, test } from 'vitest';
import { fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { type AnyValue, Double, type SpanChunk } from '#pdata';
import { traces } from '../testing/spans.ts';
import { type SpanConfig, spanSchema, validateSpan } from './config.ts';
import { spanFactory } from './index.ts';

interface Result {
  readonly name: string;
  readonly attributes: { readonly [key: string]: AnyValue };
  readonly status: readonly [number, string];
}

/** One span with this name and these attributes through the processor. */
async function one(block: object, name: string, attributes: { [key: string]: AnyValue } = {}): Promise<Result> {
  const next = new RecordingConsumer();
  const config = spanSchema.parse(block) as SpanConfig;
  expect(validateSpan(config)).toEqual([]);
  const processor = spanFactory.create(fakeSettings(), config, 'traces', next);
  await processor.consume(
    traces([{ attributes: { 'service.name': 'shop' }, spans: [{ trace: 't', name, attributes }] }]),
  );
  const chunk = next.batches[0]!.chunks[0] as SpanChunk;
  const span = chunk.view();
  span.row = chunk.rowAt(0);
  const { statusCode, statusMessage } = span;
  return { name: span.name, attributes: { ...span.attributes.toObject() }, status: [statusCode, statusMessage] };
}

describe('a name of attributes', () => {
  const block = (keys: string[], separator = '::') => ({ name: { from_attributes: keys, separator } });

  test.each<[AnyValue, string]>([
    ['get', 'get'],
    [12, '12'],
    [true, 'true'],
    [0.5, '0.5'],
    [new Double(1e21), '1000000000000000000000'],
    [new Double(1.5e-7), '0.00000015'],
    [[1], '<unknown-attribute-type>'],
    [{ a: 1 }, '<unknown-attribute-type>'],
    [Uint8Array.of(1), '<unknown-attribute-type>'],
    [null, '<unknown-attribute-type>'],
  ])('the value %j is %s in it', async (value, text) => {
    const { name } = await one(block(['db.svc', 'value']), 'old', { 'db.svc': 'location', value });
    expect(name).toBe(`location::${text}`);
  });

  test('joins without a separator, and in the order of the list', async () => {
    expect((await one(block(['b', 'a'], ''), 'old', { a: 'x', b: 'y' })).name).toBe('yx');
  });

  test('stays as it is where an attribute is missing', async () => {
    expect((await one(block(['a', 'b']), 'old', { a: 'x' })).name).toBe('old');
    expect((await one(block(['a']), 'old')).name).toBe('old');
  });
});

describe('attributes of a name', () => {
  const block = (rules: string[], more: object = {}) => ({ name: { to_attributes: { rules, ...more } } });
  const DOCUMENT = '^/api/v1/document/(?P<documentId>.*)/update$';

  test('a group becomes an attribute, and a placeholder in the name', async () => {
    expect(
      await one(block([DOCUMENT]), '/api/v1/document/321083210/update', { documentId: 'old', n: 1 }),
    ).toMatchObject({
      name: '/api/v1/document/{documentId}/update',
      attributes: { documentId: '321083210', n: 1 },
    });
  });

  test('what is around the match stays', async () => {
    expect(await one(block(['v(?P<version>\\d+)/(?P<what>\\w+)']), 'GET /v1/carts?x')).toMatchObject({
      name: 'GET /v{version}/{what}?x',
      attributes: { version: '1', what: 'carts' },
    });
  });

  test('rules go on with what the one before made of the name', async () => {
    const rules = ['^/(?P<first>\\w+)', '\\{first\\}/(?P<second>\\w+)'];
    expect(await one(block(rules), '/a/b')).toMatchObject({
      name: '/{first}/{second}',
      attributes: { first: 'a', second: 'b' },
    });
    expect(await one(block(rules, { break_after_match: true }), '/a/b')).toMatchObject({
      name: '/{first}/b',
      attributes: { first: 'a' },
    });
  });

  test('break_after_match goes on to the first rule that matches', async () => {
    const rules = ['none', '(?P<a>x)', '(?P<b>y)'];
    expect((await one(block(rules, { break_after_match: true }), 'xy')).name).toBe('{a}y');
  });

  test('keep_original_name', async () => {
    const rules = ['^/(?P<first>\\w+)', '/(?P<second>\\w+)$'];
    expect(await one(block(rules, { keep_original_name: true }), '/a/b')).toMatchObject({
      name: '/a/b',
      attributes: { first: 'a', second: 'b' },
    });
  });

  test('a group without a name has the key ""', async () => {
    expect(await one(block(['(x)']), 'xy')).toMatchObject({ name: '{}y', attributes: { '': 'x' } });
  });

  test('groups that took no part or lie in others have an attribute and no place of their own', async () => {
    expect(await one(block(['(?P<a>x)|(?P<b>y)']), 'y!')).toMatchObject({
      name: '{b}!',
      attributes: { a: '', b: 'y' },
    });
    expect(await one(block(['(?P<outer>x(?P<inner>y))z']), 'xyz')).toMatchObject({
      name: '{outer}z',
      attributes: { outer: 'xy', inner: 'y' },
    });
  });

  test('an empty name is left alone', async () => {
    expect(await one(block(['(?P<a>.*)']), '')).toMatchObject({ name: '', attributes: {} });
  });

  test('works on the name that was made of attributes before', async () => {
    const name = { from_attributes: ['a'], to_attributes: { rules: ['(?P<number>\\d+)'] } };
    expect(await one({ name }, 'old', { a: 'cart 7' })).toMatchObject({ name: 'cart {number}' });
  });
});

test.each([
  [{ code: 'Error', description: 'it broke' }, [2, 'it broke']],
  [{ code: 'Error' }, [2, '']],
  [{ code: 'Ok' }, [1, '']],
  [{ code: 'Unset' }, [0, '']],
])('the status %j', async (status, want) => {
  expect((await one({ status }, 'x')).status).toEqual(want);
});

test('include and exclude choose the spans', async () => {
  const block = {
    include: { match_type: 'regexp', services: ['shop'], span_names: ['^(.*?)/(.*?)$'] },
    exclude: { match_type: 'strict', span_names: ['donot/change'] },
    name: { to_attributes: { rules: ['(?P<operation_website>.*?)$'] } },
  };
  expect((await one(block, 'do/change')).name).toBe('{operation_website}');
  expect((await one(block, 'donot/change')).name).toBe('donot/change');
  expect((await one(block, 'none')).name).toBe('none');
});

test.each([
  [{}, 'either "from_attributes" or "to_attributes" must be specified in "name", or "status"'],
  [{ status: { code: 'ok' } }, 'must be one of Unset, Ok, Error, got "ok"'],
  [{ status: { code: 'Ok', description: 'x' } }, 'can be specified only for the code Error'],
  [{ name: { to_attributes: { rules: ['('] } } }, /^not a regular expression: /],
  [{ name: { from_attributes: ['a'] }, include: { match_type: 'strict', log_bodies: ['a'] } }, /^log_bodies can't be/],
])('%j is refused', (block, message) => {
  const [mistake] = validateSpan(spanSchema.parse(block) as SpanConfig);
  expect(mistake?.message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
});
