import type { LintComponent, LintFile } from '../lint-file.ts';

/** One kind of Kubernetes objects that the configuration reads, and which component does. */
export interface Right {
  readonly group: string;
  readonly resource: string;
  readonly owner: string;
}

export const VERBS: readonly string[] = ['get', 'list', 'watch'];

const WORKLOADS: Readonly<Record<string, readonly [group: string, resource: string]>> = {
  node: ['', 'nodes'],
  deployment: ['apps', 'deployments'],
  statefulset: ['apps', 'statefulsets'],
  daemonset: ['apps', 'daemonsets'],
  job: ['batch', 'jobs'],
};

/** What the Kubernetes API must allow: otelcol-contrib's README of k8sattributesprocessor, Prometheus's documents on discovery. */
export function rightsNeeded(file: LintFile): Right[] {
  const rights = [
    ...file.used('processors', 'k8s_attributes').flatMap(ofAttributes),
    ...file.used('receivers', 'prometheus').flatMap(ofDiscovery),
  ];
  const seen = new Set<string>();
  return rights.filter(({ group, resource }) => !seen.has(`${group}/${resource}`) && seen.add(`${group}/${resource}`));
}

function ofAttributes(processor: LintComponent): Right[] {
  const isOffline = processor.value('passthrough') === true || processor.value('auth_type') === 'none';
  if (isOffline) return [];
  const right = (group: string, resource: string): Right => ({ group, resource, owner: processor.id });
  const metadata = textsAt(processor, 'extract', 'metadata');
  const sources = ['labels', 'annotations'].flatMap((kind) => {
    const rules = processor.node('extract', kind);
    if (rules?.kind !== 'list') return [];
    return [...rules.items.keys()].map((index) => String(processor.value('extract', kind, index, 'from') ?? 'pod'));
  });
  const needsReplicaSets =
    processor.value('extract', 'deployment_name_from_replicaset') === false || metadata.includes('k8s.deployment.uid');
  return [
    right('', 'pods'),
    right('', 'namespaces'),
    ...(metadata.includes('k8s.node.uid') ? [right('', 'nodes')] : []),
    ...(needsReplicaSets || sources.includes('deployment') ? [right('apps', 'replicasets')] : []),
    ...sources.flatMap((source) => (Object.hasOwn(WORKLOADS, source) ? [right(...WORKLOADS[source]!)] : [])),
  ];
}

const DISCOVERED: Readonly<Record<string, readonly (readonly [group: string, resource: string])[]>> = {
  pod: [['', 'pods']],
  node: [['', 'nodes']],
  service: [['', 'services']],
  endpoints: [
    ['', 'endpoints'],
    ['', 'services'],
    ['', 'pods'],
  ],
  endpointslice: [
    ['discovery.k8s.io', 'endpointslices'],
    ['', 'services'],
    ['', 'pods'],
  ],
  ingress: [['networking.k8s.io', 'ingresses']],
};

function ofDiscovery(receiver: LintComponent): Right[] {
  const jobs = receiver.node('config', 'scrape_configs');
  if (jobs?.kind !== 'list') return [];
  return [...jobs.items.keys()].flatMap((job) => {
    const path = ['config', 'scrape_configs', job, 'kubernetes_sd_configs'];
    const discoveries = receiver.node(...path);
    if (discoveries?.kind !== 'list') return [];
    return [...discoveries.items.keys()].flatMap((index) => {
      const role = String(receiver.value(...path, index, 'role'));
      const kinds = Object.hasOwn(DISCOVERED, role) ? DISCOVERED[role]! : [];
      return kinds.map(([group, resource]) => ({ group, resource, owner: receiver.id }));
    });
  });
}

function textsAt(component: LintComponent, ...path: readonly string[]): string[] {
  const list = component.node(...path);
  return list?.kind === 'list'
    ? list.items.flatMap((item) => (item.kind === 'scalar' ? [String(item.value)] : []))
    : [];
}
