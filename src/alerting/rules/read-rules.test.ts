import { describe, expect, test } from 'vitest';
import { readRules } from './read-rules.ts';
import { printFault } from './rule.ts';

const faultsOf = (text: string): string[] => readRules(text, 'f.yml').faults.map(printFault);

describe('files of rules', () => {
  test('durations, limits and labels of groups and rules are read', () => {
    const { groups, faults } = readRules(
      `groups:
- name: g
  interval: 30s
  query_offset: 1m
  limit: 10
  labels: {team: a, tier: x}
  rules:
  - record: job:up:sum
    expr: sum by (job) (up)
    labels: {tier: y}
  - alert: Down
    expr: up == 0
    for: 1h30m
    keep_firing_for: 5m
    labels: {severity: 1}
    annotations: {summary: "{{ $labels.job }}"}
`,
      'f.yml',
    );
    expect(faults).toEqual([]);
    const [group] = groups;
    expect(group).toMatchObject({ name: 'g', file: 'f.yml', intervalMs: 30_000, queryOffsetMs: 60_000, limit: 10 });
    const [recording, alerting] = group!.rules;
    expect(recording).toMatchObject({ kind: 'recording', name: 'job:up:sum', query: 'sum by (job) (up)', line: 8 });
    expect(Object.fromEntries(recording!.labels)).toEqual({ team: 'a', tier: 'y' });
    expect(alerting).toMatchObject({ kind: 'alerting', name: 'Down', forMs: 5_400_000, keepFiringForMs: 300_000 });
    expect(alerting!.kind === 'alerting' && alerting!.labels.get('severity')?.text).toBe('1');
  });

  test("the operator's form, several in a file and in a list", () => {
    const rule = (name: string): string => `spec: {groups: [{name: ${name}, rules: [{record: x, expr: '1'}]}]}`;
    const text = `apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: one}
${rule('a')}
---
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRuleList
items:
- {apiVersion: monitoring.coreos.com/v1, kind: PrometheusRule, ${rule('b')}}
`;
    const { groups, faults } = readRules(text, 'f.yml');
    expect(faults).toEqual([]);
    expect(groups.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test("Loki's rules have the same form and ask in LogQL", () => {
    const rule = (expr: string): string => `groups: [{name: g, rules: [{alert: A, expr: '${expr}'}]}]`;
    const { groups, faults } = readRules(rule('sum(rate({app="x"}|="error"[1m]))>0'), 'f.yml', 'logql');
    expect(faults).toEqual([]);
    expect(groups[0]).toMatchObject({
      language: 'logql',
      rules: [{ query: '(sum(rate({app="x"} |= "error"[1m])) > 0)' }],
    });
    const faultIn = (expr: string) => readRules(rule(expr), 'f.yml', 'logql').faults.map(printFault);
    expect(faultIn('{app="x"} |= "error"')).toEqual([
      'f.yml: 1:45: group "g", rule 1, "A": could not parse expression: a rule needs a number, and this query gives lines: count them',
    ]);
    expect(faultIn('up == 0')).toEqual([expect.stringContaining('could not parse expression: parse error')]);
    expect(faultsOf(rule('rate({app="x"} |= "error" [1m])'))).toEqual([
      expect.stringContaining('could not parse expression'),
    ]);
  });

  test('a group with a fault is left out, the others are read', () => {
    const { groups, faults } = readRules(
      `groups:
- name: broken
  rules:
  - record: x
    expr: sum(
- name: whole
  rules:
  - record: x
    expr: sum(up)
`,
      'f.yml',
    );
    expect(groups.map(({ name }) => name)).toEqual(['whole']);
    expect(faults.map(printFault)).toEqual([
      'f.yml: 5:11: group "broken", rule 1, "x": could not parse expression: 1:5: parse error: unclosed left parenthesis',
    ]);
  });

  test.each([
    {
      name: 'a key that nobody knows',
      text: 'groups:\n- name: a\n  intervall: 5m\n',
      fault: '3:3: yaml: field intervall not found in type rulefmt.RuleGroup',
    },
    {
      name: 'a duration that is none',
      text: 'groups:\n- name: a\n  interval: 5\n',
      fault: '3:13: yaml: not a valid duration string: "5"',
    },
    { name: 'a list for a map', text: '- a\n', fault: '1:1: a file of rules must be a map with the key groups' },
    {
      name: 'YAML that is none',
      text: 'groups: [\n',
      fault: '2:1: yaml: Flow sequence in block collection must be sufficiently indented and end with a ]',
    },
    {
      name: 'another kind of document',
      text: 'apiVersion: 2\ngroups: []\n',
      fault: '1:1: apiVersion "2" is not known; files of rules have none, monitoring.coreos.com/v1 or, from Grafana, 1',
    },
    {
      name: 'a limit that is no number',
      text: 'groups:\n- name: a\n  limit: many\n',
      fault: '3:10: limit must be a whole number, not "many"',
    },
    { name: 'a repeated key', text: 'groups: []\ngroups: []\n', fault: '2:1: yaml: Map keys must be unique' },
    { name: 'an anchor that is not there', text: 'groups: *x\n', fault: "1:9: yaml: unknown anchor 'x' referenced" },
  ])('$name', ({ text, fault }) => {
    expect(faultsOf(text)).toContain(`f.yml: ${fault}`);
  });

  test('aliases that multiply each other end', () => {
    const lines = Array.from({ length: 30 }, (_, at) => `a${at}: &a${at} [*a${at - 1}, *a${at - 1}]`).slice(1);
    expect(faultsOf(`a0: &a0 [x]\n${lines.join('\n')}\ngroups: []\n`)).toContainEqual(
      expect.stringContaining('yaml: more than 500000 values'),
    );
  });
});
