import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkFilter,
  completeFilter,
  type FilterNode,
  type FilterSignal,
  isSeriesQuery,
  parseFilter,
  printFilter,
  queryLanguage,
  resolveField,
  tokenizeFilter,
} from './index.ts';
import { classifyValue } from './value.ts';

/** A tree without ranges, short enough to compare with. */
function shape(node: FilterNode | undefined): unknown {
  if (node === undefined) return undefined;
  switch (node.kind) {
    case 'and':
    case 'or':
      return [node.kind, ...node.items.map(shape)];
    case 'not':
      return ['not', shape(node.item)];
    case 'compare':
      return [node.key.text, node.operator, node.value.kind, node.value.text];
    case 'exists':
      return [node.key.text, node.negated ? 'absent' : 'exists'];
    case 'text':
      return node.text;
  }
}

function parsed(text: string): FilterNode | undefined {
  const result = parseFilter(text);
  if (!result.ok) throw result.error;
  return result.filter;
}

describe('parseFilter', () => {
  test.each([
    { text: '', want: undefined },
    { text: '  \n ', want: undefined },
    { text: 'timeout', want: 'timeout' },
    { text: 'a b', want: ['and', 'a', 'b'] },
    { text: 'a AND b', want: ['and', 'a', 'b'] },
    { text: 'a b OR c', want: ['and', 'a', ['or', 'b', 'c']] },
    { text: '(a b) OR c', want: ['or', ['and', 'a', 'b'], 'c'] },
    { text: '-a NOT b', want: ['and', ['not', 'a'], ['not', 'b']] },
    { text: '-(a OR b)', want: ['not', ['or', 'a', 'b']] },
    { text: 'a - b', want: ['and', 'a', '-', 'b'] },
    { text: 'hello! x-y', want: ['and', 'hello!', 'x-y'] },
    { text: '"OR"', want: 'OR' },
    { text: 'OR=1', want: ['OR', '=', 'number', '1'] },
    { text: '"my key"=1', want: ['my key', '=', 'number', '1'] },
    { text: 'a!=b', want: ['a', '!=', 'text', 'b'] },
    { text: 'a==b', want: ['a', '=', 'text', 'b'] },
    { text: 'a=~b.*', want: ['a', '~', 'text', 'b.*'] },
    {
      text: '!a !(b OR c) !d=1',
      want: ['and', ['not', 'a'], ['not', ['or', 'b', 'c']], ['not', ['d', '=', 'number', '1']]],
    },
    { text: '! a', want: ['not', 'a'] },
    // A line of a log, pasted.
    { text: 'connection not found', want: ['and', 'connection', 'not', 'found'] },
    { text: 'found in (3) files', want: ['and', 'found', 'in', '3', 'files'] },
    { text: 'not found', want: ['and', 'not', 'found'] },
    { text: 'user or password wrong and', want: ['and', 'user', 'or', 'password', 'wrong', 'and'] },
    { text: 'error: "a" and "b"', want: ['and', 'error:', 'a', 'and', 'b'] },
    { text: 'a="x" "and" "not" b=1', want: ['and', ['a', '=', 'text', 'x'], 'and', 'not', ['b', '=', 'number', '1']] },
    {
      text: '"and" "a:b" "x*" http://x std::vector 12:30',
      want: ['and', 'and', 'a:b', 'x*', 'http://x', 'std::vector', '12:30'],
    },
    { text: 'a>=1.5e3', want: ['a', '>=', 'number', '1.5e3'] },
    { text: 'a=-5', want: ['a', '=', 'number', '-5'] },
    { text: 'duration>1h30m', want: ['duration', '>', 'duration', '1h30m'] },
    { text: 'a=true', want: ['a', '=', 'boolean', 'true'] },
    { text: 'a="true"', want: ['a', '=', 'text', 'true'] },
    { text: 'a=*', want: ['a', 'exists'] },
    { text: 'a!=*', want: ['a', 'absent'] },
    { text: 'a="*"', want: ['a', '=', 'text', '*'] },
    { text: 'a=""', want: ['a', '=', 'text', ''] },
    { text: 'url=http://x/?a=b&c="d"', want: ['url', '=', 'text', 'http://x/?a=b&c="d"'] },
    { text: 'a~"\\d+ \\"x\\""', want: ['a', '~', 'text', '\\d+ "x"'] },
    {
      text: 'http.route="/api/{id}" -x=1',
      want: ['and', ['http.route', '=', 'text', '/api/{id}'], ['not', ['x', '=', 'number', '1']]],
    },
  ])('reads $text', ({ text, want }) => {
    expect(shape(parsed(text))).toEqual(want);
  });

  test('gives durations in nanoseconds', () => {
    expect(classifyValue('1.5s', { start: 0, end: 4 })).toMatchObject({ kind: 'duration', ns: 1_500_000_000 });
    expect(classifyValue('1h30m', { start: 0, end: 5 })).toMatchObject({ ns: 5_400_000_000_000 });
    expect(classifyValue('3µs', { start: 0, end: 3 })).toMatchObject({ ns: 3000 });
    expect(classifyValue('5x', { start: 0, end: 2 })).toMatchObject({ kind: 'text' });
  });

  test.each([
    { text: 'a (b', at: [2, 3], message: 'never closed' },
    { text: 'a b)', at: [3, 4], message: 'closes nothing' },
    { text: 'a ()', at: [2, 4], message: 'nothing stands' },
    { text: 'x "abc', at: [2, 6], message: 'quote is never closed' },
    { text: 'a=', at: [0, 2], message: 'value after `=` is missing' },
    { text: 'a= b', at: [0, 2], message: 'value after `=` is missing' },
    { text: 'duration > 5ms', at: [0, 10], message: 'a blank before `>`' },
    { text: '=5', at: [0, 1], message: 'needs a key' },
    { text: 'a OR', at: [2, 4], message: 'needs a term behind it' },
    { text: 'OR a', at: [0, 2], message: 'needs a term before it' },
    { text: 'a OR OR b', at: [5, 7], message: 'needs a term before it' },
    { text: 'a AND', at: [2, 5], message: 'needs a term behind it' },
    { text: 'a>*', at: [2, 3], message: 'does not go with' },
    { text: 'name=foo(bar)', at: [8, 9], message: 'parenthesis inside a word' },
    { text: 'a="x"y', at: [2, 6], message: 'a blank is missing' },
    { text: '""', at: [0, 2], message: 'empty text' },
    { text: '""=5', at: [0, 2], message: 'key is empty' },
    { text: '(', at: [0, 1], message: 'never closed' },
    { text: 'a=1 and b=2', at: [4, 7], message: 'in capitals' },
    { text: 'a=1 or timeout', at: [4, 6], message: 'in capitals' },
    { text: 'timeout or a=1', at: [8, 10], message: 'in capitals' },
    { text: 'a="x" and timeout', at: [6, 9], message: 'in capitals' },
    { text: 'a=* or timeout', at: [4, 6], message: 'in capitals' },
    { text: 'not status=error', at: [0, 3], message: 'in capitals' },
    { text: 'Not (a b)', at: [0, 3], message: 'in capitals' },
    { text: '(a b) or c', at: [6, 8], message: 'in capitals' },
    { text: 'timeout and -cart', at: [8, 11], message: 'in capitals' },
    { text: 'timeout OR not found', at: [11, 14], message: 'in capitals' },
    { text: 'a && b', at: [2, 4], message: '`&&` is no operator' },
    { text: 'a || b', at: [2, 4], message: '`||` is no operator' },
    { text: 'service in (a, b)', at: [8, 10], message: '`in` is no operator' },
    { text: 'http.route IN ("a")', at: [11, 13], message: '`IN` is no operator' },
    { text: 'service.name contains "a b"', at: [13, 21], message: '`contains` is no operator' },
    { text: 'x service:orders', at: [2, 16], message: '`:` is no operator' },
    { text: 'service: orders', at: [0, 8], message: '`:` is no operator' },
    { text: 'service:"my orders"', at: [0, 8], message: '`:` is no operator' },
    { text: 'name=GET*', at: [5, 9], message: '`*` is no pattern' },
    { text: 'name!=*cart', at: [6, 11], message: '`*` is no pattern' },
    { text: 'time*', at: [0, 5], message: '`*` is no pattern' },
    { text: 'a===b', at: [3, 5], message: '`==` is no operator' },
    { text: 'a!==b', at: [3, 5], message: '`!==` is no operator' },
    { text: 'duration=>5ms', at: [9, 13], message: '`=>` is no operator' },
    { text: "name='GET", at: [5, 9], message: 'double quotes' },
    { text: '!', at: [0, 1], message: 'a term is missing' },
  ])('refuses $text and says where', ({ text, at, message }) => {
    const result = parseFilter(text);
    if (result.ok) throw new Error(`parsed as ${JSON.stringify(shape(result.filter))}`);
    expect(result.error.message).toContain(message);
    expect([result.error.start, result.error.end]).toEqual(at);
  });

  test.each([
    ['service:orders', 'write service=orders'],
    ['service:orders*', 'write the regular expression service~"^orders"'],
    ["service:'orders'", 'write service="orders"'],
    ['name=GET*', 'write the regular expression name~"^GET"'],
    ['name!=*.com', 'write the regular expression name!~"\\.com$"'],
    ['duration=>5ms', 'write duration>=5ms'],
    ['a=1 or b', 'write OR'],
  ])('the cure of %s can be taken as it stands: %s', (text, hint) => {
    const result = parseFilter(text);
    expect(result.ok ? '' : result.error.hint).toContain(hint);
  });

  test('refuses what is too long, too deep and too many, without overflowing the stack', () => {
    for (const text of ['('.repeat(9000), '-'.repeat(9000), 'a '.repeat(1000), 'x'.repeat(10_001)]) {
      expect(parseFilter(text).ok).toBe(false);
    }
  });

  test('ranges cover the term they belong to', () => {
    const text = 'a=1  (b OR "c d")';
    const tree = parsed(text) as Extract<FilterNode, { kind: 'and' }>;
    expect(tree.items.map((item) => text.slice(item.start, item.end))).toEqual(['a=1', '(b OR "c d")']);
  });
});

