import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseTraceql, parseTraceqlField, printGoDuration, printTraceql } from './index.ts';

/** The queries of the grammar tests of @grafana/lezer-traceql 1.0.0 (Apache-2.0), one a line. */
const LEZER_QUERIES = readFileSync(new URL('testdata/lezer-queries.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n');

test("the lezer grammar's own cases are read, and printed so that they read alike", () => {
  expect(LEZER_QUERIES.length).toBeGreaterThan(100);
  for (const text of LEZER_QUERIES) {
    const printed = printTraceql(parseTraceql(text));
    expect(printTraceql(parseTraceql(printed)), text).toBe(printed);
  }
});

describe('a query is read, and printed in one spelling', () => {
  test.each([
    ['{}', '{ }'],
    ['{ // why\n name="a" /* b */ }', '{ (name = "a") }'],
    ['{ span:name=`a` }', '{ (name = "a") }'],
    ['{.a=1&&span.b=2.50||resource.c=nil}', '{ (((.a = 1) && (span.b = 2.5)) || (resource.c = nil)) }'],
    ['{ .a = 1 || .b = 2 && .c = 3 }', '{ (((.a = 1) || (.b = 2)) && (.c = 3)) }'],
    ['{ span."a b".c = "x" }', '{ (span."a b.c" = "x") }'],
    ['{ span."say \\"x\\"" = 1 }', '{ (span."say \\"x\\"" = 1) }'],
    ['{ parent.span.a = 1 && parent.b = 2 }', '{ ((parent.span.a = 1) && (parent.b = 2)) }'],
    ['{ .span.a = 1 }', '{ (.span.a = 1) }'],
    ['{ .a-b = 1 }', '{ (.a-b = 1) }'],
    ['{ .a - 1 = 2 }', '{ ((.a - 1) = 2) }'],
    ['{ .a + 2 * 3 ^ 2 ^ 2 > 1 }', '{ ((.a + (2 * (3 ^ (2 ^ 2)))) > 1) }'],
    ['{ -.a = -1 && !.b }', '{ ((-(.a) = -1) && !(.b)) }'],
    ['{ duration > 1h30m && duration < 1.5s }', '{ ((duration > 1h30m0s) && (duration < 1.5s)) }'],
    [
      '{ span.a != minInt && span.a != maxInt }',
      '{ ((span.a != -9223372036854775808) && (span.a != 9223372036854775807)) }',
    ],
    ['{ span.a = -9223372036854775808 }', '{ (span.a = -9223372036854775808) }'],
    ['{ status=error && kind!=server }', '{ ((status = error) && (kind != server)) }'],
    ['{ event:name = "x" && link:traceID != nil }', '{ ((event:name = "x") && (link:traceID != nil)) }'],
    ['{ trace:rootService = "a" && trace:duration > 1s }', '{ ((rootServiceName = "a") && (traceDuration > 1s)) }'],
    ['{.a}&&{.b}||{.c}', '(({ .a } && { .b }) || { .c })'],
    ['{.a}>{.b}&&{.c}!>>{.d}', '(({ .a } > { .b }) && ({ .c } !>> { .d }))'],
    ['{.a} &~ {.b} | select(name, .x)', '({ .a } &~ { .b }) | select(name, .x)'],
    ['({.a} | count() > 1) && {.b}', '(({ .a } | count() > 1) && { .b })'],
    ['({.a})', '{ .a }'],
    ['count() > 1 + 2', 'count() > (1 + 2)'],
    ['({.a} | count()) > ({.b} | count())', '({ .a } | count()) > ({ .b } | count())'],
    [
      '{} | avg(duration) > 5ms | by(name, 1 + .a) | coalesce()',
      '{ } | avg(duration) > 5ms | by(name, (1 + .a)) | coalesce()',
    ],
    ['{} | rate()', '{ } | rate()'],
    ['rate()', 'rate()'],
    ['{} | rate() by(resource.a,name) | topk(5) > 2', '{ } | rate() by (resource.a, name) | topk(5) > 2'],
    ['{} | max_over_time(duration) >= 1s | bottomk(1)', '{ } | max_over_time(duration) >= 1s | bottomk(1)'],
    ['{} | quantile_over_time(duration, .9, 1)', '{ } | quantile_over_time(duration, 0.9, 1)'],
    ['{} | compare({status=error})', '{ } | compare({ (status = error) }, 10)'],
    ['{} | compare({status=error}, 5, 1, 2)', '{ } | compare({ (status = error) }, 5, 1, 2)'],
    ['({.a} | rate()) / ({} | rate()) * 100', '((({ .a } | rate()) / ({ } | rate())) * 100)'],
    ['{} with (most_recent=true, exemplars=5, other="x")', '{ } with (most_recent=true, exemplars=5, other="x")'],
  ])('%s', (text, printed) => {
    expect(printTraceql(parseTraceql(text))).toBe(printed);
    expect(printTraceql(parseTraceql(printed))).toBe(printed);
  });
});

describe('a mistake is named with its place', () => {
  test.each([
    ['', 'line 1, col 1: syntax error: unexpected $end, expecting {, ( or an aggregate'],
    ['{', 'line 1, col 2: syntax error: unexpected $end'],
    ['{ .a = }', 'line 1, col 8: syntax error: unexpected }'],
    ['{ .a = 1 } }', 'line 1, col 12: syntax error: unexpected }'],
    ['{ foo = 1 }', 'line 1, col 3: syntax error: unexpected IDENTIFIER'],
    ['{ .a = by }', 'line 1, col 8: syntax error: unexpected by'],
    ['{ 5s 1 }', 'line 1, col 6: syntax error: unexpected INTEGER'],
    ['{ span:foo = 1 }', 'line 1, col 3: unknown intrinsic span:foo'],
    ['{ name = "a }', 'line 1, col 10: literal not terminated'],
    ['{ name =~ "\\d+" }', 'line 1, col 11: invalid char escape'],
    ['{ } /* a', 'line 1, col 5: comment not terminated'],
    ['{ .a = $x }', 'line 1, col 8: a variable of a dashboard'],
    ['{ .a = 5x }', 'line 1, col 8: 5x is no number or duration'],
    ['{ .a = 9223372036854775808 }', 'does not fit into 64 bits'],
    ['{\n name = 5 }', /^binary operations must operate on the same type: name = 5 \(a text and a whole number\)$/],
    ['{ status = "error" }', 'must operate on the same type: status = "error" (a status and a text)'],
    ['{ duration = "1s" }', 'must operate on the same type: duration = "1s"'],
    ['{ name > nil }', 'illegal operation for the given types: name > nil'],
    ['{ status > ok }', 'illegal operation for the given types: status > ok'],
    ['{ name }', 'span filter field expressions must resolve to a boolean: { name } (a text)'],
    ['{ 1 + .a }', 'span filter field expressions must resolve to a boolean: { 1 + .a }'],
    ['{ .a && name }', 'illegal operation for the given types: .a && name'],
    ['{ name =~ "(" }', 'line 1, col 11: error parsing regexp'],
    ['{ name =~ .a }', 'behind =~ stands a regular expression'],
    ['{ duration =~ "a" }', '=~ takes texts, not a duration'],
    ['{ -name = 1 }', 'illegal operation for the given type: -(name)'],
    ['{ } | count()', 'a value alone selects nothing'],
    ['{ } | avg(name) > 1', 'aggregate field expressions must resolve to a number type: avg(name)'],
    ['{ } | sum(1) > 1', 'aggregate field expressions must reference the span: sum(1)'],
    ['{ } | by(1)', 'grouping field expressions must reference the span: by(1)'],
    ['{ } | select(1)', 'expecting an attribute or an intrinsic'],
    ['{ } | count() > "a"', 'binary operations must operate on the same type: count() > "a"'],
    ['{ } > 5', '> can not stand between spans and a value'],
    ['{ } + { }', '+ can not stand between spans and spans'],
    ['{ } | rate() | { }', 'expecting topk or bottomk'],
    ['{ } | rate() | topk(0)', 'topk takes a whole number from 1 on'],
    ['{ } | rate(name)', 'unexpected name, expecting )'],
    ['{ } | max_over_time(name)', 'max_over_time takes numbers or durations'],
    ['{ } | quantile_over_time(duration)', 'expecting ,'],
    ['{ } | quantile_over_time(duration, 2)', 'a quantile is a number from 0 to 1'],
    ['{ } | compare({status=error}, 5, 1)', 'both times or neither'],
    ['{ } && rate()', 'rate stands behind a |'],
    ['({ } | rate()) && ({ } | rate())', 'unexpected &&'],
    ['{ } with (most_recent=5)', 'the hint most_recent takes a value of type bool, not int'],
    [`${'('.repeat(300)}{}${')'.repeat(300)}`, 'nested more than 100 deep'],
    [`{ ${'!'.repeat(300)}.a }`, 'nested more than 100 deep'],
  ])('%s', (text, message) => {
    expect(() => parseTraceql(text)).toThrow(message);
  });
});

test('a field is read alone', () => {
  expect(parseTraceqlField('resource.service.name')).toMatchObject({ scope: 'resource', key: 'service.name' });
  expect(parseTraceqlField('span:kind')).toMatchObject({ kind: 'intrinsic', name: 'kind' });
  expect(() => parseTraceqlField('nothing')).toThrow('expecting a field');
});

test.each([
  [0, '0s'],
  [12, '12ns'],
  [1500, '1.5µs'],
  [-2_000_000, '-2ms'],
  [1_500_000_000, '1.5s'],
  [3_600_000_000_000, '1h0m0s'],
  [90_500_000_000, '1m30.5s'],
])('%s ns are %s', (ns, text) => {
  expect(printGoDuration(ns)).toBe(text);
});
