import type { Clock } from '#base';
import type { AlertSink } from './alert-sink.ts';
import type { RuleQueries } from './queries.ts';
import type { RuleShare } from './share.ts';
import type { RuleSeriesSink } from './sink.ts';
import type { Turns } from './turns.ts';

/** What rules are evaluated with. Durations are in milliseconds; the defaults are Prometheus'. */
export interface RuleContext {
  readonly clock: Clock;
  readonly queries: RuleQueries;
  readonly series: RuleSeriesSink;
  readonly alerts: AlertSink;
  /** Of groups that say none. */
  readonly intervalMs: number;
  readonly queryOffsetMs: number;
  /** Where people find this server: links begin with it. */
  readonly externalUrl: string;
  readonly externalLabels: ReadonlyMap<string, string>;
  /** How long after an alert was told of it is told of again. */
  readonly resendDelayMs: number;
  /** Alerts that were last seen longer ago than this begin anew after a restart. */
  readonly outageToleranceMs: number;
  /** A pending alert waits at least so long after a restart, so that data are there again. */
  readonly forGracePeriodMs: number;
  /** Recording rules record what they missed around a restart or a takeover, unless that began longer ago. */
  readonly catchUpMs: number;
  /** Limits how many rules ask the store at a time. */
  readonly turns: Turns;
  /** Limits how many of those make up for what was missed. */
  readonly catchUpTurns: Turns;
  /** Undefined where one server has all groups. */
  readonly share?: RuleShare;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
}

export const RULE_DEFAULTS = {
  intervalMs: 60_000,
  queryOffsetMs: 0,
  resendDelayMs: 60_000,
  outageToleranceMs: 3_600_000,
  forGracePeriodMs: 600_000,
  catchUpMs: 3_600_000,
} as const;
