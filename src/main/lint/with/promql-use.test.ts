// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what is tested
import { describe, expect, test } from 'vitest';
import { promqlUse } from './promql-use.ts';

describe('what a PromQL expression asks for', () => {
  test('selectors with their names and matchers, and the labels of groupings and joins', () => {
    const expression = `sum(rate(a_b{x=~"5..", y!='z'}[5m])) by (service_name) / on(job) group_left(q) {"my.metric", "l.x"=\`1\`}`;
    const { selectors, groupings, mistakeAt } = promqlUse(expression);
    expect(mistakeAt).toBeUndefined();
    expect(selectors).toEqual([
      {
        name: 'a_b',
        from: 9,
        matchers: [
          { label: 'x', operator: '=~', value: '5..', from: 13 },
          { label: 'y', operator: '!=', value: 'z', from: 23 },
        ],
      },
      { name: 'my.metric', from: 79, matchers: [{ label: 'l.x', operator: '=', value: '1', from: 93 }] },
    ]);
    expect(groupings.map(({ kind, labels }) => ({ kind, labels }))).toEqual([
      { kind: 'by', labels: ['service_name'] },
      { kind: 'on', labels: ['job'] },
      { kind: 'group', labels: ['q'] },
    ]);
  });

  test('names in braces, and none', () => {
    expect(promqlUse('{__name__="up", a="\\"b"}').selectors[0]).toMatchObject({
      name: 'up',
      matchers: [{ value: '"b' }],
    });
    expect(promqlUse('{__name__=~"a.*"}').selectors[0]).toEqual({ name: undefined, matchers: [], from: 0 });
  });

  test.each([
    'rate(a{job="$job", b=~"${c:regex}"}[$__rate_interval])',
    'rate(a[$__range])',
    'a[5m:$__interval]',
    'topk($n, a) + a offset 5m',
    'a{job=~"[[job]]"}',
  ])('variables of dashboards stand for what they become: %s', (expression) => {
    const { selectors, mistakeAt } = promqlUse(expression);
    expect(mistakeAt).toBeUndefined();
    expect(selectors.some(({ name }) => name === 'a')).toBe(true);
  });

  test('a name that is a variable is none', () => {
    expect(promqlUse('sum(${metric}_total)').selectors[0]?.name).toBeUndefined();
    expect(promqlUse('sum($m)').selectors[0]?.name).toBeUndefined();
  });

  test('labels that functions make', () => {
    expect(promqlUse('label_replace(up, "host", "$1", "instance", "(.*):.*")').madeLabels).toEqual(['host']);
  });

  test.each([
    { expression: 'sum(', at: 4 },
    { expression: 'a{b="1"', at: 7 },
    { expression: 'a +', at: 3 },
  ])('says where it can not be read: $expression', ({ expression, at }) => {
    expect(promqlUse(expression).mistakeAt).toBe(at);
  });
});
