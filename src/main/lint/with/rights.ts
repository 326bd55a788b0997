import { type KubernetesKind, RESOURCES } from '#kubernetes';
import type { LintComponent, LintFile } from '../lint-file.ts';

/** One kind of Kubernetes objects that the configuration reads, and which component does. */
export interface Right {
  readonly group: string;
  readonly resource: string;
  readonly owner: string;
}

export const VERBS: readonly string[] = ['get', 'list', 'watch'];

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
  const metadata = new Set(textsAt(processor, 'extract', 'metadata'));
  const sources = new Set(
    ['labels', 'annotations'].flatMap((rules) => {
      const list = processor.node('extract', rules);
      if (list?.kind !== 'list') return [];
      return [...list.items.keys()].map((at) => String(processor.value('extract', rules, at, 'from') ?? 'pod'));
    }),
  );
  const guessesDeployments = processor.value('extract', 'deployment_name_from_replicaset') !== false;
  const isRead: Readonly<Partial<Record<KubernetesKind, boolean>>> = {
    pod: true,
    namespace: true,
    node: sources.has('node') || metadata.has('k8s.node.uid'),
    replicaset:
      sources.has('replicaset') ||
      sources.has('deployment') ||
      metadata.has('k8s.deployment.uid') ||
      (!guessesDeployments && (metadata.size === 0 || metadata.has('k8s.deployment.name'))),
    deployment: sources.has('deployment'),
    statefulset: sources.has('statefulset'),
    daemonset: sources.has('daemonset'),
    job: sources.has('job') || sources.has('cronjob') || metadata.has('k8s.cronjob.uid'),
    cronjob: sources.has('cronjob'),
  };
  return Object.entries(isRead)
    .filter(([, read]) => read)
    .map(([kind]) => rightTo(kind as KubernetesKind, processor.id));
}

function rightTo(kind: KubernetesKind, owner: string): Right {
  const { group, plural } = RESOURCES[kind];
  return { group, resource: plural, owner };
}

/** What each role of discovery reads. */
const DISCOVERED: Readonly<Record<string, readonly KubernetesKind[]>> = {
  pod: ['pod'],
  node: ['node'],
  service: ['service'],
  endpoints: ['endpoints', 'service', 'pod'],
  endpointslice: ['endpointslice', 'service', 'pod'],
  ingress: ['ingress'],
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
      return kinds.map((kind) => rightTo(kind, receiver.id));
    });
  });
}

function textsAt(component: LintComponent, ...path: readonly string[]): string[] {
  const list = component.node(...path);
  return list?.kind === 'list'
    ? list.items.flatMap((item) => (item.kind === 'scalar' ? [String(item.value)] : []))
    : [];
}
