/** A rule that a person fills in, as the YAML that Prometheus' rule files are written in. */

export interface RuleDraft {
  readonly group: string;
  readonly name: string;
  readonly expr: string;
  /** As `5m`; empty for none. */
  readonly forTime: string;
  readonly keepFiringFor: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly annotations: readonly (readonly [name: string, value: string])[];
}

const DURATION = /^(?:\d+(?:ms|[smhdwy]))+$/;
const LABEL = /^[a-zA-Z_]\w*$/;

/** What would be refused; empty where nothing is. */
export function draftProblems({
  name,
  expr,
  forTime,
  keepFiringFor,
  labels,
  annotations,
}: RuleDraft): readonly string[] {
  const problems: string[] = [];
  if (name.trim() === '') problems.push('the alert has no name');
  if (expr.trim() === '') problems.push('the rule has no expression');
  for (const [field, text] of [
    ['for', forTime],
    ['keep firing for', keepFiringFor],
  ] as const)
    if (text.trim() !== '' && !DURATION.test(text.trim())) problems.push(`${field}: ${text} is no duration such as 5m`);
  for (const [label] of [...labels, ...annotations])
    if (label !== '' && !LABEL.test(label)) problems.push(`${label} is no name of a label`);
  return problems;
}

/** A whole file with one group and the rule in it. */
export function printRule(draft: RuleDraft): string {
  const { group, name, expr, forTime, keepFiringFor } = draft;
  const pairs = (key: string, list: RuleDraft['labels']): readonly string[] => {
    const said = list.filter(([label, value]) => label !== '' && value !== '');
    return said.length === 0
      ? []
      : [`        ${key}:`, ...said.map(([label, value]) => `          ${label}: ${quoted(value)}`)];
  };
  return [
    'groups:',
    `  - name: ${quoted(group.trim() || 'alerts')}`,
    '    rules:',
    `      - alert: ${quoted(name.trim() || 'Unnamed')}`,
    ...exprLines(expr.trim()),
    ...(forTime.trim() === '' ? [] : [`        for: ${forTime.trim()}`]),
    ...(keepFiringFor.trim() === '' ? [] : [`        keep_firing_for: ${keepFiringFor.trim()}`]),
    ...pairs('labels', draft.labels),
    ...pairs('annotations', draft.annotations),
    '',
  ].join('\n');
}

/** A block keeps what is written as it is. */
function exprLines(expr: string): readonly string[] {
  return ['        expr: |', ...expr.split('\n').map((line) => `          ${line}`)];
}

/** JSON's texts are YAML's too; a plain word needs no quotes. */
function quoted(text: string): string {
  return /^[A-Za-z][\w-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text);
}