const textArbitrary = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }),
  fc.constantFrom(
    'OR',
    'NOT',
    '-x',
    '*',
    'true',
    '5',
    '1s',
    'a b',
    '"',
    '\\',
    '\\n',
    '\n',
    'a=b',
    '(',
    'ünï',
    '!',
    '!=',
  ),
);
const range = { start: 0, end: 0 };

/** Values as the parser would class them: a number's text must read as a number. */
const valueArbitrary = fc.oneof(
  textArbitrary.map((text) => ({ kind: 'text' as const, text, ...range })),
  fc.constantFrom('1', '-2.5', '1e9', 'true', 'false', '250ms', '1h5m').map((text) => classifyValue(text, range)),
);
const operatorArbitrary = fc.constantFrom('=', '!=', '>', '>=', '<', '<=', '~', '!~');

const treeArbitrary: fc.Arbitrary<FilterNode> = fc.letrec<{ node: FilterNode }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    textArbitrary.map((text): FilterNode => ({ kind: 'text', text, ...range })),
    fc
      .record({ text: textArbitrary, operator: operatorArbitrary, value: valueArbitrary })
      .map(
        ({ text, operator, value }) =>
          ({ kind: 'compare', key: { text, ...range }, operator, value, ...range }) as FilterNode,
      ),
    fc
      .record({ text: textArbitrary, negated: fc.boolean() })
      .map(({ text, negated }): FilterNode => ({ kind: 'exists', key: { text, ...range }, negated, ...range })),
    tie('node').map((item): FilterNode => ({ kind: 'not', item, ...range })),
    fc
      .record({ kind: fc.constantFrom('and', 'or'), items: fc.array(tie('node'), { minLength: 2, maxLength: 4 }) })
      .map(({ kind, items }) => ({ kind, items, ...range }) as FilterNode),
  ),
})).node;

