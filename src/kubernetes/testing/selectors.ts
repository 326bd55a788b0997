import type { KubernetesObject } from '../objects.ts';

/** Whether the labels are as a selector wants them: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`. */
export function matchesLabels(selector: string, { metadata }: KubernetesObject): boolean {
  const labels = metadata?.labels ?? {};
  return splitOutside(selector).every((term) => {
    const set = /^(\S+) (in|notin) \((.*)\)$/.exec(term);
    if (set !== null)
      return (set[3]!.split(',').includes(labels[set[1]!] ?? '') && set[1]! in labels) === (set[2] === 'in');
    const pair = /^([^!=]+)(!=|==|=)(.*)$/.exec(term);
    if (pair !== null) return (labels[pair[1]!] === pair[3]) === (pair[2] !== '!=');
    return term.startsWith('!') ? !(term.slice(1) in labels) : term in labels;
  });
}

/** Whether the fields are as a selector wants them: `spec.nodeName=a,metadata.name!=b`. What is absent is ''. */
export function matchesFields(selector: string, object: KubernetesObject): boolean {
  return splitOutside(selector).every((term) => {
    const [, path, operator, value] = /^([^!=]+)(!=|==|=)(.*)$/.exec(term) ?? [];
    if (path === undefined) return false;
    let found: unknown = object;
    for (const part of path.split('.')) found = (found as Record<string, unknown> | undefined)?.[part];
    return (String(found ?? '') === value!.replace(/\\(.)/g, '$1')) === (operator !== '!=');
  });
}

/** At commas that are in no parentheses. */
function splitOutside(selector: string): string[] {
  return selector.split(/,(?![^(]*\))/).filter((term) => term !== '');
}
