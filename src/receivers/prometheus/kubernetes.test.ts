import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { fakeSettings } from '#component/testing.ts';
import { ByteBudget } from '#net';
import { Fetcher } from './fetcher.ts';
import { kubernetesConfig } from './kubernetes-config.ts';
import { KubernetesDiscoverer } from './kubernetes-discoverer.ts';

const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
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
const OBJECTS: Readonly<Record<string, readonly object[]>> = {
  '/api/v1/pods': [POD, { metadata: { name: 'waiting', namespace: 'prod' }, spec: { containers: [{ name: 'a' }] } }],
  '/api/v1/namespaces/prod/pods': [POD],
  '/api/v1/services': [SERVICE],
  '/api/v1/nodes': [
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
  '/api/v1/endpoints': [
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
  '/apis/discovery.k8s.io/v1/endpointslices': [
    {
      metadata: { name: 'shop-x', namespace: 'prod', labels: { 'kubernetes.io/service-name': 'shop' } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080 }],
      endpoints: [{ addresses: ['10.0.0.5'], conditions: { ready: true }, targetRef: { kind: 'Pod', name: 'shop-1' } }],
    },
  ],
  '/apis/networking.k8s.io/v1/ingresses': [
    {
      metadata: { name: 'web', namespace: 'prod' },
      spec: {
        tls: [{ hosts: ['*.example.com'] }],
        rules: [{ host: 'a.example.com', http: { paths: [{ path: '/x' }, {}] } }, { host: 'b' }],
      },
    },
  ],
};

/** A stand-in that gives lists one object a page, and knows who asks. */
async function found(block: object, isAllowed = true) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    asked.push(`${request.headers.authorization} ${url.pathname}${url.searchParams.get('labelSelector') ?? ''}`);
    const objects = OBJECTS[url.pathname];
    const at = Number(url.searchParams.get('continue') ?? 0);
    const status = isAllowed ? (objects === undefined ? 404 : 200) : 403;
    response.writeHead(status, { 'content-type': 'application/json' });
    const next = at + 1 < (objects?.length ?? 0) ? String(at + 1) : '';
    response.end(JSON.stringify({ items: objects?.slice(at, at + 1), metadata: { continue: next } }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const config = kubernetesConfig.parse({ api_server: `http://127.0.0.1:${port}/`, bearer_token: 'secret', ...block });
  const { clock, logger } = fakeSettings();
  const fetcher = new Fetcher(config.http, new ByteBudget(0), clock, { path: 'p', userAgent: 'u', logger });
  closers.push(
    () => fetcher.close(),
    () => server.close(),
  );
  const groups = await new KubernetesDiscoverer(config, fetcher).find(new AbortController().signal);
  const targets = groups.flatMap(({ targets: list, labels }) =>
    list.map((target) =>
      Object.fromEntries([...labels, ...target].map(([name, value]) => [name.replace(META, ''), value])),
    ),
  );
  return { targets, asked };
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
    expect(asked).toEqual(['Bearer secret /api/v1/pods', 'Bearer secret /api/v1/pods']);
  });

  test('pods of one namespace that a label selects, with their node', async () => {
    const { targets, asked } = await found({
      role: 'pod',
      namespaces: { names: ['prod'] },
      selectors: [{ role: 'pod', label: 'app=shop' }],
      attach_metadata: { node: true },
    });
    expect(targets[0]).toMatchObject({ node_name: 'node-1', node_label_zone: 'z1' });
    expect(asked[0]).toBe('Bearer secret /api/v1/namespaces/prod/podsapp=shop');
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

test('who may not list is told what is missing', async () => {
  await expect(found({ role: 'pod' }, false)).rejects.toThrow(
    'may not list pods: give the service account the verb list',
  );
});
