import type { Finding } from '../finding.ts';
import type { LintFile } from '../lint-file.ts';
import { itemsAt, type Manifest, textAt } from './companion.ts';
import { type Right, rightsNeeded, VERBS } from './rights.ts';
import { type Workload, warn } from './workload.ts';

/** Whether the account that the collector runs as may read what its configuration reads. */
export function checkAccount({ manifest }: Workload, manifests: readonly Manifest[], file: LintFile): Finding[] {
  const needed = rightsNeeded(file);
  if (needed.length === 0) return [];
  const path = ['spec', 'template', 'spec', 'serviceAccountName'];
  const account = textAt(manifest.root, ...path) ?? 'default';
  const say = (rule: string, text: string): Finding => warn(manifest, rule, path, text);
  const findings: Finding[] = [];
  const isThere = manifests.some(
    ({ kind, name, namespace }) => kind === 'ServiceAccount' && name === account && namespace === manifest.namespace,
  );
  if (!isThere && account !== 'default')
    findings.push(say('no-account', `the ServiceAccount ${manifest.namespace}/${account} is in none of the files`));
  const bindings = manifests.filter(
    (one) => one.kind.endsWith('RoleBinding') && binds(one, account, manifest.namespace),
  );
  if (bindings.length === 0) {
    const role = manifests.find(({ kind }) => kind === 'ClusterRole');
    const which = role === undefined ? 'a role' : `the ClusterRole ${role.name}`;
    const text =
      `no ClusterRoleBinding gives ${which} to the ServiceAccount ${manifest.namespace}/${account}: ` +
      `${ownersOf(needed)} gets "forbidden" for every question`;
    return [...findings, say('no-role-binding', text)];
  }
  const rules = bindings.flatMap((binding) => rulesOf(binding, manifests));
  const missing = needed.filter((right) => !rules.some((rule) => allows(rule, right)));
  for (const { group, resource, owner } of missing) {
    findings.push(
      say(
        'missing-right',
        `${owner} reads ${resource}, which no rule allows; it takes apiGroups: ["${group}"], resources: ["${resource}"], verbs: [get, list, watch]`,
      ),
    );
  }
  return findings;
}

function ownersOf(rights: readonly Right[]): string {
  return [...new Set(rights.map(({ owner }) => owner))].join(' and ');
}

function binds({ root }: Manifest, account: string, namespace: string): boolean {
  return itemsAt(root, 'subjects').some(
    (subject) =>
      textAt(subject, 'kind') === 'ServiceAccount' &&
      textAt(subject, 'name') === account &&
      (textAt(subject, 'namespace') ?? namespace) === namespace,
  );
}

interface Rule {
  readonly groups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** The rules of the role that a binding gives. One that is in none of the files may allow everything. */
function rulesOf({ root }: Manifest, manifests: readonly Manifest[]): Rule[] {
  const [kind, name] = [textAt(root, 'roleRef', 'kind'), textAt(root, 'roleRef', 'name')];
  const role = manifests.find((one) => one.kind === kind && one.name === name);
  if (role === undefined) return [{ groups: ['*'], resources: ['*'], verbs: ['*'] }];
  const texts = (rule: Parameters<typeof itemsAt>[0], key: string): string[] =>
    itemsAt(rule, key).map((item) => textAt(item) ?? '');
  return itemsAt(role.root, 'rules').map((rule) => ({
    groups: texts(rule, 'apiGroups'),
    resources: texts(rule, 'resources'),
    verbs: texts(rule, 'verbs'),
  }));
}

function allows({ groups, resources, verbs }: Rule, { group, resource }: Right): boolean {
  const has = (list: readonly string[], one: string): boolean => list.includes('*') || list.includes(one);
  return has(groups, group) && has(resources, resource) && VERBS.every((verb) => has(verbs, verb));
}
