import type { GrafanaCondition } from './grafana/condition.ts';
import type { GrafanaSettings } from './grafana/states.ts';
import type { RuleExpr, RuleLanguage } from './rule-expr.ts';
import type { RuleTemplate } from './rule-template.ts';

/** Rules as files define them (model/rulefmt of Prometheus 3.16). Durations are in milliseconds. */

export interface RecordingRule {
  readonly kind: 'recording';
  /** The name of the series that it writes. */
  readonly name: string;
  readonly expr: RuleExpr;
  /** As Prometheus, or Loki, prints it. */
  readonly query: string;
  /** Those of its group included. */
  readonly labels: ReadonlyMap<string, string>;
  /** From 1. */
  readonly line: number;
}

export interface AlertingRule {
  readonly kind: 'alerting';
  readonly name: string;
  readonly expr: RuleExpr | GrafanaCondition;
  readonly query: string;
  /** Where `expr` is a condition of Grafana's. */
  readonly grafana?: GrafanaSettings;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly labels: ReadonlyMap<string, RuleTemplate>;
  readonly annotations: ReadonlyMap<string, RuleTemplate>;
  readonly line: number;
}

export type Rule = RecordingRule | AlertingRule;

export interface RuleGroup {
  readonly name: string;
  readonly file: string;
  readonly language: RuleLanguage;
  /** Undefined for the server's own. */
  readonly intervalMs: number | undefined;
  readonly queryOffsetMs: number | undefined;
  /** 0 for none. */
  readonly limit: number;
  readonly rules: readonly Rule[];
}

/** What is wrong in a file, and where. */
export interface RuleFault {
  readonly file: string;
  /** From 1; undefined where the file can't be read at all. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly group: string | undefined;
  /** From 1. */
  readonly rule: number | undefined;
  readonly ruleName: string | undefined;
  readonly message: string;
}

/** As Prometheus' tools write it: `file: 5:9: group "name", rule 1, "Alert": what`. */
export function printFault({ file, line, column, group, rule, ruleName, message }: RuleFault): string {
  const place = line === undefined ? '' : `${line}:${column}: `;
  const named = rule === undefined ? '' : `, rule ${rule}, ${JSON.stringify(ruleName ?? '')}`;
  return `${file}: ${place}${group === undefined ? '' : `group ${JSON.stringify(group)}${named}: `}${message}`;
}

/** What could be read of a file, and what could not: a group with a fault is left out as a whole. */
export interface RuleFile {
  readonly groups: readonly RuleGroup[];
  readonly faults: readonly RuleFault[];
}
