import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type OttlCondition,
  OttlError,
  type OttlValue,
  parseOttlCondition,
  parseOttlStatement,
  parseOttlValue,
  placedOttlMessage,
  printOttlCondition,
  printOttlStatement,
  printOttlValue,
  tokenizeOttl,
  underlinedOttl,
} from './index.ts';

describe('statements', () => {
  test.each([
    'set(a, 1)',
    'set(span.attributes["http.url"], "x") where kind == SPAN_KIND_SERVER',
    'set(attributes["a"][0]["b"], Concat([name, "x"], "-")[0])',
    'replace_pattern(name, "^a+$", "$1", SHA256, "%s")',
    'flatten(attributes, depth=1)',
    'set(a, 1 + 2 * 3 - (4 - 5) * -6)',
    'set(a, {"b": [1, 2.5, true, nil, 0x0a], "c": {}})',
    'set(a, Filter(attributes, (k, v) => v > 1 and k != "x"))',
    'set(a, MapEach(attributes, (_, v) => v * 2))',
    'set(a, When(() => a == 1, 1, 2))',
    'set(a, 1) where not (a == 1 or b == 2) and IsMatch(c, "d") or true',
    'set(a, 1) where (a + 1) * 2 > 3',
    'set(attributes[attributes["k"]], attributes[Concat(["a"], "")])',
    'set(a, 9223372036854775807)',
  ])('%s is printed as it was written', (text) => {
    expect(printOttlStatement(parseOttlStatement(text))).toBe(text);
  });

  test.each([
    ['set(a, "\\n\\t\\"\\\\\\x41\\u00e4\\101")', '\n\t"\\AäA'],
    ['set(a, "\\xc3\\xa4")', 'ä'],
  ])('%s has the text of its escapes', (text, expected) => {
    const { editor } = parseOttlStatement(text);
    expect((editor.arguments[1]!.value as { value: string }).value).toBe(expected);
  });

  test.each([
    ['set(a, 1', '1:9: expected `,` or `)`, found the end'],
    ['set(a 1)', '1:7: expected `,` or `)`, found `1`'],
    ['Set(a, 1)', '1:1: Set is a converter; a statement begins with an editor, such as set(…)'],
    ['set(a, set(b, 1))', '1:8: set is an editor; values are made by converters, whose names begin with a capital'],
    ['set(a, 1)[0]', '1:10: only paths and converters can be indexed, not editors'],
    ['set(a, 1) when b == 1', '1:11: expected where, or the end of the statement, found `when`'],
    ["set(a, 'x')", '1:8: texts stand in double quotes; write " in place of \''],
    ['set(a, "\\d")', '1:9: `\\d` is no escape; write \\\\d for a backslash and d'],
    ['set(a, "x)', '1:8: the text that begins here has no end; close it with "'],
    [
      'set(a, 1) where b',
      '1:17: expected a condition, found a value; write what it is compared with, for example == true, or != nil',
    ],
    ['set(a, 1) where b = 1', '1:19: `=` compares nothing; write =='],
    ['set(a, 1) where b == 1 && c == 2', '1:24: `&` is no operator; write and'],
    ['set(a, 1) where !b', '1:17: `!` is no operator; write not, or != between two values'],
    ['set(a, 0x123)', '1:8: bytes have an even number of hexadecimal digits'],
    ['set(a, 9223372036854775808)', '1:8: too large for a whole number of 64 bits'],
    ['set(a.B, 1)', '1:7: `B` is no field; a converter is called: B(…)'],
    ['set(a[1.5], 1)', '1:7: a key is a text or a whole number'],
    ['set(a, (x, x) => 1)', '1:12: there are two parameters "x"'],
    ['set(a, (x) => (y) => 1)', '1:15: the body of a lambda can not be another lambda'],
    ['set(a,\n  b.)', '2:5: expected the name of a field, found `)`'],
    ['', '1:1: expected an editor such as set(…), found the end'],
  ])('%s is refused', (text, message) => {
    let found = 'nothing was wrong';
    try {
      parseOttlStatement(text);
    } catch (error) {
      found = placedOttlMessage(text, error as OttlError);
    }
    expect(found).toBe(message);
  });

  test('a mistake is underlined', () => {
    expect(underlinedOttl('set(a,\n  b.c)', { start: 9, end: 12 })).toBe('  b.c)\n  ^^^');
  });

  test('nesting is bounded', () => {
    const deep = (open: string, close: string): string => `set(a, ${open.repeat(5000)}1${close.repeat(5000)})`;
    for (const text of [deep('[', ']'), deep('(', ')'), deep('{"a":', '}'), deep('-(', ')')]) {
      expect(() => parseOttlStatement(text)).toThrow(/nested deeper|expected/);
    }
    expect(() => parseOttlCondition(`${'not ('.repeat(5000)}true${')'.repeat(5000)}`)).toThrow('nested deeper');
    expect(() => parseOttlCondition('x'.repeat(100_000))).toThrow('longer than');
  });
});

