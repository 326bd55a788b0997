import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '#base/testing.ts';
import { type FakeSettings, fakeHost, fakeSettings, sampleBatch } from '#component/testing.ts';
import type { KubernetesObject } from '#kubernetes';
import { FakeKubernetesApi } from '#kubernetes/testing.ts';
import { Batch, type Signal } from '#pdata';
import { LogsBuilder, MetricsBuilder, TracesBuilder } from '#wire';
import { type OtlpPeer, startOtlpPeer } from '../../receivers/otlp/testing/peer.ts';
import { loadBalancingSchema, validateLoadBalancing } from './config.ts';
import { HashRing } from './hash-ring.ts';
import { LoadBalancingExporter, type LoadBalancingWorld } from './load-balancing.ts';
import { withPort } from './resolver.ts';
import { partsOf } from './routing.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const recorded = JSON.parse(readFileSync(join(import.meta.dirname, 'testdata/otelcol-ring.json'), 'utf8')) as Record<
  string,
  string[]
>;

test.each(Object.entries(recorded))("the ring of %s is otelcol's", (endpoints, owners) => {
  const ring = new HashRing(JSON.parse(endpoints) as string[]);
  expect(owners.map((_, i) => ring.endpointFor(`key-${i}`))).toEqual(owners);
});

test('when a backend leaves, only its keys move', () => {
  const before = new HashRing(['a', 'b', 'c', 'd']);
  const after = new HashRing(['a', 'b', 'd']);
  for (let i = 0; i < 2000; i++) {
    const owner = before.endpointFor(`k${i}`);
    if (owner !== 'c') expect(after.endpointFor(`k${i}`)).toBe(owner);
  }
});

async function peers(count: number): Promise<OtlpPeer[]> {
  const started = await Promise.all(Array.from({ length: count }, () => startOtlpPeer()));
  undo.push(...started.map((peer) => () => peer.close()));
  return started;
}

async function start(
  resolver: object,
  signal: Signal = 'traces',
  lookUp?: () => Promise<readonly { address: string }[]>,
  block: object = {},
  world: LoadBalancingWorld = {},
): Promise<{ exporter: LoadBalancingExporter; settings: FakeSettings }> {
  const settings = fakeSettings({ id: 'load_balancing' });
  const config = loadBalancingSchema.parse({ protocol: { otlp: { tls: { insecure: true } } }, resolver, ...block });
  expect(validateLoadBalancing(config)).toEqual([]);
  const exporter = new LoadBalancingExporter(settings, config, signal, { ...(lookUp && { lookUp }), ...world });
  await exporter.start(fakeHost());
  undo.push(() => exporter.shutdown(100));
  return { exporter, settings };
}

const itemsAt = (peer: OtlpPeer): number => peer.batches.reduce((sum, { itemCount }) => sum + itemCount, 0);

test('all spans of a trace go to one backend, and each backend gets some', async () => {
  const all = await peers(3);
  const { exporter } = await start({ static: { hostnames: all.map(({ grpc }) => grpc) } });
  for (let round = 0; round < 2; round++) await exporter.consume(sampleBatch('traces', 300));
  expect(all.map(itemsAt).reduce((sum, items) => sum + items)).toBe(600);
  for (const peer of all) {
    expect(itemsAt(peer)).toBeGreaterThan(0);
    // The same traces in both rounds.
    expect(peer.batches).toHaveLength(2);
    expect(peer.batches[0]!.itemCount).toBe(peer.batches[1]!.itemCount);
  }
});

test('a backend that is down costs nothing of the others: only its part is sent again, to whom it belongs then', async () => {
  const [one, two] = (await peers(2)) as [OtlpPeer, OtlpPeer];
  const port = Number(one.grpc.split(':')[1]);
  let addresses = ['127.0.0.1', '127.0.0.9'];
  const lookUp = async (): Promise<{ address: string }[]> => addresses.map((address) => ({ address }));
  const { exporter, settings } = await start({ dns: { hostname: 'x', port: String(port) } }, 'traces', lookUp);
  const batch = sampleBatch('traces', 200);
  await expect(exporter.consume(batch)).rejects.toMatchObject({ permanent: false });
  const got = itemsAt(one);
  expect(got).toBeGreaterThan(0);
  expect(got).toBeLessThan(200);
  addresses = ['127.0.0.1'];
  await settings.clock.advance(5000);
  await eventually('the backend has left', () => settings.meter.level('loadbalancer_num_backends') === 1 || undefined);
  await exporter.consume(batch);
  expect(itemsAt(one)).toBe(200);
  expect(itemsAt(two)).toBe(0);
});

