import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { componentSuite } from '#component/testing.ts';
import { FakeKubernetesApi } from '#kubernetes/testing.ts';
import { createK8sAttributesFactory } from './factory.ts';

const env: Record<string, string> = {};
let api: FakeKubernetesApi;
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'k8s-attributes-'));
  api = await FakeKubernetesApi.start();
  env['KUBECONFIG'] = join(folder, 'config');
  writeFileSync(env['KUBECONFIG'], api.kubeConfig());
  api.put('pod', { metadata: { name: 'a', namespace: 'shop' }, status: { podIP: '192.0.2.1' } } as object);
});
afterAll(async () => {
  await api.goAway();
  await rm(folder, { recursive: true });
});

const factory = createK8sAttributesFactory({ env, serviceAccountFolder: '/not/there' });
componentSuite(factory, { config: { auth_type: 'kubeConfig' } });
componentSuite(factory, { config: { passthrough: true } });
