import type { ActiveGroup, AlertmanagerClient } from '#alerting';
import { gauge, type ItemMetric, metricsOf, type ServerMetric, sum } from '../server-metrics.ts';

/** What rules and the sending of alerts say of themselves. */
export function ruleMetrics(
  groups: () => readonly ActiveGroup[],
  alertmanagers: readonly AlertmanagerClient[],
): readonly ServerMetric[] {
  return [
    ...metricsOf(GROUP_METRICS, groups, ({ key }) => [['rule_group', key]]),
    ...metricsOf(
      ALERTMANAGER_METRICS,
      () => alertmanagers,
      ({ address }) => [['alertmanager', address]],
    ),
  ];
}

/** As Prometheus' `prometheus_rule_…`, by group. */
const GROUP_METRICS: readonly ItemMetric<ActiveGroup>[] = [
  sum('signalbox_rule_evaluations', '{evaluation}', 'rules evaluated', ({ counts }) => counts.evaluations),
  sum('signalbox_rule_evaluation_failures', '{evaluation}', 'rules that failed', ({ counts }) => counts.failures),
  sum(
    'signalbox_rule_group_iterations',
    '{iteration}',
    'evaluations of the group that were due',
    ({ counts }) => counts.scheduled,
  ),
  sum(
    'signalbox_rule_group_iterations_missed',
    '{iteration}',
    'of them those that a slow one left no time for',
    ({ counts }) => counts.missed,
  ),
  gauge('signalbox_rule_group_rules', '{rule}', 'rules of the group', ({ rules }) => rules.length),
  gauge('signalbox_rule_group_interval', 's', 'time between two evaluations', ({ intervalMs }) => intervalMs / 1000),
  gauge(
    'signalbox_rule_group_last_duration',
    's',
    'how long the last evaluation took',
    ({ durationMs }) => durationMs / 1000,
  ),
  gauge('signalbox_rule_group_last_evaluation_samples', '{sample}', 'what it gave', ({ lastSamples }) => lastSamples),
];

const ALERTMANAGER_METRICS: readonly ItemMetric<AlertmanagerClient>[] = [
  sum('signalbox_alerts_sent', '{alert}', 'alerts that an Alertmanager took', ({ counts }) => counts.sent),
  sum('signalbox_alerts_failed', '{alert}', 'alerts that it did not take', ({ counts }) => counts.failed),
  sum('signalbox_alerts_dropped', '{alert}', 'alerts that its full queue lost', ({ counts }) => counts.dropped),
];
