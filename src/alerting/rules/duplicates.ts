import { compareLabels, type Labels } from '#query/promql.ts';
import { writtenLabels } from './active-rule.ts';
import type { RuleGroup } from './rule.ts';

export interface Duplicate {
  readonly name: string;
  readonly labels: Labels;
}

/** Rules of a file that write the same series, each once: promtool's check `duplicate-rules`. */
export function duplicateRules(groups: readonly RuleGroup[]): readonly Duplicate[] {
  const rules = groups.flatMap((group) =>
    group.rules.map((rule): Duplicate => ({ name: rule.name, labels: writtenLabels(rule) })),
  );
  rules.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : compareLabels(a.labels, b.labels)));
  const isSame = (a: Duplicate | undefined, b: Duplicate): boolean =>
    a !== undefined && a.name === b.name && a.labels.key === b.labels.key;
  return rules.filter((rule, at) => isSame(rules[at - 1], rule) && !isSame(rules[at - 2], rule));
}
