/** A kind of objects that the API lists. */
export interface KubernetesResource {
  /** As in rules of RBAC: `pods`. */
  readonly plural: string;
  /** '' is the core. */
  readonly group: string;
  readonly version: string;
  readonly isNamespaced: boolean;
}

const core = { group: '', version: 'v1', isNamespaced: true };
const apps = { group: 'apps', version: 'v1', isNamespaced: true };
const batch = { group: 'batch', version: 'v1', isNamespaced: true };

export type KubernetesKind =
  | 'node'
  | 'namespace'
  | 'pod'
  | 'service'
  | 'endpoints'
  | 'endpointslice'
  | 'ingress'
  | 'deployment'
  | 'replicaset'
  | 'statefulset'
  | 'daemonset'
  | 'job'
  | 'cronjob';

export const RESOURCES: Readonly<Record<KubernetesKind, KubernetesResource>> = {
  node: { ...core, plural: 'nodes', isNamespaced: false },
  namespace: { ...core, plural: 'namespaces', isNamespaced: false },
  pod: { ...core, plural: 'pods' },
  service: { ...core, plural: 'services' },
  endpoints: { ...core, plural: 'endpoints' },
  endpointslice: { group: 'discovery.k8s.io', version: 'v1', isNamespaced: true, plural: 'endpointslices' },
  ingress: { group: 'networking.k8s.io', version: 'v1', isNamespaced: true, plural: 'ingresses' },
  deployment: { ...apps, plural: 'deployments' },
  replicaset: { ...apps, plural: 'replicasets' },
  statefulset: { ...apps, plural: 'statefulsets' },
  daemonset: { ...apps, plural: 'daemonsets' },
  job: { ...batch, plural: 'jobs' },
  cronjob: { ...batch, plural: 'cronjobs' },
};

/** Where the API has the objects of a resource; '' for those of all namespaces. */
export function pathOf({ group, version, plural, isNamespaced }: KubernetesResource, namespace: string): string {
  const api = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return isNamespaced && namespace !== ''
    ? `${api}/namespaces/${encodeURIComponent(namespace)}/${plural}`
    : `${api}/${plural}`;
}
