import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { conditionOf, explainExpr, isMet } from './condition.ts';
import { draftProblems, printRule, type RuleDraft } from './rule-yaml.ts';
import { isHidden, type MatcherDraft } from './silencing.ts';

test.each([
  { expr: 'sum(a) / sum(b) > 0.05', want: { measured: 'sum(a) / sum(b)', operator: '>', limit: 0.05 } },
  { expr: '(-1 <= a)', want: { measured: 'a', operator: '>=', limit: -1 } },
  { expr: 'a < on (x) b', want: { measured: 'a', operator: '<', limit: undefined, limitText: 'b' } },
  { expr: 'a > bool 1', want: undefined },
  { expr: 'absent(up)', want: undefined },
  { expr: 'a >', want: undefined },
])('the condition of $expr', ({ expr, want }) => {
  const condition = conditionOf(expr);
  if (want === undefined) expect(condition).toBeUndefined();
  else expect(condition).toMatchObject(want);
});

test('a condition holds as its comparison says', () => {
  const held = (['==', '!=', '<', '<=', '>', '>='] as const).map((operator) =>
    isMet({ measured: '', operator, limit: 2, limitText: '2' }, 2, 2),
  );
  expect(held).toEqual([true, false, false, true, false, true]);
});

test('an expression in words has the parts that it is made of', () => {
  const explained = explainExpr('sum by (job) (rate(x_total{a="b"}[5m])) > 3');
  const words: string[] = [];
  for (let part = explained; part !== undefined; part = part.parts[0]) words.push(part.words);
  expect(words).toEqual([
    'keeps the series whose value is above 3',
    'the sum for each job',
    'how fast a counter grew in the range, per second',
    'the metric x_total where the labels match',
  ]);
});

const DRAFT: RuleDraft = {
  ...{ group: 'on', name: 'TooBusy', expr: 'sum(\n  a\n) > 1', forTime: '5m', keepFiringFor: '' },
  labels: [['severity', 'page: now']],
  annotations: [['summary', '{{ $value }} # "x"']],
};

test('the YAML of a rule reads as what was filled in, whatever stands in it', () => {
  const [document] = parseAllDocuments(printRule(DRAFT));
  expect(document!.toJS()).toEqual({
    groups: [
      {
        name: 'on',
        rules: [
          {
            ...{ alert: 'TooBusy', expr: 'sum(\n  a\n) > 1\n', for: '5m' },
            labels: { severity: 'page: now' },
            annotations: { summary: '{{ $value }} # "x"' },
          },
        ],
      },
    ],
  });
});

test('what would be refused is said', () => {
  expect(draftProblems(DRAFT)).toEqual([]);
  expect(draftProblems({ ...DRAFT, name: ' ', forTime: '5 m', labels: [['a-b', 'x']] })).toEqual([
    'the alert has no name',
    'for: 5 m is no duration such as 5m',
    'a-b is no name of a label',
  ]);
});

test.each<{ matcher: MatcherDraft; want: boolean }>([
  { matcher: { name: 'a', operator: '=', value: 'x' }, want: true },
  { matcher: { name: 'a', operator: '!=', value: 'x' }, want: false },
  { matcher: { name: 'a', operator: '=~', value: 'x|y' }, want: true },
  { matcher: { name: 'a', operator: '=~', value: 'y' }, want: false },
  { matcher: { name: 'a', operator: '!~', value: '(' }, want: false },
  { matcher: { name: 'none', operator: '=', value: '' }, want: true },
])('a silence with $matcher hides: $want', ({ matcher, want }) => {
  expect(isHidden({ a: 'x' }, [matcher])).toBe(want);
});
