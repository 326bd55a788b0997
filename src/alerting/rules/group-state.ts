import { Labels } from '#query/promql.ts';
import type { ActiveRule } from './active-rule.ts';
import type { Alert } from './alert.ts';

/** What a group is between two evaluations, in a form that JSON can hold: another server goes on with it. */
export interface GroupState {
  /** The time of the last evaluation. */
  readonly lastTimeMs: number;
  readonly lastEvaluationMs: number;
  readonly durationMs: number;
  readonly lastSamples: number;
  readonly rules: readonly RuleState[];
}

export interface RuleState {
  readonly identity: string;
  readonly health: {
    readonly state: 'unknown' | 'ok' | 'err';
    readonly lastError: string;
    readonly lastEvaluationMs: number | undefined;
    readonly durationMs: number;
  };
  /** Of an alerting rule. */
  readonly alerts?: readonly AlertState[];
}

type Pairs = readonly (readonly [name: string, value: string])[];

export interface AlertState extends Omit<Alert, 'labels' | 'annotations' | 'value'> {
  readonly labels: Pairs;
  readonly annotations: Pairs;
  /** As a text: JSON has neither NaN nor infinity. */
  readonly value: string;
  /** Of a rule of Grafana: which instance it is of, and for how many evaluations that has been gone. */
  readonly instance?: { readonly key: string; readonly missed: number };
}

export function ruleState(active: ActiveRule, alerts: readonly AlertState[] | undefined): RuleState {
  const { state, lastError, lastEvaluationMs, durationMs } = active.health;
  return {
    identity: active.identity,
    health: { state, lastError, lastEvaluationMs, durationMs },
    ...(alerts !== undefined && { alerts }),
  };
}

export function alertState(alert: Alert, instance: AlertState['instance']): AlertState {
  const { labels, annotations, value } = alert;
  return {
    ...alert,
    labels: labels.pairs,
    annotations: Array.from(annotations),
    value: String(value),
    ...(instance !== undefined && { instance: { ...instance } }),
  };
}

export function alertOf({ labels, annotations, value, instance: _, ...rest }: AlertState): Alert {
  return { ...rest, labels: Labels.of(labels), annotations: new Map(annotations), value: Number(value) };
}

/** Pairs of a rule and its state: rules with the same name and labels in their order. */
export function pairStates(
  rules: readonly ActiveRule[],
  states: readonly RuleState[],
): readonly (readonly [ActiveRule, RuleState])[] {
  const left = new Map<string, RuleState[]>();
  for (const state of states) left.set(state.identity, [...(left.get(state.identity) ?? []), state]);
  return rules.flatMap((rule) => {
    const state = left.get(rule.identity)?.shift();
    return state === undefined ? [] : [[rule, state] as const];
  });
}
