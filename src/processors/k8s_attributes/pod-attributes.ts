import type { OwnerReference } from '#kubernetes';
import type { Metadata } from './config.ts';
import type { FieldRules } from './fields.ts';
import { APP_INSTANCE, APP_NAME, APP_VERSION, type KeptPod, TEMPLATE_HASH } from './kept-pod.ts';
import type { Workload } from './workloads.ts';

/** What of the cluster a pod's attributes are made with. */
export interface PodSurroundings {
  replicaSet(uid: string): Workload | undefined;
  job(uid: string): Workload | undefined;
  /** The UID of the namespace kube-system; undefined where it is not known. */
  readonly clusterUid: string | undefined;
}

/** The attributes of a pod by name (client.go extractPodAttributes of otelcol-contrib processor/k8sattributesprocessor@v0.160.0). */
export function podAttributes(
  pod: KeptPod,
  metadata: ReadonlySet<Metadata>,
  rules: FieldRules,
  around: PodSurroundings,
): Map<string, string> {
  const found = new Map<string, string>();
  const add = (name: Metadata, value: string | undefined): void => {
    if (value !== undefined && metadata.has(name)) found.set(name, value);
  };
  add('k8s.pod.name', pod.name);
  add('service.name', pod.name);
  add('k8s.pod.hostname', pod.hostname);
  add('k8s.pod.ip', pod.ip);
  add('k8s.namespace.name', pod.namespace);
  add('service.namespace', pod.namespace);
  add('k8s.pod.start_time', pod.created || undefined);
  add('k8s.pod.uid', pod.uid);
  for (const owner of pod.owners) addOwner(owner, pod, around, add);
  add('k8s.node.name', pod.nodeName);
  add('k8s.cluster.uid', around.clusterUid);
  for (const rule of rules.labels) rule.extract(pod.labels, found);
  // The later goes before: what runs as one application has one name, whatever its pods are called.
  add('service.name', pod.labels[APP_NAME]);
  add('service.name', pod.labels[APP_INSTANCE]);
  add('service.version', pod.labels[APP_VERSION]);
  for (const rule of rules.annotations) rule.extract(pod.annotations, found);
  return found;
}

type Add = (name: Metadata, value: string | undefined) => void;

function addOwner(
  { kind, name = '', uid = '' }: OwnerReference,
  pod: KeptPod,
  around: PodSurroundings,
  add: Add,
): void {
  switch (kind) {
    case 'ReplicaSet': {
      add('k8s.replicaset.uid', uid);
      add('k8s.replicaset.name', name);
      add('service.name', name);
      const replicaSet = around.replicaSet(uid);
      const deployment =
        replicaSet === undefined ? deploymentOf(name, pod.labels[TEMPLATE_HASH] ?? '') : replicaSet.parent?.name;
      add('k8s.deployment.name', deployment || undefined);
      add('service.name', deployment || undefined);
      add('k8s.deployment.uid', replicaSet?.parent?.uid || undefined);
      break;
    }
    case 'DaemonSet':
      add('k8s.daemonset.uid', uid);
      add('k8s.daemonset.name', name);
      add('service.name', name);
      break;
    case 'StatefulSet':
      add('k8s.statefulset.uid', uid);
      add('k8s.statefulset.name', name);
      add('service.name', name);
      break;
    case 'Job': {
      add('k8s.job.uid', uid);
      add('k8s.job.name', name);
      add('service.name', name);
      const job = around.job(uid);
      const cronJob = job === undefined ? cronJobOf(name, pod.created) : job.parent?.name;
      add('k8s.cronjob.name', cronJob || undefined);
      add('service.name', cronJob || undefined);
      add('k8s.cronjob.uid', job?.parent?.uid || undefined);
      break;
    }
  }
}

/** A deployment calls its ReplicaSets by its own name and a hash, which pods have as a label. '' for one without a deployment. */
function deploymentOf(replicaSet: string, hash: string): string {
  return hash !== '' && replicaSet.endsWith(`-${hash}`) ? replicaSet.slice(0, -hash.length - 1) : '';
}

const MINUTE_MS = 60_000;
/** What a day has: so far the suffix of a Job that a CronJob has made may be from the start of its pod. */
const SKEW_MINUTES = 24 * 60;

/** A CronJob calls its Jobs by its own name and the minute since 1970. Other suffixes of eight digits are a person's. '' for those. */
function cronJobOf(job: string, created: string): string {
  const match = /^(.*)-(\d{8})$/.exec(job);
  if (match === null) return '';
  const minutes = Math.floor(Date.parse(created) / MINUTE_MS);
  return Math.abs(minutes - Number(match[2])) <= SKEW_MINUTES ? match[1]! : '';
}
