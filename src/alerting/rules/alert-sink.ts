import type { Labels } from '#query/promql.ts';

/** Who is told of alerts: an Alertmanager, in this process or another (rules.SendAlerts and notifier of Prometheus 3.16). */
export interface AlertSink {
  /** Must not wait for a receiver: what can't be taken now is lost, and comes again with the next resend. */
  send(alerts: readonly SentAlert[]): void;
}

export interface SentAlert {
  readonly labels: Labels;
  readonly annotations: ReadonlyMap<string, string>;
  /** When it fired, in milliseconds since the epoch. */
  readonly startsAtMs: number;
  /** When it was resolved; of one that fires, up to when that holds unless it comes again. */
  readonly endsAtMs: number;
  /** Where its expression is shown. */
  readonly generatorUrl: string;
}