test('a look-up that fails leaves the backends as they are', async () => {
  const [peer] = (await peers(1)) as [OtlpPeer];
  const [, port = ''] = peer.grpc.split(':');
  let isDown = false;
  const lookUp = async (): Promise<{ address: string }[]> => {
    if (isDown) throw new Error('SERVFAIL');
    return [{ address: '127.0.0.1' }, { address: '127.0.0.1' }];
  };
  const { exporter, settings } = await start({ dns: { hostname: 'x', port } }, 'traces', lookUp);
  isDown = true;
  await settings.clock.advance(5000);
  await eventually('the failure', () => settings.logged.length > 0 || undefined);
  await exporter.consume(sampleBatch('traces', 3));
  expect(itemsAt(peer)).toBe(3);
  expect(settings.meter.sum('loadbalancer_num_resolutions')).toBe(2);
  expect(settings.meter.sum('loadbalancer_num_backend_updates')).toBe(1);
});

describe('the pods behind a service', () => {
  const slice = (name: string, ...endpoints: readonly object[]): KubernetesObject =>
    ({
      metadata: { name, namespace: 'obs', labels: { 'kubernetes.io/service-name': 'gateway' } },
      endpoints,
    }) as object;
  const at = (address: string, ready?: boolean): object => ({ addresses: [address], conditions: { ready } });

  async function startBeside(api: FakeKubernetesApi, k8s: object): Promise<Awaited<ReturnType<typeof start>>> {
    const folder = mkdtempSync(join(tmpdir(), 'load-balancing-'));
    writeFileSync(join(folder, 'config'), api.kubeConfig());
    undo.push(
      () => rmSync(folder, { recursive: true }),
      () => api.goAway(),
    );
    const surroundings = { env: { KUBECONFIG: join(folder, 'config') }, serviceAccountFolder: folder };
    return start({ k8s: { service: 'gateway.obs', ...k8s } }, 'traces', undefined, {}, { surroundings });
  }

  test('one that is not ready any more gets nothing, and what was meant for it goes to the others', async () => {
    const [one] = (await peers(1)) as [OtlpPeer];
    const port = Number(one.grpc.split(':')[1]);
    const api = await FakeKubernetesApi.start();
    api.put('endpointslice', slice('a', at('127.0.0.1', true)), slice('b', at('127.0.0.9'), at('127.0.0.8', false)));
    const { exporter, settings } = await startBeside(api, { ports: [port] });
    const level = (): number => settings.meter.level('loadbalancer_num_backends');
    await eventually('both', () => level() === 2);
    const batch = sampleBatch('traces', 200);
    await expect(exporter.consume(batch)).rejects.toMatchObject({ permanent: false });
    const got = itemsAt(one);
    expect(got).toBeGreaterThan(0);
    expect(got).toBeLessThan(200);
    await eventually('the watch', () => api.watchCount === 1);
    api.put('endpointslice', slice('b', at('127.0.0.9', false)));
    await eventually('the end of one', () => level() === 1);
    await exporter.consume(batch);
    expect(itemsAt(one)).toBe(200);
    expect(api.asked[0]!.path).toBe('/apis/discovery.k8s.io/v1/namespaces/obs/endpointslices');
    await api.goAway();
    await eventually('the problem', () => settings.statuses.some(({ status }) => status === 'recoverable_error'));
    await exporter.consume(sampleBatch('traces', 5));
    expect(itemsAt(one)).toBe(205);
  });

  test('names, and the usual port', async () => {
    const api = await FakeKubernetesApi.start();
    api.put('endpointslice', slice('a', { ...at('10.0.0.1'), hostname: 'gateway-0' }, at('10.0.0.2')));
    const { settings, exporter } = await startBeside(api, { return_hostnames: true });
    await eventually('one', () => settings.meter.level('loadbalancer_num_backends') === 1);
    await expect(exporter.consume(sampleBatch('traces', 1))).rejects.toThrow('gateway-0.gateway.obs');
  });

  test('until the API has answered nothing is taken, and it may be tried again', async () => {
    const api = await FakeKubernetesApi.start();
    api.isHanging = true;
    const { exporter } = await startBeside(api, {});
    await expect(exporter.consume(sampleBatch('traces', 1))).rejects.toMatchObject({ permanent: false });
  });

  test.each([
    ['', 'no service specified to resolve the backends'],
    ['a.b.c.d', `invalid Kubernetes service FQDN: expected third DNS label to be 'svc' in "a.b.c.d"`],
    ['a.b.svc', 'invalid Kubernetes service FQDN: missing cluster domain in "a.b.svc"'],
    ['a..svc.x', 'invalid Kubernetes service FQDN: namespace segment missing in "a..svc.x"'],
  ])('the service "%s" is refused', (service, message) => {
    const config = loadBalancingSchema.parse({ protocol: { otlp: {} }, resolver: { k8s: { service } } });
    expect(validateLoadBalancing(config).map((mistake) => mistake.message)).toEqual([message]);
  });
});

