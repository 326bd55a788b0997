import type { Consumer, Counter, CreateSettings, Processor } from '#component';
import { type AttributeCursor, type AttributeKey, attributeKey, type Batch, type Chunk, type Signal } from '#pdata';
import type { Cluster } from './cluster.ts';
import type { K8sAttributesConfig } from './config.ts';
import { setContainer } from './containers.ts';
import { peerAddress } from './identifiers.ts';
import type { KnownPod } from './known-pod.ts';
import { isSet, setMissing } from './prepared.ts';

const POD_IP = attributeKey('k8s.pod.ip');
const NAMESPACE = attributeKey('k8s.namespace.name');
const SERVICE_NAMESPACE = attributeKey('service.namespace');
const NODE_NAME = attributeKey('k8s.node.name');
const NODE_UID = attributeKey('k8s.node.uid');

/** What runs pods: whose labels are added is told by the pod, or by the resource itself. */
const RUNNERS = [
  { kind: 'deployment', key: attributeKey('k8s.deployment.uid'), uid: (pod: KnownPod) => pod.deploymentUid },
  { kind: 'replicaset', key: attributeKey('k8s.replicaset.uid'), uid: (pod: KnownPod) => pod.replicaSetUid },
  { kind: 'statefulset', key: attributeKey('k8s.statefulset.uid'), uid: (pod: KnownPod) => pod.statefulSetUid },
  { kind: 'daemonset', key: attributeKey('k8s.daemonset.uid'), uid: (pod: KnownPod) => pod.daemonSetUid },
  { kind: 'job', key: attributeKey('k8s.job.uid'), uid: (pod: KnownPod) => pod.jobUid },
  { kind: 'cronjob', key: attributeKey('k8s.cronjob.uid'), uid: (pod: KnownPod) => pod.cronJobUid },
] as const;

/** Adds what the cluster says of the pod that telemetry comes from, to each resource once however many items it has. */
export class K8sAttributesProcessor implements Processor {
  readonly mutatesData = true;
  readonly #settings: CreateSettings;
  readonly #config: K8sAttributesConfig;
  readonly #signal: Signal;
  readonly #cluster: Cluster;
  readonly #next: Consumer;
  readonly #counters = new Map<string, Counter>();

  constructor(
    settings: CreateSettings,
    config: K8sAttributesConfig,
    signal: Signal,
    { cluster, next }: { readonly cluster: Cluster; readonly next: Consumer },
  ) {
    this.#settings = settings;
    this.#config = config;
    this.#signal = signal;
    this.#cluster = cluster;
    this.#next = next;
  }

  async start(): Promise<void> {
    const { logger, reportStatus } = this.#settings;
    for (const warning of warningsOf(this.#config)) logger.warn(warning);
    if (!this.#config.isPassthrough) await this.#cluster.open(reportStatus);
  }

  async shutdown(): Promise<void> {
    await this.#cluster.close(this.#settings.reportStatus);
  }

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    const peerIp = peerAddress(batch.context.peer);
    for (const chunk of batch.chunks) {
      for (let resource = 0; resource < chunk.resourceCount; resource++) {
        this.#enrich(chunk.resourceAttributes.of(resource), chunk, peerIp);
      }
    }
    await this.#next.consume(batch, abort);
  }

  #enrich(attributes: AttributeCursor, chunk: Chunk, peerIp: string): void {
    const { isPassthrough } = this.#config;
    const { associations, metadata } = this.#cluster;
    const { identifier, sources, connectionIp } = associations.identify(attributes, peerIp);
    if (connectionIp !== '' && (isPassthrough || metadata.has('k8s.pod.ip'))) {
      setText(attributes, POD_IP, connectionIp, chunk);
    }
    if (isPassthrough) return;
    const pod = identifier === '' ? undefined : this.#cluster.pod(identifier);
    if (pod !== undefined) {
      setMissing(attributes, pod.attributes, chunk);
      setContainer(attributes, pod.containers, chunk);
    }
    this.#count(pod !== undefined, sources);
    this.#addNamespace(attributes, pod, chunk);
    this.#addNode(attributes, pod, chunk);
    for (const { kind, key, uid } of RUNNERS) {
      if (!this.#cluster.watches(kind)) continue;
      const found = (pod && uid(pod)) || attributes.getText(key);
      const runner = found ? this.#cluster.workload(kind, found) : undefined;
      if (runner !== undefined) setMissing(attributes, runner.attributes, chunk);
    }
  }

  #addNamespace(attributes: AttributeCursor, pod: KnownPod | undefined, chunk: Chunk): void {
    const name = pod?.namespace || attributes.getText(NAMESPACE);
    if (!name) return;
    const namespace = this.#cluster.workload('namespace', name);
    if (namespace !== undefined) setMissing(attributes, namespace.attributes, chunk);
    if (this.#cluster.metadata.has('service.namespace')) setText(attributes, SERVICE_NAMESPACE, name, chunk);
  }

  #addNode(attributes: AttributeCursor, pod: KnownPod | undefined, chunk: Chunk): void {
    const name = pod?.nodeName || attributes.getText(NODE_NAME);
    const node = name ? this.#cluster.workload('node', name) : undefined;
    if (node === undefined) return;
    setMissing(attributes, node.attributes, chunk);
    if (node.uid !== '') setText(attributes, NODE_UID, node.uid, chunk);
  }

  #count(isFound: boolean, sources: string): void {
    const key = `${isFound} ${sources}`;
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      counter = this.#settings.meter.counter(
        'k8s.pod.association',
        { unit: '{resources}', description: "Number of pod associations' evaluations" },
        { status: isFound ? 'success' : 'error', pod_identifier: sources, 'otelcol.signal': this.#signal },
      );
      this.#counters.set(key, counter);
    }
    counter.add(1);
  }
}

function setText(attributes: AttributeCursor, key: AttributeKey, text: string, chunk: Chunk): void {
  if (!isSet(attributes, key, chunk)) attributes.set(key, text);
}

/** What is not wrong, but does not what its author may think. */
function warningsOf({ metadata, associations }: K8sAttributesConfig): string[] {
  const warnings: string[] = [];
  if (metadata.includes('container.image.tags')) {
    warnings.push('container.image.tags is never added: in otelcol a feature gate turns it on; container.image.tag is');
  }
  const froms = associations.flatMap((sources) => sources.map(({ from }) => from));
  for (const from of new Set(froms)) {
    if (from === 'connection' || from === 'resource_attribute') continue;
    warnings.push(
      `pod_association: a source from "${from}" identifies nothing; there are connection and resource_attribute`,
    );
  }
  return warnings;
}
