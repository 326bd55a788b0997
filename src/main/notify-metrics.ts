import { type NotificationCounts, type Notifier, silenceStateOf } from '#alerting/notify';
import { gauge, type ItemMetric, metricsOf, type ServerMetric, sum } from './server-metrics.ts';

/** When the Alertmanager configuration was read. */
export interface ConfigReads {
  /** Whether the last time went well. */
  isLastSuccessful: boolean;
  /** The last time that it did. */
  lastSuccessMs: number;
}

/** What notifications say of themselves: the name of Alertmanager's own metric behind `signalbox_`. */
export function notifyMetrics(notifier: Notifier, reads: Readonly<ConfigReads>): readonly ServerMetric[] {
  return [
    ...metricsOf(
      NOTIFICATION_METRICS,
      () => notifier.counts,
      ({ integration, receiver }) => [
        ['integration', integration],
        ['receiver_name', receiver],
      ],
    ),
    byState('signalbox_alertmanager_alerts', '{alert}', 'alerts that are not over', ['active', 'suppressed'], () =>
      notifier.alerts().map((alert) => notifier.statusOf(alert).state),
    ),
    byState('signalbox_alertmanager_silences', '{silence}', 'silences', ['active', 'pending', 'expired'], () =>
      Array.from(notifier.silences.all(), (silence) => silenceStateOf(silence, notifier.nowMs)),
    ),
    ...metricsOf(
      CONFIG_METRICS,
      () => [reads],
      () => [],
    ),
  ];
}

/** How many there are in each state, and 0 for a state that none is in. */
function byState(
  name: string,
  unit: string,
  description: string,
  states: readonly string[],
  read: () => readonly string[],
): ServerMetric {
  const points = (): ReturnType<ServerMetric['points']> => {
    const counts = new Map(states.map((state) => [state, 0]));
    for (const state of read()) counts.set(state, (counts.get(state) ?? 0) + 1);
    return Array.from(counts, ([state, count]) => [[['state', state]], count] as const);
  };
  return { name, unit, description, isSum: false, points };
}

const NOTIFICATION_METRICS: readonly ItemMetric<NotificationCounts>[] = [
  sum(
    'signalbox_alertmanager_notifications',
    '{notification}',
    'notifications that were due',
    ({ notifications }) => notifications,
  ),
  sum(
    'signalbox_alertmanager_notifications_failed',
    '{notification}',
    'of them those that no attempt delivered',
    ({ failed }) => failed,
  ),
  sum('signalbox_alertmanager_notification_requests', '{request}', 'attempts', ({ requests }) => requests),
  sum(
    'signalbox_alertmanager_notification_requests_failed',
    '{request}',
    'attempts that failed',
    ({ failedRequests }) => failedRequests,
  ),
];

const CONFIG_METRICS: readonly ItemMetric<Readonly<ConfigReads>>[] = [
  gauge(
    'signalbox_alertmanager_config_last_reload_successful',
    '',
    'whether the configuration was good when it was last read',
    ({ isLastSuccessful }) => Number(isLastSuccessful),
  ),
  gauge(
    'signalbox_alertmanager_config_last_reload_success_timestamp',
    's',
    'when it was last read and good',
    ({ lastSuccessMs }) => lastSuccessMs / 1000,
  ),
];