test('without a backend nothing is taken, and it may be tried again', async () => {
  const { exporter } = await start({ dns: { hostname: 'x' } }, 'traces', () =>
    Promise.reject(new Error('no such name')),
  );
  await expect(exporter.consume(sampleBatch('traces', 1))).rejects.toMatchObject({
    permanent: false,
    reason: 'network',
  });
});

describe('routing keys', () => {
  const config = (block: object) => loadBalancingSchema.parse({ resolver: {}, ...block });
  const keysOf = (batch: Batch, key: Parameters<typeof partsOf>[1], block: object = {}): [string, number][] => {
    const name = (bytes: Uint8Array | string): string =>
      typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('hex');
    return [...partsOf(batch, key, config(block), () => 0.5, name)].map(([one, { itemCount }]) => [one, itemCount]);
  };
  const logs = new LogsBuilder();
  for (const service of ['a', 'b', 'a']) {
    const group = logs.group({ resource: { 'service.name': service, zone: 'z' } });
    group.add({ attributes: { tenant: `${service}1` }, traceId: new Uint8Array(16).fill(7) });
    group.add({});
  }
  const batch = new Batch('logs', [logs.chunk()]);
  const traces = new TracesBuilder();
  for (const [name, kind] of [
    ['x', 2],
    ['y', 3],
    ['x', 2],
  ] as const) {
    traces.group({}).add({
      traceId: new Uint8Array(16).fill(1),
      spanId: new Uint8Array(8).fill(1),
      name,
      kind,
      startNs: 1n,
      endNs: 2n,
    });
  }
  const metrics = new MetricsBuilder();
  for (const name of ['m', 'n']) {
    const metric = metrics.group({ resource: { 'service.name': 's' } }).gauge(name);
    metric.series({ a: '1' }).add(1n, 1);
    metric.series({ a: '2' }).add(1n, 1);
  }

  test.each([
    [
      'service',
      batch,
      {},
      [
        ['a', 4],
        ['b', 2],
      ],
    ],
    [
      'traceID',
      batch,
      {},
      [
        ['07'.repeat(16), 3],
        ['0.5', 3],
      ],
    ],
    [
      'attributes',
      batch,
      { routing_key: 'attributes', routing_attributes: ['zone', 'tenant'] },
      [
        ['zone=z|tenant=a1|', 2],
        ['zone=z|tenant=|', 3],
        ['zone=z|tenant=b1|', 1],
      ],
    ],
    [
      'attributes',
      new Batch('traces', [traces.chunk()]),
      { routing_key: 'attributes', routing_attributes: ['span.name', 'span.kind'] },
      [
        ['span.name=x|span.kind=Server|', 2],
        ['span.name=y|span.kind=Client|', 1],
      ],
    ],
    [
      'metric',
      new Batch('metrics', [metrics.chunk()]),
      {},
      [
        ['m', 2],
        ['n', 2],
      ],
    ],
  ] as const)('%s', (key, from, block, parts) => {
    expect(keysOf(from, key, block).sort()).toEqual(parts.map((part) => [...part]).sort());
  });

  test('resource and streamID tell all of them apart', () => {
    expect(
      keysOf(batch, 'resource')
        .map(([, items]) => items)
        .sort(),
    ).toEqual([2, 4]);
    expect(keysOf(new Batch('metrics', [metrics.chunk()]), 'streamID')).toHaveLength(4);
  });

  test('a key that the signal does not have stops the start', async () => {
    await expect(start({ static: { hostnames: ['a'] } }, 'logs', undefined, { routing_key: 'metric' })).rejects.toThrow(
      "exporters::load_balancing::routing_key: logs can't be routed by metric",
    );
  });
});

test.each([
  [{}, 'resolver'],
  [{ resolver: { static: { hostnames: ['a'] }, dns: { hostname: 'b' } } }, 'resolver'],
  [{ resolver: { aws_cloud_map: { namespace: 'a' } } }, 'resolver'],
  [{ resolver: { static: { hostnames: ['a'] } }, routing_attributes: ['x'] }, 'routing_attributes'],
  [{ resolver: { static: { hostnames: ['a'] } }, protocol: { otlp: { endpoint: 'x:1' } } }, 'protocol::otlp::endpoint'],
])('a mistake: %j', (block, key) => {
  expect(validateLoadBalancing(loadBalancingSchema.parse(block)).map(({ path }) => path.join('::'))).toEqual([key]);
});

test.each([
  ['a', 'a:4317'],
  ['a:1', 'a:1'],
  ['::1', '[::1]:4317'],
])('%s is %s', (hostname, endpoint) => {
  expect(withPort(hostname)).toBe(endpoint);
});
