import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { ManualClock } from '#base';
import { eventually } from '#base/testing.ts';
import { fakeSettings } from '#component/testing.ts';
import type { KubernetesKind } from '#kubernetes';
import { FakeKubernetesApi } from '#kubernetes/testing.ts';
import { kubernetesConfig } from './kubernetes-config.ts';
import { KubernetesDiscoverer } from './kubernetes-discoverer.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const META = '__meta_kubernetes_';
const POD = {
  metadata: {
    name: 'shop-1',
    namespace: 'prod',
    uid: 'u1',
    labels: { 'app.kubernetes.io/name': 'shop' },
    annotations: { 'prometheus.io/scrape': 'true' },
    ownerReferences: [{ kind: 'ReplicaSet', name: 'shop', controller: true }],
  },
  spec: {
    nodeName: 'node-1',
    containers: [
      { name: 'app', image: 'shop:1', ports: [{ name: 'http', containerPort: 8080 }] },
      { name: 'sidecar', image: 'side:1' },
    ],
  },
  status: {
    podIP: '10.0.0.5',
    hostIP: '10.1.0.1',
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [{ name: 'app', containerID: 'containerd://1' }],
  },
};
const SERVICE = {
  metadata: { name: 'shop', namespace: 'prod', labels: { team: 'a' } },
  spec: { type: 'ClusterIP', clusterIP: '10.2.0.1', ports: [{ name: 'http', port: 80 }] },
};
const OBJECTS: Readonly<Partial<Record<KubernetesKind, readonly object[]>>> = {
  pod: [POD, { metadata: { name: 'waiting', namespace: 'prod' }, spec: { containers: [{ name: 'a' }] } }],
  service: [SERVICE],
  node: [
    {
      metadata: { name: 'node-1', labels: { zone: 'z1' } },
      status: {
        addresses: [
          { type: 'Hostname', address: 'node-1' },
          { type: 'InternalIP', address: '10.1.0.1' },
        ],
        daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      },
    },
  ],
  endpoints: [
    {
      metadata: { name: 'shop', namespace: 'prod' },
      subsets: [
        {
          ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
          addresses: [
            { ip: '10.0.0.5', nodeName: 'node-1', targetRef: { kind: 'Pod', name: 'shop-1', namespace: 'prod' } },
          ],
          notReadyAddresses: [{ ip: '10.0.0.6' }],
        },
      ],
    },
  ],
  endpointslice: [
    {
      metadata: { name: 'shop-x', namespace: 'prod', labels: { 'kubernetes.io/service-name': 'shop' } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080 }],
      endpoints: [{ addresses: ['10.0.0.5'], conditions: { ready: true }, targetRef: { kind: 'Pod', name: 'shop-1' } }],
    },
  ],
  ingress: [
    {
      metadata: { name: 'web', namespace: 'prod' },
      spec: {
        tls: [{ hosts: ['*.example.com'] }],
        rules: [{ host: 'a.example.com', http: { paths: [{ path: '/x' }, {}] } }, { host: 'b' }],
      },
    },
  ],
};

interface Found {
  readonly api: FakeKubernetesApi;
  readonly clock: ManualClock;
  readonly mistakes: readonly string[];
  targets(): Promise<readonly Readonly<Record<string, string>>[]>;
  /** Called when there is something new to find. */
  readonly changes: () => number;
}

async function discover(block: object, prepare: (api: FakeKubernetesApi) => void = () => undefined): Promise<Found> {
  const api = await FakeKubernetesApi.start({ tokens: new Set(['secret']) });
  for (const [kind, objects] of Object.entries(OBJECTS)) api.put(kind as KubernetesKind, ...objects);
  prepare(api);
  const asks = 'kubeconfig_file' in block ? {} : { api_server: `${api.url}/`, bearer_token: 'secret' };
  const config = kubernetesConfig.parse({ ...asks, ...block });
  const { clock, logger } = fakeSettings();
  const mistakes: string[] = [];
  const discoverer = new KubernetesDiscoverer(config, {
    clock,
    logger,
    random: () => 0,
    userAgent: 'u',
    path: 'p',
    surroundings: { env: {}, serviceAccountFolder: '/not/there' },
    onMistake: (message) => mistakes.push(message),
  });
  let changes = 0;
  closers.push(
    discoverer.watch(() => changes++),
    () => api.goAway(),
  );
  const { signal } = new AbortController();
  return {
    api,
    clock,
    mistakes,
    changes: () => changes,
    async targets() {
      const groups = await discoverer.find(signal);
      return groups.flatMap(({ targets: list, labels }) =>
        list.map((target) =>
          Object.fromEntries([...labels, ...target].map(([name, value]) => [name.replace(META, ''), value])),
        ),
      );
    },
  };
}

async function found(block: object) {
  const { targets, api } = await discover(block);
  const listed = await targets();
  return {
    targets: listed,
    asked: api.asked.map(
      ({ authorization, path, query }) => `${authorization} ${path}${query.get('labelSelector') ?? ''}`,
    ),
  };
}

