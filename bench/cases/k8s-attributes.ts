import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubernetesObject } from '#kubernetes';
import { FakeKubernetesApi } from '#kubernetes/testing.ts';
import { besideOtelcol, type Setup } from '../lib/beside.ts';
import type { BenchCase, CaseResult } from '../lib/report.ts';
import { EFFORT } from './transform.ts';

/** Spans from one of many pods, each resource with what the cluster says of it: Signalbox and otelcol beside the same API. */

const PODS = 10_000;
const SETUP: Setup = {
  what: `k8s_attributes: ${PODS} pods known, eight attributes for each resource`,
  goal: 1,
  signal: 'traces',
  share: 1,
  processor: {
    k8s_attributes: { auth_type: 'kubeConfig', wait_for_metadata: true, wait_for_metadata_timeout: '60s' },
  },
};

export const k8sAttributesCase: BenchCase = { name: 'k8s-attributes', run };

async function run(): Promise<CaseResult> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  const api = await FakeKubernetesApi.start();
  api.put('pod', ...Array.from({ length: PODS }, (_, n) => pod(n)));
  const before = process.env.KUBECONFIG;
  process.env.KUBECONFIG = join(folder, 'config');
  writeFileSync(process.env.KUBECONFIG, api.kubeConfig());
  try {
    return await besideOtelcol([SETUP], EFFORT);
  } finally {
    if (before === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = before;
    await api.goAway();
    rmSync(folder, { recursive: true });
  }
}

/** The first one is where the load comes from. */
function pod(n: number): KubernetesObject {
  const podIP = n === 0 ? '127.0.0.1' : `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
  return {
    metadata: {
      name: `cart-7d9f-${n}`,
      namespace: 'shop',
      uid: `uid-${n}`,
      creationTimestamp: '2026-05-01T10:00:00Z',
      labels: { 'pod-template-hash': '7d9f' },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'cart-7d9f', uid: 'uid-rs', controller: true }],
    },
    spec: { nodeName: 'node-1', containers: [{ name: 'app', image: 'shop/cart:1.2' }] },
    status: { podIP, containerStatuses: [{ name: 'app', containerID: `containerd://${n}`, restartCount: 0 }] },
  } as KubernetesObject;
}