describe('properties', () => {
  test('what is printed parses to the same tree', () => {
    fc.assert(
      fc.property(treeArbitrary, (tree) => {
        expect(shape(parsed(printFilter(tree)))).toEqual(shape(tree));
      }),
      { numRuns: 1000 },
    );
  });

  test('any text gives a tree or an error inside the text, and tokens that cover all but blanks', () => {
    const piece = fc.constantFrom(
      'a',
      '=',
      '!=',
      '~',
      '"',
      '(',
      ')',
      '-',
      ' ',
      'OR',
      'NOT',
      '*',
      '\\',
      '5ms',
      'ü',
      '!',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), fc.nat(40), (pieces, caret) => {
        const text = pieces.join('');
        const result = parseFilter(text);
        if (!result.ok) {
          expect(result.error.start).toBeGreaterThanOrEqual(0);
          expect(result.error.end).toBeLessThanOrEqual(text.length);
          expect(result.error.start).toBeLessThan(result.error.end);
        }
        let at = 0;
        for (const token of tokenizeFilter(text)) {
          expect(text.slice(at, token.start).trim()).toBe('');
          expect(token.end).toBeGreaterThan(token.start);
          at = token.end;
        }
        const place = completeFilter(text, Math.min(caret, text.length));
        expect(place.start).toBeLessThanOrEqual(place.end);
        expect(place.end).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('completeFilter', () => {
  test.each([
    { text: '|', want: { kind: 'key', prefix: '', start: 0, end: 0 } },
    { text: 'http.ro|', want: { kind: 'key', prefix: 'http.ro', start: 0, end: 7 } },
    { text: 'a=1 ht|tp', want: { kind: 'key', prefix: 'ht', start: 4, end: 8 } },
    { text: '-ser|', want: { kind: 'key', prefix: 'ser', start: 1, end: 4 } },
    { text: 'service=|', want: { kind: 'value', key: 'service', operator: '=', prefix: '', start: 8, end: 8 } },
    { text: 'service=|ord x', want: { kind: 'value', key: 'service', operator: '=', prefix: '', start: 8, end: 11 } },
    { text: 'service!=or|d', want: { kind: 'value', key: 'service', operator: '!=', prefix: 'or', start: 9, end: 12 } },
    { text: '"my key"="a b|', want: { kind: 'value', key: 'my key', operator: '=', prefix: 'a b', start: 9, end: 13 } },
    { text: 'a=1 |', want: { kind: 'key', prefix: '', start: 4, end: 4 } },
    { text: '(|', want: { kind: 'key', prefix: '', start: 1, end: 1 } },
  ])('$text', ({ text, want }) => {
    expect(completeFilter(text.replace('|', ''), text.indexOf('|'))).toEqual(want);
  });
});

describe('checkFilter', () => {
  test.each<{ signal: FilterSignal; text: string; error?: string }>([
    { signal: 'traces', text: 'duration>250ms kind=server status=error service~"^o" trace=abc parent=""' },
    { signal: 'traces', text: 'duration>0 severity=5 body=1' },
    { signal: 'logs', text: 'severity>=warn severity=17 body~x duration=5' },
    { signal: 'traces', text: 'duration<213503d' },
    { signal: 'traces', text: 'a duration>250', error: 'number with a unit' },
    { signal: 'traces', text: 'duration>18446744073709551616ns', error: 'no duration is that long' },
    { signal: 'traces', text: 'a OR duration>=99999999999999h', error: 'no duration is that long' },
    { signal: 'traces', text: '-(kind=servr)', error: 'no such kind' },
    { signal: 'traces', text: 'status>error', error: 'does not go with' },
    { signal: 'traces', text: 'status=constructor', error: 'no such status' },
    { signal: 'traces', text: 'name>5', error: 'which is text' },
    { signal: 'traces', text: 'trace=xyz', error: 'hexadecimal' },
    { signal: 'traces', text: 'kind=*', error: 'every item has a kind' },
    { signal: 'logs', text: 'severity=loud', error: 'no such severity' },
    { signal: 'logs', text: 'a>true', error: 'no order' },
  ])('$signal: $text', ({ signal, text, error }) => {
    const check = () => checkFilter(parsed(text), signal);
    if (error === undefined) expect(check).not.toThrow();
    else expect(check).toThrow(error);
  });

  test.each([
    { key: 'service.name', want: { kind: 'intrinsic', name: 'service' } },
    { key: 'body', want: { kind: 'attribute', scope: 'any', key: 'body' } },
    { key: 'resource.host.name', want: { kind: 'attribute', scope: 'resource', key: 'host.name' } },
    { key: 'span.x', want: { kind: 'attribute', scope: 'item', key: 'x' } },
    { key: 'attributes.name', want: { kind: 'attribute', scope: 'item', key: 'name' } },
    { key: 'log.level', want: { kind: 'attribute', scope: 'any', key: 'log.level' } },
  ])('resolves $key of spans', ({ key, want }) => {
    expect(resolveField(key, 'traces')).toEqual(want);
  });
});

test.each([
  ['traces', 'status=error', 'filter', false],
  ['traces', '{ status = error }', 'traceql', false],
  ['traces', ' ({ } | count() > 2) && { }', 'traceql', false],
  ['traces', '{ } | rate() by (name)', 'traceql', true],
  ['traces', '{ name = "| rate()" }', 'traceql', false],
  ['traces', '(service=a OR service=b)', 'filter', false],
  ['logs', '{a="b"} | json', 'logql', false],
  ['logs', 'sum by (level) (rate({a="b"}[1m]))', 'logql', true],
  ['logs', 'topk(3, sum(count_over_time({a="b"}[1m])))', 'logql', true],
  ['logs', 'rate limit exceeded', 'filter', false],
  ['logs', 'max=5', 'filter', false],
  ['metrics', '{a="b"}', 'filter', false],
] as const)('in %s "%s" is %s', (signal, text, language, isSeries) => {
  expect(queryLanguage(text, signal)).toBe(language);
  expect(isSeriesQuery(text, signal)).toBe(isSeries);
});
