import type { KubernetesKind, KubernetesObject, OwnerReference, Pod } from '#kubernetes';

/** A small cluster with a pod of every sort: what the API tells both sides. */

const CREATED = '2026-05-01T10:00:00Z';
const CREATED_MINUTES = Date.parse(CREATED) / 60_000;
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

type Container = {
  readonly name: string;
  readonly image: string;
  readonly id?: string;
  readonly imageId?: string;
  readonly restarts?: number;
};

interface PodOptions {
  readonly namespace?: string;
  readonly ip?: string;
  readonly owner?: OwnerReference;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly node?: string;
  readonly spec?: object;
  readonly startTime?: string;
}

function owner(kind: string, name: string): OwnerReference {
  return { kind, name, uid: `uid-${kind.toLowerCase()}-${name}`, controller: true };
}

function specOf({ name, image }: Container): object {
  return { name, image };
}

function statusOf(pod: string, container: Container): object {
  const { name, imageId = '', restarts = 0 } = container;
  const id = container.id ?? `containerd://id-${pod}-${name}`;
  return { name, containerID: id, imageID: imageId, image: '', restartCount: restarts };
}

let addresses = 10;
function pod(name: string, options: PodOptions = {}): Pod {
  const { namespace = 'shop', containers = [{ name: 'app', image: 'cart:1' }], initContainers = [] } = options;
  const { ip = `10.1.0.${addresses++}`, startTime = CREATED } = options;
  const statuses = (all: readonly Container[]): object[] => all.map((container) => statusOf(name, container));
  return {
    metadata: {
      name,
      namespace,
      uid: `uid-pod-${name}`,
      creationTimestamp: CREATED,
      labels: options.labels ?? {},
      annotations: options.annotations ?? {},
      ...(options.owner && { ownerReferences: [options.owner] }),
    },
    spec: {
      nodeName: options.node ?? 'node-1',
      containers: containers.map(specOf),
      initContainers: initContainers.map(specOf),
      ...options.spec,
    },
    status: {
      podIP: ip,
      ...(startTime !== '' && { startTime }),
      containerStatuses: statuses(containers),
      initContainerStatuses: statuses(initContainers),
    },
  } as Pod;
}

const APP_LABELS = {
  app: 'cart',
  'app.kubernetes.io/name': 'cart-name',
  'app.kubernetes.io/version': '9.9',
  'app.kubernetes.io/part-of': '',
  'env.prod': 'yes',
};

export const PODS: readonly Pod[] = [
  pod('cart-7d9f-x', {
    owner: owner('ReplicaSet', 'cart-7d9f'),
    labels: { 'pod-template-hash': '7d9f', ...APP_LABELS },
  }),
  pod('instance', { labels: { 'app.kubernetes.io/name': 'n', 'app.kubernetes.io/instance': 'i' }, node: 'node-2' }),
  pod('alone-rs', { owner: owner('ReplicaSet', 'alone') }),
  pod('wrong-hash', { owner: owner('ReplicaSet', 'wrong-7d9f'), labels: { 'pod-template-hash': 'abcd' } }),
  pod('db-0', { owner: owner('StatefulSet', 'db'), spec: { hostname: 'db-0' } }),
  pod('agent-x', { owner: owner('DaemonSet', 'agent') }),
  pod('host-agent', { owner: owner('DaemonSet', 'agent'), spec: { hostNetwork: true }, ip: '10.2.0.1' }),
  pod('one-job', { owner: owner('Job', 'one') }),
  pod('cron-pod', { owner: owner('Job', `nightly-${CREATED_MINUTES}`) }),
  pod('date-pod', { owner: owner('Job', 'report-20260501') }),
  pod('bare', { node: '', ip: '' }),
  pod('other-namespace', { namespace: 'other', node: 'node-unknown' }),
  pod('annotated', {
    annotations: {
      note: 'a note',
      'resource.opentelemetry.io/service.name': 'from-annotation',
      'resource.opentelemetry.io/team': 'blue',
      'resource.opentelemetry.io/': 'nothing behind it',
      'team.example/owner': 'me',
      empty: '',
    },
    labels: { 'app.kubernetes.io/name': 'from-label' },
  }),
  pod('two', {
    containers: [
      { name: 'app', image: `shop/cart:1.2@${DIGEST}`, imageId: `docker.io/shop/cart@${DIGEST}`, restarts: 2 },
      { name: 'side', image: 'images.example.com:5000/side', imageId: `sha256:${'a'.repeat(64)}`, restarts: 0 },
    ],
    initContainers: [{ name: 'setup', image: 'busybox:stable', imageId: `busybox@${DIGEST}` }],
  }),
  pod('images', {
    containers: [
      { name: 'digest', image: `shop/cart@${DIGEST}` },
      { name: 'bad', image: 'Shop/Cart:1' },
      { name: 'worse', image: 'shop/cart@sha256:123' },
      { name: 'empty', image: '' },
      { name: 'unusual', image: 'LOCALHOST/a__b/c-d.e:V1.0-rc_1' },
      { name: 'v6', image: '[fe80::1]:5000/x:2', imageId: `LOCAL/x:2@${DIGEST}` },
      { name: 'waiting', image: 'a:b', id: '' },
    ],
  }),
  pod('jaeger-agent-1', { ip: '10.3.0.1' }),
  pod('ignored', { annotations: { 'opentelemetry.io/k8s-processor/ignore': ' TRUE ', note: 'n' }, ip: '10.3.0.2' }),
  pod('here', { ip: '127.0.0.1', labels: { app: 'here' } }),
  // Both have had the address: the later one has it.
  pod('early', { ip: '10.4.0.1', startTime: '2026-05-01T09:00:00Z' }),
  pod('late', { ip: '10.4.0.1', startTime: '2026-05-01T11:00:00Z' }),
  pod('v6', { ip: 'fd00::5' }),
];

function workload(name: string, more: object = {}): KubernetesObject {
  return {
    metadata: {
      name,
      namespace: 'shop',
      labels: { tier: `tier of ${name}`, 'team.example/owner': 'them', app: 'x' },
      annotations: { note: `note of ${name}`, 'team.example/level': '3' },
      ...more,
    },
  };
}

const of = (kind: string, name: string, more: object = {}): KubernetesObject =>
  workload(name, { uid: `uid-${kind}-${name}`, ...more });

export const CLUSTER: Readonly<Partial<Record<KubernetesKind, readonly KubernetesObject[]>>> = {
  pod: PODS,
  namespace: [
    workload('kube-system', { namespace: '', uid: 'uid-of-the-cluster' }),
    workload('shop', { namespace: '', uid: 'uid-shop' }),
    workload('other', { namespace: '', uid: 'uid-other' }),
  ],
  node: [
    workload('node-1', { namespace: '', uid: 'uid-node-1' }),
    workload('node-2', { namespace: '', uid: 'uid-node-2' }),
  ],
  replicaset: [
    of('replicaset', 'cart-7d9f', { ownerReferences: [owner('Deployment', 'cart')] }),
    of('replicaset', 'alone'),
    of('replicaset', 'wrong-7d9f', {
      ownerReferences: [{ ...owner('Deployment', 'not-in-control'), controller: false }],
    }),
  ],
  deployment: [of('deployment', 'cart')],
  statefulset: [of('statefulset', 'db')],
  daemonset: [of('daemonset', 'agent')],
  job: [
    of('job', 'one'),
    of('job', `nightly-${CREATED_MINUTES}`, { ownerReferences: [owner('CronJob', 'nightly-by-owner')] }),
    of('job', 'report-20260501'),
  ],
  cronjob: [of('cronjob', 'nightly-by-owner')],
};
