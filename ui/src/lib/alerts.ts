/** Alerting as the server's APIs of Prometheus and Alertmanager tell it: rules, their alerts, and silences. */
import { ApiFailure } from './api.ts';
import { askPrometheus } from './prometheus.ts';
import type { PromLabels } from './promql/legend.ts';

interface RuleOutcome {
  readonly name: string;
  readonly query: string;
  readonly labels: PromLabels;
  readonly health: 'ok' | 'err' | 'unknown';
  readonly lastError?: string;
  /** Seconds. */
  readonly evaluationTime: number;
  /** As Go writes a time; the year 1 before the first evaluation. */
  readonly lastEvaluation: string;
}

export type AlertState = 'firing' | 'pending' | 'inactive' | 'unknown';

export interface ActiveAlert {
  readonly labels: PromLabels;
  readonly annotations: PromLabels;
  readonly state: AlertState;
  readonly activeAt: string;
  readonly value: string;
}

export interface AlertingRule extends RuleOutcome {
  readonly type: 'alerting';
  readonly state: AlertState;
  /** Seconds that the expression must hold before the alert fires. */
  readonly duration: number;
  readonly annotations: PromLabels;
  readonly alerts: readonly ActiveAlert[] | null;
}

export interface RecordingRule extends RuleOutcome {
  readonly type: 'recording';
}

export type Rule = AlertingRule | RecordingRule;

export interface RuleGroup {
  readonly name: string;
  readonly file: string;
  readonly rules: readonly Rule[];
  /** Seconds. */
  readonly interval: number;
  readonly lastEvaluation: string;
}

export interface Silence {
  readonly id: string;
  readonly status: { readonly state: 'active' | 'pending' | 'expired' };
  readonly comment: string;
  readonly createdBy: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly matchers: readonly {
    readonly name: string;
    readonly value: string;
    readonly isRegex: boolean;
    readonly isEqual?: boolean;
  }[];
}

/** What a rule is at the moment, the most urgent first. */
const STANDINGS = ['firing', 'failing', 'pending', 'unknown', 'inactive', 'recording'] as const;
type Standing = (typeof STANDINGS)[number];

export function standingOf(rule: Rule): Standing {
  if (rule.type === 'alerting' && rule.state === 'firing') return 'firing';
  if (rule.health === 'err') return 'failing';
  if (rule.type === 'recording') return rule.health === 'unknown' ? 'unknown' : 'recording';
  return rule.state;
}

function urgency(rule: Rule): number {
  return STANDINGS.indexOf(standingOf(rule));
}

/** Groups with what needs attention first, and so the rules and alerts in each; what is alike keeps its order. */
export function byUrgency(groups: readonly RuleGroup[]): readonly RuleGroup[] {
  const most = ({ rules }: RuleGroup): number => Math.min(STANDINGS.length, ...rules.map(urgency));
  return groups.toSorted((a, b) => most(a) - most(b)).map(sortedGroup);
}

function sortedGroup(group: RuleGroup): RuleGroup {
  const rules = group.rules
    .toSorted((a, b) => urgency(a) - urgency(b))
    .map((rule) => (rule.type === 'alerting' ? { ...rule, alerts: firingFirst(rule.alerts ?? []) } : rule));
  return { ...group, rules };
}

function firingFirst(alerts: readonly ActiveAlert[]): readonly ActiveAlert[] {
  return alerts.toSorted((a, b) => Number(b.state === 'firing') - Number(a.state === 'firing'));
}

export function countAlerts(groups: readonly RuleGroup[], state: AlertState): number {
  return groups
    .flatMap(({ rules }) => rules)
    .flatMap((rule) => (rule.type === 'alerting' ? (rule.alerts ?? []) : []))
    .filter((alert) => alert.state === state).length;
}

/** How often a live page asks for rules. */
export const ALERTS_EVERY_MS = 5_000;

/** Throws `ApiFailure`. */
export async function askRules(signal: AbortSignal): Promise<readonly RuleGroup[]> {
  return (await askPrometheus<{ groups: readonly RuleGroup[] }>('/rules', {}, signal)).data.groups;
}

export interface FoundAlert {
  readonly group: RuleGroup;
  readonly rule: AlertingRule;
  readonly alert: ActiveAlert;
}

/** All alerts of all rules, those that fire first, then the newest. */
export function flatAlerts(groups: readonly RuleGroup[]): readonly FoundAlert[] {
  return groups
    .flatMap((group) =>
      group.rules.flatMap((rule) =>
        rule.type === 'alerting' ? (rule.alerts ?? []).map((alert) => ({ group, rule, alert })) : [],
      ),
    )
    .toSorted(
      (a, b) =>
        Number(b.alert.state === 'firing') - Number(a.alert.state === 'firing') ||
        (timeMsOf(b.alert.activeAt) ?? 0) - (timeMsOf(a.alert.activeAt) ?? 0),
    );
}

/** `severity=page`, without the alert's name. */
export function labelTexts({ alertname: _, ...labels }: PromLabels): readonly string[] {
  return Object.entries(labels).map(([name, value]) => `${name}=${value}`);
}

/** Undefined for Go's time without a value, which stands for "never". */
export function timeMsOf(text: string): number | undefined {
  const ms = Date.parse(text);
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

/** `team=~"a|b"`, as it is written in a silence. */
export function printMatcher({ name, value, isRegex, isEqual = true }: Silence['matchers'][number]): string {
  const sign = isEqual ? (isRegex ? '=~' : '=') : isRegex ? '!~' : '!=';
  return `${name}${sign}${JSON.stringify(value)}`;
}

/** Null where the server has no Alertmanager of its own. Throws `ApiFailure`. */
export async function askSilences(signal: AbortSignal): Promise<readonly Silence[] | null> {
  const response = await fetch('/alertmanager/api/v2/silences', {
    headers: { accept: 'application/json' },
    signal,
  }).catch((cause: unknown) => {
    if (signal.aborted) throw cause;
    throw new ApiFailure({ code: 'unreachable', message: 'the server does not answer' }, 0);
  });
  if (response.status === 404) return null;
  if (!response.ok)
    throw new ApiFailure(
      { code: 'internal', message: `silences: the server answered ${response.status}` },
      response.status,
    );
  return (await response.json()) as readonly Silence[];
}
