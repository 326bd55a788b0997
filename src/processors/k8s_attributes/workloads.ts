import { type KubernetesObject, RESOURCES } from '#kubernetes';
import type { FieldRules } from './fields.ts';
import { type PreparedAttributes, prepare } from './prepared.ts';

/** What is known of a namespace, a node, or what pods are run by. */
export interface Workload {
  readonly name: string;
  readonly uid: string;
  /** The deployment of a ReplicaSet, the CronJob of a Job; undefined for none. */
  readonly parent: { readonly name: string; readonly uid: string } | undefined;
  readonly attributes: PreparedAttributes;
}

/** Of which kind the parent is that counts. */
const PARENTS: Readonly<Record<string, string>> = {
  [RESOURCES.replicaset.plural]: 'Deployment',
  [RESOURCES.job.plural]: 'CronJob',
};

export function workloadOf({ metadata = {} }: KubernetesObject, plural: string, rules: FieldRules): Workload {
  const attributes = new Map<string, string>();
  for (const rule of rules.labels) rule.extract(metadata.labels ?? {}, attributes);
  for (const rule of rules.annotations) rule.extract(metadata.annotations ?? {}, attributes);
  const kind = PARENTS[plural];
  const parent = metadata.ownerReferences?.find((owner) => owner.kind === kind && owner.controller === true);
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    parent: parent && { name: parent.name ?? '', uid: parent.uid ?? '' },
    attributes: prepare(attributes),
  };
}
