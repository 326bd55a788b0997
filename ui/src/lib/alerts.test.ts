import { expect, test } from 'vitest';
import { type AlertingRule, byUrgency, countAlerts, printMatcher, type Rule, standingOf, timeMsOf } from './alerts.ts';

const BASE = { query: 'up', labels: {}, evaluationTime: 0, lastEvaluation: '2026-01-01T00:00:00Z' } as const;
const alerting = (name: string, state: AlertingRule['state'], more: Partial<AlertingRule> = {}): AlertingRule => ({
  ...BASE,
  type: 'alerting',
  name,
  state,
  health: 'ok',
  duration: 0,
  annotations: {},
  alerts: [],
  ...more,
});
const recording: Rule = { ...BASE, type: 'recording', name: 'r', health: 'ok' };
const alert = (state: 'firing' | 'pending') => ({
  labels: {},
  annotations: {},
  state,
  activeAt: BASE.lastEvaluation,
  value: '1e+00',
});

test('what needs attention comes first: groups, rules and alerts', () => {
  const group = (name: string, ...rules: Rule[]) => ({ ...BASE, name, file: 'f', interval: 60, rules });
  const groups = byUrgency([
    group('calm', recording, alerting('quiet', 'inactive')),
    group(
      'loud',
      alerting('wrong', 'inactive', { health: 'err', lastError: 'x' }),
      alerting('down', 'firing', { alerts: [alert('pending'), alert('firing')] }),
    ),
  ]);
  expect(groups.map(({ name, rules }) => [name, rules.map((rule) => rule.name)])).toEqual([
    ['loud', ['down', 'wrong']],
    ['calm', ['quiet', 'r']],
  ]);
  const down = groups[0]!.rules[0] as AlertingRule;
  expect(down.alerts!.map(({ state }) => state)).toEqual(['firing', 'pending']);
  expect(countAlerts(groups, 'firing')).toBe(1);
  expect(standingOf(groups[0]!.rules[1]!)).toBe('failing');
});

test('a rule that was never evaluated has no time', () => {
  expect(timeMsOf('0001-01-01T00:00:00Z')).toBeUndefined();
  expect(timeMsOf('2026-01-01T00:00:00Z')).toBe(Date.UTC(2026, 0, 1));
});

test.each([
  [true, false, 'a="x\\"y"'],
  [true, true, 'a=~"x\\"y"'],
  [false, false, 'a!="x\\"y"'],
  [false, true, 'a!~"x\\"y"'],
])('a matcher as it is written: equal %s, expression %s', (isEqual, isRegex, text) => {
  expect(printMatcher({ name: 'a', value: 'x"y', isEqual, isRegex })).toBe(text);
});