const range = { start: 0, end: 0 };
const name = fc
  .stringMatching(/^[a-z][a-z0-9_]{0,5}$/)
  .filter((each) => !['nil', 'not', 'or', 'and', 'true', 'false'].includes(each));
const converterName = fc.stringMatching(/^[A-Z][a-z]{1,5}$/);
const text = fc.string({ unit: 'grapheme', maxLength: 8 }).map((each) => each.toWellFormed());

const { value, condition } = fc.letrec<{ value: OttlValue; condition: OttlCondition; operand: OttlValue }>((tie) => ({
  operand: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.record({ kind: fc.constant('int' as const), value: fc.nat() }).map((each) => ({ ...each, ...range })),
    fc.double({ noNaN: true, min: 0, max: 1e300 }).map((each) => ({ kind: 'double' as const, value: each, ...range })),
    fc
      .record({
        names: fc.array(name, { minLength: 1, maxLength: 3 }),
        key: fc.option(tie('value'), { nil: undefined }),
      })
      .map(({ names, key }) => {
        const keys =
          key?.kind === 'text' || key?.kind === 'int' || key?.kind === 'path' ? [{ value: key, ...range }] : [];
        return {
          kind: 'path' as const,
          fields: names.map((each, i) => ({ name: each, keys: i === names.length - 1 ? keys : [], ...range })),
          ...range,
        };
      }),
    fc.record({ name: converterName, values: fc.array(tie('value'), { maxLength: 2 }) }).map((each) => ({
      kind: 'call' as const,
      name: each.name,
      arguments: each.values.map((one) => ({ name: undefined, value: one, ...range })),
      keys: [],
      ...range,
    })),
    fc
      .record({ operator: fc.constantFrom('+', '-', '*', '/'), left: tie('operand'), right: tie('operand') })
      .map((each) => ({ kind: 'math' as const, ...each, ...range })),
  ) as fc.Arbitrary<OttlValue>,
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constant({ kind: 'nil' as const, ...range }),
    text.map((each) => ({ kind: 'text' as const, value: each, ...range })),
    fc.boolean().map((each) => ({ kind: 'bool' as const, value: each, ...range })),
    fc.uint8Array({ minLength: 1, maxLength: 4 }).map((each) => ({ kind: 'bytes' as const, value: each, ...range })),
    tie('operand'),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => ({ kind: 'list' as const, items, ...range })),
    fc
      .array(fc.record({ key: text, value: tie('value') }), { maxLength: 2 })
      .map((entries) => ({ kind: 'map' as const, entries: entries.map((each) => ({ ...each, ...range })), ...range })),
  ) as fc.Arbitrary<OttlValue>,
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc
      .record({ operator: fc.constantFrom('==', '!=', '<', '<=', '>', '>='), left: tie('value'), right: tie('value') })
      .map((each) => ({ kind: 'comparison' as const, ...each, ...range })),
    fc.boolean().map((each) => ({ kind: 'constant' as const, value: each, ...range })),
    tie('condition').map((operand) => ({ kind: 'not' as const, operand, ...range })),
    fc
      .record({ kind: fc.constantFrom('and', 'or'), items: fc.array(tie('condition'), { minLength: 2, maxLength: 3 }) })
      .map((each) => ({ ...each, ...range })),
  ) as fc.Arbitrary<OttlCondition>,
}));

/** The tree without places; what a parser joins is joined. */
function plain(tree: unknown): unknown {
  return JSON.parse(
    JSON.stringify(tree, (key, each: unknown) =>
      key === 'start' || key === 'end' ? undefined : each instanceof Uint8Array ? [...each] : each,
    ),
  );
}

describe('what is printed is read back', () => {
  test('values', () => {
    fc.assert(
      fc.property(value, (tree) => {
        expect(plain(parseOttlValue(printOttlValue(tree)))).toEqual(plain(tree));
      }),
    );
  });
  test('conditions', () => {
    fc.assert(
      fc.property(condition, (tree) => {
        const printed = printOttlCondition(tree);
        expect(printOttlCondition(parseOttlCondition(printed))).toBe(printed);
        expect(plain(parseOttlCondition(printed))).toEqual(plain(tree));
      }),
    );
  });
  test('any text is read, or refused with a place in it', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc
            .array(
              fc.constantFrom(
                'set',
                '(',
                ')',
                '[',
                ']',
                '"a"',
                ',',
                'a',
                '.',
                '==',
                'and',
                'not',
                '1',
                '=>',
                '+',
                'IsX',
              ),
              { maxLength: 12 },
            )
            .map((each) => each.join(' ')),
        ),
        (source) => {
          try {
            tokenizeOttl(source);
            parseOttlStatement(source);
          } catch (error) {
            expect(error).toBeInstanceOf(OttlError);
            const { start, end } = (error as OttlError).range;
            expect(start <= end && start >= 0 && end <= source.length).toBe(true);
          }
        },
      ),
    );
  });
});
