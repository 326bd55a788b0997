import { messageOf } from '#base';
import { Labels } from '#query/promql.ts';
import type { RuleQueries } from './queries.ts';
import type { Rule } from './rule.ts';
import type { RuleSample } from './sink.ts';

/** A rule between its evaluations: what it found last, and how that went. */
export interface ActiveRule {
  readonly rule: Rule;
  readonly health: RuleHealth;
  /** As they stand in the file. */
  readonly labels: Labels;
  /** Whether a rule of the next configuration is this one: its name and labels are the same. */
  readonly identity: string;
  /** The samples of one evaluation. Throws where there are none to be had. */
  evaluate(evaluation: Evaluation): Promise<readonly RuleSample[]>;
}

/** One evaluation of a rule. */
export interface Evaluation {
  /** The group's time. */
  readonly timeMs: number;
  readonly queryOffsetMs: number;
  /** How many alerts or series are too many; 0 for no limit. */
  readonly limit: number;
  readonly signal: AbortSignal;
  readonly queries: RuleQueries;
}

export class RuleHealth {
  state: 'unknown' | 'ok' | 'err' = 'unknown';
  lastError = '';
  /** Undefined before the first evaluation. */
  lastEvaluationMs: number | undefined = undefined;
  durationMs = 0;

  good(): void {
    this.state = 'ok';
    this.lastError = '';
  }

  bad(error: unknown): void {
    this.state = 'err';
    this.lastError = messageOf(error);
  }
}

/** Name and labels as they stand in the file. */
export function identityOf(rule: Rule): string {
  return JSON.stringify([rule.kind, rule.name, Array.from(labelTexts(rule)).sort()]);
}

/** Labels of a rule as they are written: those of alerts may be templates. */
function labelTexts(rule: Rule): readonly (readonly [name: string, text: string])[] {
  if (rule.kind === 'recording') return Array.from(rule.labels);
  return Array.from(rule.labels, ([name, { text }]) => [name, text] as const);
}

export function writtenLabels(rule: Rule): Labels {
  return Labels.of(labelTexts(rule));
}