describe('what a cluster has becomes targets', () => {
  test('pods: one for each port, and for each container without', async () => {
    const { targets, asked } = await found({ role: 'pod' });
    expect(targets.map(({ __address__ }) => __address__)).toEqual(['10.0.0.5:8080', '10.0.0.5']);
    expect(targets[0]).toMatchObject({
      namespace: 'prod',
      pod_name: 'shop-1',
      pod_label_app_kubernetes_io_name: 'shop',
      pod_labelpresent_app_kubernetes_io_name: 'true',
      pod_annotation_prometheus_io_scrape: 'true',
      pod_container_name: 'app',
      pod_container_port_name: 'http',
      pod_container_id: 'containerd://1',
      pod_ready: 'true',
      pod_phase: 'Running',
      pod_node_name: 'node-1',
      pod_controller_kind: 'ReplicaSet',
    });
    expect(asked[0]).toBe('Bearer secret /api/v1/pods');
  });

  test('pods of one namespace that a label selects, with their node', async () => {
    const { targets, asked } = await found({
      role: 'pod',
      namespaces: { names: ['prod'] },
      selectors: [{ role: 'pod', label: 'app.kubernetes.io/name=shop' }],
      attach_metadata: { node: true },
    });
    expect(targets[0]).toMatchObject({ node_name: 'node-1', node_label_zone: 'z1' });
    expect(asked[0]).toBe('Bearer secret /api/v1/namespaces/prod/podsapp.kubernetes.io/name=shop');
  });

  test('endpoints: with their service and pod', async () => {
    const { targets } = await found({ role: 'endpoints' });
    expect(targets).toMatchObject([
      {
        __address__: '10.0.0.5:8080',
        endpoints_name: 'shop',
        endpoint_ready: 'true',
        endpoint_port_name: 'http',
        service_name: 'shop',
        service_label_team: 'a',
        pod_name: 'shop-1',
        pod_container_name: 'app',
      },
      { __address__: '10.0.0.6:8080', endpoint_ready: 'false' },
    ]);
  });

  test.each([
    [
      'endpointslice',
      [
        {
          __address__: '10.0.0.5:8080',
          service_name: 'shop',
          pod_name: 'shop-1',
          endpointslice_endpoint_conditions_ready: 'true',
        },
      ],
    ],
    ['node', [{ __address__: '10.1.0.1:10250', instance: 'node-1', node_address_Hostname: 'node-1' }]],
    ['service', [{ __address__: 'shop.prod.svc:80', service_port_name: 'http', service_cluster_ip: '10.2.0.1' }]],
    [
      'ingress',
      [
        { __address__: 'a.example.com', ingress_scheme: 'https', ingress_path: '/x' },
        { __address__: 'a.example.com', ingress_path: '/' },
        { __address__: 'b', ingress_scheme: 'http', ingress_path: '/' },
      ],
    ],
  ])('role %s', async (role, want) => {
    expect((await found({ role })).targets).toMatchObject(want);
  });
});

describe('as the cluster changes', () => {
  test('what comes, changes and goes is found, changes of some seconds together', async () => {
    const { targets, api, clock, changes } = await discover({ role: 'pod', namespaces: { names: ['prod', 'test'] } });
    expect((await targets()).map(({ __address__ }) => __address__)).toEqual(['10.0.0.5:8080', '10.0.0.5']);
    await eventually('the watches', () => api.watchCount === 2);
    await clock.advance(5000);
    const before = changes();
    const other = {
      ...POD,
      metadata: { ...POD.metadata, name: 'other', namespace: 'test' },
      status: { podIP: '10.0.0.9' },
    };
    api.put('pod', other);
    api.remove('pod', 'prod/shop-1');
    await eventually('the changes', async () => (await targets())[0]?.['__address__'] === '10.0.0.9:8080');
    await clock.advance(4999);
    expect(changes()).toBe(before);
    await clock.advance(1);
    expect(changes()).toBe(before + 1);
  });

  test('of a pod only what targets are made of stays in memory', async () => {
    const { targets } = await discover({ role: 'pod' }, (api) => {
      api.put('pod', { ...POD, spec: { ...POD.spec, volumes: [{ name: 'v' }] } } as object);
    });
    expect(await targets()).toHaveLength(2);
  });

  test('who may not list is told which rule is missing', async () => {
    const { targets, mistakes, api, clock } = await discover({ role: 'pod' }, (one) => one.forbidden.add('pods'));
    const first = targets();
    await eventually('the mistake', () => mistakes.length === 1);
    expect(mistakes[0]).toContain(
      'kubernetes_sd: may not list pods: the service account otel of the namespace obs needs the rule',
    );
    api.forbidden.clear();
    await clock.advance(2000);
    expect(await first).toHaveLength(2);
  });
});

describe('where the API is', () => {
  test('a kubeconfig says it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubernetes-sd-'));
    closers.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'config');
    const { targets } = await discover({ role: 'pod', kubeconfig_file: file }, (api) => {
      const user = { name: 'u', user: { token: 'secret' } };
      writeFileSync(
        file,
        api
          .kubeConfig()
          .replace('"user":""', '"user":"u"')
          .replace(/}$/, `,"users":[${JSON.stringify(user)}]}`),
      );
    });
    expect(await targets()).toHaveLength(2);
  });

  test('outside of a cluster it must be said', async () => {
    await expect((await discover({ role: 'pod', api_server: '', bearer_token: 'a' })).targets()).rejects.toThrow(
      'this is no pod of a cluster',
    );
  });

  test.each([
    [{ api_server: 'http://a' }, "cannot use 'kubeconfig_file' and 'api_server' simultaneously"],
    [
      { namespaces: { own_namespace: true } },
      "cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously",
    ],
    [{ bearer_token: 'a' }, "cannot use a custom HTTP client configuration together with 'kubeconfig_file'"],
  ])('a kubeconfig and %j are refused', (block, message) => {
    const { error } = kubernetesConfig.safeParse({ role: 'pod', kubeconfig_file: 'f', ...block });
    expect(error?.issues.map((issue) => issue.message)).toEqual([message]);
  });
});
