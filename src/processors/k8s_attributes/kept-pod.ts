import type { Container, ContainerStatus, KubernetesObject, OwnerReference, Pod } from '#kubernetes';
import type { Metadata } from './config.ts';
import { type FieldRules, type Fields, keptFields } from './fields.ts';

/** What stays in memory of a pod: what some rule may ask for. */
export interface KeptPod {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly ip: string;
  readonly isHostNetwork: boolean;
  readonly nodeName: string;
  readonly hostname: string;
  /** When the kubelet has taken it; NaN before. */
  readonly startMs: number;
  /** RFC 3339; '' where it is not known. */
  readonly created: string;
  readonly labels: Fields;
  readonly annotations: Fields;
  readonly owners: readonly OwnerReference[];
  /** Those of the specification, in order, first the usual ones, then those that run before. */
  readonly containers: readonly Pick<Container, 'name' | 'image'>[];
  readonly statuses: readonly ContainerStatus[];
  /** It says itself that nothing shall be added for it. */
  readonly isIgnored: boolean;
}

const IGNORE = 'opentelemetry.io/k8s-processor/ignore';
/** Labels that names are made of. */
export const TEMPLATE_HASH = 'pod-template-hash';
export const APP_NAME = 'app.kubernetes.io/name';
export const APP_INSTANCE = 'app.kubernetes.io/instance';
export const APP_VERSION = 'app.kubernetes.io/version';
const OWN_LABELS = [TEMPLATE_HASH, APP_NAME, APP_INSTANCE, APP_VERSION];

const OF_OWNERS: readonly Metadata[] = [
  'k8s.cronjob.name',
  'k8s.cronjob.uid',
  'k8s.deployment.name',
  'k8s.deployment.uid',
  'k8s.daemonset.name',
  'k8s.daemonset.uid',
  'k8s.job.name',
  'k8s.job.uid',
  'k8s.replicaset.name',
  'k8s.replicaset.uid',
  'k8s.statefulset.name',
  'k8s.statefulset.uid',
  'service.name',
];
const OF_CONTAINERS: readonly Metadata[] = [
  'container.image.name',
  'k8s.container.name',
  'container.image.tag',
  'container.image.tags',
  'container.image.repo_digests',
  'container.id',
  'service.version',
  'service.instance.id',
];

/** Reads pods of the API. As in otelcol, owners and nodes are not known where no metadata asks for them. */
export class PodReader {
  readonly #rules: FieldRules;
  readonly #hasOwners: boolean;
  readonly #hasNodes: boolean;
  readonly #hasContainers: boolean;

  constructor(metadata: ReadonlySet<Metadata>, rules: FieldRules) {
    const wantsSome = (names: readonly Metadata[]): boolean => names.some((name) => metadata.has(name));
    this.#rules = rules;
    this.#hasOwners = wantsSome(OF_OWNERS);
    this.#hasNodes = wantsSome(['k8s.node.name', 'k8s.node.uid']);
    this.#hasContainers = wantsSome(OF_CONTAINERS);
  }

  read(object: KubernetesObject): KeptPod {
    const { metadata = {}, spec = {}, status = {} } = object as Pod;
    const { labels, annotations } = this.#rules;
    return {
      name: metadata.name ?? '',
      namespace: metadata.namespace ?? '',
      uid: metadata.uid ?? '',
      ip: status.podIP ?? '',
      isHostNetwork: spec.hostNetwork === true,
      nodeName: this.#hasNodes ? (spec.nodeName ?? '') : '',
      hostname: spec.hostname ?? '',
      startMs: Date.parse(status.startTime ?? ''),
      created: metadata.creationTimestamp ?? '',
      labels: keptFields(metadata.labels, labels, OWN_LABELS),
      annotations: keptFields(metadata.annotations, annotations),
      owners: this.#hasOwners ? (metadata.ownerReferences ?? []).map(ownerOf) : [],
      containers: this.#hasContainers
        ? [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(containerOf)
        : [],
      statuses: this.#hasContainers
        ? [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])].map(statusOf)
        : [],
      isIgnored: /^\s*true\s*$/i.test(metadata.annotations?.[IGNORE] ?? ''),
    };
  }
}

function ownerOf({ kind = '', name = '', uid = '' }: OwnerReference): OwnerReference {
  return { kind, name, uid };
}

function containerOf({ name = '', image = '' }: Container): Pick<Container, 'name' | 'image'> {
  return { name, image };
}

function statusOf({ name = '', containerID = '', imageID = '', restartCount = 0 }: ContainerStatus): ContainerStatus {
  return { name, containerID, imageID, restartCount };
}
