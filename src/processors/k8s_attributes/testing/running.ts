import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FakeSettings, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import type { KubernetesObject, Pod } from '#kubernetes';
import { FakeKubernetesApi } from '#kubernetes/testing.ts';
import { type AnyValue, Batch } from '#pdata';
import { decodeOtlp, TracesBuilder } from '#wire';
import type { K8sAttributesConfig } from '../config.ts';
import { createK8sAttributesFactory } from '../factory.ts';
import type { K8sAttributesProcessor } from '../k8s-attributes.ts';

/** A processor beside an API of its own. */
export interface Running {
  readonly api: FakeKubernetesApi;
  readonly settings: FakeSettings;
  readonly processor: K8sAttributesProcessor;
  /** The attributes of a resource behind the processor. */
  enrich(resource: Readonly<Record<string, AnyValue>>, peer?: string): Promise<Record<string, AnyValue>>;
  stop(): Promise<void>;
}

export interface RunningOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Done with the API before the processor starts. */
  readonly prepare?: (api: FakeKubernetesApi) => void;
  readonly startsAtOnce?: boolean;
  readonly settings?: FakeSettings;
}

/** Starts a processor with this block, and waits for what it knows of the cluster. */
export async function runProcessor(block: object, options: RunningOptions = {}): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'k8s-attributes-'));
  const api = await FakeKubernetesApi.start();
  options.prepare?.(api);
  const kubeConfig = join(folder, 'config');
  writeFileSync(kubeConfig, api.kubeConfig());
  const factory = createK8sAttributesFactory({
    env: { ...options.env, KUBECONFIG: kubeConfig },
    serviceAccountFolder: folder,
  });
  const usual = { auth_type: 'kubeConfig', wait_for_metadata: options.startsAtOnce !== true };
  const config: K8sAttributesConfig = factory.schema.parse({ ...usual, ...block });
  const settings = options.settings ?? fakeSettings({ id: 'k8s_attributes' });
  const next = new RecordingConsumer(true);
  const processor = factory.create(settings, config, 'traces', next) as K8sAttributesProcessor;
  const stop = async (): Promise<void> => {
    await processor.shutdown();
    await api.goAway();
    await rm(folder, { recursive: true });
  };
  try {
    await processor.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    api,
    settings,
    processor,
    stop,
    async enrich(resource, peer) {
      const traces = new TracesBuilder();
      const span = { traceId: new Uint8Array(16).fill(1), spanId: new Uint8Array(8).fill(1), startNs: 1n, endNs: 2n };
      traces.group({ resource }).add({ ...span, name: 'a' });
      const chunk = decodeOtlp('traces', traces.body()).chunk;
      await processor.consume(new Batch('traces', [chunk], peer === undefined ? {} : { peer }));
      return { ...next.batches.at(-1)!.chunks[0]!.resourceAttributes.of(0).toObject() };
    },
  };
}

/** A pod of a deployment, as the API has them. */
export function podNamed(name: string, more: { metadata?: object; spec?: object; status?: object } = {}): Pod {
  return {
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-${name}`,
      creationTimestamp: '2026-05-01T10:00:00Z',
      labels: { app: 'cart', 'pod-template-hash': '7d9f' },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'cart-7d9f', uid: 'uid-rs', controller: true }],
      ...more.metadata,
    },
    spec: {
      nodeName: 'node-1',
      containers: [{ name: 'app', image: 'images.example.com:5000/shop/cart:1.2' }],
      ...more.spec,
    },
    status: {
      podIP: '10.0.0.5',
      startTime: '2026-05-01T10:00:05Z',
      containerStatuses: [{ name: 'app', containerID: 'containerd://c1', restartCount: 0 }],
      ...more.status,
    },
  } as Pod;
}

export const REPLICA_SET: KubernetesObject = {
  metadata: {
    name: 'cart-7d9f',
    namespace: 'shop',
    uid: 'uid-rs',
    labels: { tier: 'backend' },
    ownerReferences: [{ kind: 'Deployment', name: 'cart-by-its-owner', uid: 'uid-deployment', controller: true }],
  },
};
