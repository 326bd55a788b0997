import { describe, expect, test } from 'vitest';
import { readRules } from './read-rules.ts';
import { runRuleTest } from './rule-test.ts';
import { readRuleTests } from './rule-test-file.ts';

const RULES = `groups:
- name: second
  rules:
  - alert: Slow
    expr: job:latency:max > 1
    for: 2m
    labels: {severity: page}
    annotations: {summary: '{{ $labels.job }} in {{ $externalLabels.region }} takes {{ $value | humanizeDuration }}'}
- name: first
  rules:
  - record: job:latency:max
    expr: max by (job) (latency)
`;

const TESTS = (alert: string, sample: string): string => `
evaluation_interval: 1m
group_eval_order: [first, second]
tests:
- name: slow
  external_labels: {region: eu}
  input_series:
  - {series: 'latency{job="a"}', values: '0.5 1.5x9'}
  alert_rule_test:
  - {eval_time: 2m, alertname: Slow}
  - eval_time: 3m
    alertname: Slow
    exp_alerts: [${alert}]
  promql_expr_test:
  - expr: job:latency:max
    eval_time: 1m
    exp_samples: [${sample}]
`;

async function run(text: string): Promise<readonly string[]> {
  const tests = readRuleTests(text);
  return runRuleTest(tests.tests[0]!, readRules(RULES, 'f').groups, tests);
}

describe('unit tests of rules', () => {
  test('pass where alerts and results are as expected, with groups in their order', async () => {
    const alert = "{exp_labels: {job: a, severity: page}, exp_annotations: {summary: 'a in eu takes 1.5s'}}";
    expect(await run(TESTS(alert, `{labels: 'job:latency:max{job="a"}', value: 1.5}`))).toEqual([]);
  });

  test("say in promtool's words what is other than expected", async () => {
    expect(await run(TESTS('{exp_labels: {job: a}}', `{labels: 'job:latency:max{job="b"}', value: 2}`))).toEqual([
      `    name: slow,
    alertname: Slow, time: 3m, \n        exp:[
            0:
              Labels:{alertname="Slow", job="a"}
              Annotations:{}
            ], \n        got:[
            0:
              Labels:{alertname="Slow", job="a", severity="page"}
              Annotations:{summary="a in eu takes 1.5s"}
            ]`,
      `    expr: "job:latency:max", time: 1m,
        exp: {__name__="job:latency:max", job="b"} 2E+00
        got: {__name__="job:latency:max", job="a"} 1.5E+00`,
    ]);
  });

  test.each([
    { name: 'a key that nobody knows', text: 'tests:\n- inputseries: []\n', error: 'field inputseries not found' },
    {
      name: 'no alertname',
      text: 'tests:\n- alert_rule_test: [{eval_time: 1m}]\n',
      error: 'misses required attribute alertname at eval_time 1m',
    },
    {
      name: 'a repeated group',
      text: 'group_eval_order: [a, a]\n',
      error: 'group name repeated in evaluation order: a',
    },
    {
      name: 'values that are none',
      text: 'tests:\n- input_series: [{series: a, values: x}]\n',
      error: 'no value of a series: x',
    },
  ])('refuse a file with $name', ({ text, error }) => {
    expect(() => readRuleTests(text)).toThrow(error);
  });
});
