// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what is tested
import { describe, expect, test } from 'vitest';
import { promqlUse } from './promql-use.ts';

describe('what a PromQL expression asks for', () => {
  test('selectors with their names and matchers, and the labels of groupings and joins', () => {
    const expression = `sum(rate(a_b{x=~"5..", y!='z'}[5m])) by (service_name) / on(job) group_left(q) {__name__="c", l=\`1\`}`;
    const { selectors, groupings, mistake } = promqlUse(expression);
    expect(mistake).toBeUndefined();
    expect(selectors).toEqual([
      {
        name: 'a_b',
        from: 9,
        matchers: [
          { name: 'x', operator: '=~', value: '5..' },
          { name: 'y', operator: '!=', value: 'z' },
        ],
      },
      { name: 'c', from: 79, matchers: [{ name: 'l', operator: '=', value: '1' }] },
    ]);
    expect(groupings.map(({ kind, labels }) => ({ kind, labels }))).toEqual([
      { kind: 'by', labels: ['service_name'] },
      { kind: 'on', labels: ['job'] },
    ]);
  });

  test('names that are patterns, and none', () => {
    expect(promqlUse('{__name__=~"a.*"}').selectors[0]).toEqual({ name: undefined, matchers: [], from: 0 });
    expect(promqlUse('-max_over_time((sum without (a) (b))[5m:1m])')).toMatchObject({
      selectors: [{ name: 'b' }],
      groupings: [],
    });
  });

  test.each([
    'rate(a{job="$job", b=~"${c:regex}"}[$__rate_interval])',
    'rate(a[$__range])',
    'a[5m:$__interval]',
    'topk($n, a) + a offset 5m',
    'a{job=~"[[job]]"}',
  ])('variables of dashboards stand for what they become: %s', (expression) => {
    const { selectors, mistake } = promqlUse(expression);
    expect(mistake).toBeUndefined();
    expect(selectors.some(({ name }) => name === 'a')).toBe(true);
  });

  test('a name that is a variable is none, and where variables decide nothing is said', () => {
    expect(promqlUse('sum(${metric}_total)').selectors[0]?.name).toBeUndefined();
    expect(promqlUse('sum($m)').selectors[0]?.name).toBeUndefined();
    expect(promqlUse('sum by ($labels) (a) $filter')).toEqual({
      selectors: [],
      groupings: [],
      madeLabels: [],
      mistake: undefined,
    });
  });

  test('labels that functions make', () => {
    expect(promqlUse('label_replace(up, "host", "$1", "instance", "(.*):.*")').madeLabels).toEqual(['host']);
  });

  test.each([
    { expression: 'sum(', from: 4, reason: 'unclosed left parenthesis' },
    { expression: 'a{b="1"', from: 7, reason: 'unexpected end of input' },
    {
      expression: 'rate(a)',
      from: 5,
      reason: 'expected type range vector in call to function "rate", got instant vector',
    },
  ])('says what is wrong, and where: $expression', ({ expression, from, reason }) => {
    expect(promqlUse(expression).mistake).toEqual({ from, reason: expect.stringContaining(reason) });
  });
});
