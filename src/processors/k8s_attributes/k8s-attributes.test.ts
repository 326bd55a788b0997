import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '#base/testing.ts';
import { fakeHost, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { k8sAttributesSchema, validateK8sAttributes } from './config.ts';
import { createK8sAttributesFactory } from './factory.ts';
import { podNamed, REPLICA_SET, type Running, type RunningOptions, runProcessor } from './testing/running.ts';

const running: Running[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
});

async function run(block: object, options: RunningOptions = {}): Promise<Running> {
  const one = await runProcessor(block, options);
  running.push(one);
  return one;
}

const onePod: RunningOptions = { prepare: (api) => api.put('pod', podNamed('cart-1')) };
const USUAL = {
  'k8s.pod.name': 'cart-1',
  'k8s.pod.uid': 'uid-cart-1',
  'k8s.pod.start_time': '2026-05-01T10:00:00Z',
  'k8s.namespace.name': 'shop',
  'k8s.node.name': 'node-1',
  'k8s.deployment.name': 'cart',
  'container.image.name': 'images.example.com:5000/shop/cart',
  'container.image.tag': '1.2',
};

describe('which pod it is', () => {
  test.each([
    ['the connection', {}, '10.0.0.5:41234'],
    ['a connection over IPv6 from an IPv4 address', {}, '[::ffff:10.0.0.5]:41234'],
    ['k8s.pod.ip', { 'k8s.pod.ip': '10.0.0.5' }, '10.9.9.9:1'],
    ['ip', { ip: '10.0.0.5' }, '10.9.9.9:1'],
    ['host.name that is an address', { 'host.name': '10.0.0.5' }, undefined],
  ])('without rules: %s', async (_, resource, peer) => {
    const { enrich } = await run({}, onePod);
    expect(await enrich(resource, peer)).toEqual({ ...USUAL, ...resource });
  });

  test.each([
    ['the connection goes before host.name', { 'host.name': '10.0.0.5' }, '10.9.9.9:1'],
    ['a host name is no address', { 'host.name': 'cart-1' }, undefined],
    ['nothing is known', {}, undefined],
    ['an address that is no text', { 'k8s.pod.ip': 5n }, undefined],
  ])('nothing is added: %s', async (_, resource, peer) => {
    const { enrich } = await run({}, onePod);
    expect(await enrich(resource, peer)).toEqual({ ...resource, ...('k8s.pod.ip' in resource && { 'k8s.pod.ip': 5 }) });
  });

  const rules = {
    pod_association: [
      { sources: [{ from: 'resource_attribute', name: 'k8s.pod.uid' }] },
      {
        sources: [
          { from: 'resource_attribute', name: 'k8s.pod.name' },
          { from: 'resource_attribute', name: 'k8s.namespace.name' },
        ],
      },
      { sources: [{ from: 'resource_attribute', name: 'k8s.pod.labels.app' }] },
      { sources: [{ from: 'resource_attribute', name: 'container.id' }] },
      { sources: [{ from: 'connection' }] },
    ],
    extract: { metadata: ['k8s.pod.name', 'k8s.pod.uid', 'container.id'], labels: [{ key: 'app' }] },
  };
  test.each([
    ['the UID', { 'k8s.pod.uid': 'uid-cart-1' }, true],
    ['name and namespace', { 'k8s.pod.name': 'cart-1', 'k8s.namespace.name': 'shop' }, true],
    ['a name alone falls to the connection', { 'k8s.pod.name': 'other' }, true],
    ['a label', { 'k8s.pod.labels.app': 'cart' }, true],
    ['a container', { 'container.id': 'c1' }, true],
    ['the first rule whose sources are there decides, even where it finds nothing', { 'k8s.pod.uid': 'gone' }, false],
  ])('rules: %s', async (_, resource, isFound) => {
    const { enrich } = await run(rules, onePod);
    const { 'k8s.pod.labels.app': label } = await enrich(resource, '10.0.0.5:1');
    expect(label).toBe(isFound ? 'cart' : undefined);
  });

  test('pods of the host have its address, and so nobody has it', async () => {
    const { enrich } = await run(
      {},
      { prepare: (api) => api.put('pod', podNamed('cart-1', { spec: { hostNetwork: true } })) },
    );
    expect(await enrich({}, '10.0.0.5:1')).toEqual({});
  });

  test('excluded pods, and those that say so, get nothing', async () => {
    const { enrich } = await run(
      {},
      {
        prepare: (api) =>
          api.put(
            'pod',
            podNamed('my-jaeger-agent-x', { status: { podIP: '10.0.0.6' } }),
            podNamed('shy', {
              metadata: { name: 'shy', annotations: { 'opentelemetry.io/k8s-processor/ignore': 'True' } },
              status: { podIP: '10.0.0.7' },
            }),
          ),
      },
    );
    expect(await enrich({}, '10.0.0.6:1')).toEqual({});
    expect(await enrich({}, '10.0.0.7:1')).toEqual({});
  });

  test('counts what was found by what', async () => {
    const { enrich, settings } = await run(rules, onePod);
    await enrich({ 'k8s.pod.name': 'cart-1', 'k8s.namespace.name': 'shop' });
    await enrich({ 'k8s.pod.uid': 'gone' });
    await enrich({});
    const count = (status: string, identifier: string): number =>
      settings.meter.sum('k8s.pod.association', { status, pod_identifier: identifier, 'otelcol.signal': 'traces' });
    expect(count('success', 'resource_attribute/k8s.pod.name+resource_attribute/k8s.namespace.name')).toBe(1);
    expect(count('error', 'resource_attribute/k8s.pod.uid')).toBe(1);
    expect(count('error', '')).toBe(1);
    expect(settings.meter.sum('k8s.watcher.pod.added')).toBe(1);
  });
});

describe('what is added', () => {
  test('never in place of what is there, but of what is empty', async () => {
    const { enrich } = await run({}, onePod);
    const found = await enrich({ 'k8s.pod.name': 'mine', 'k8s.node.name': '' }, '10.0.0.5:1');
    expect(found).toMatchObject({ 'k8s.pod.name': 'mine', 'k8s.node.name': 'node-1' });
  });

  test('labels and annotations, by name and by pattern', async () => {
    const labels = {
      app: 'cart',
      'app.kubernetes.io/component': 'db',
      'app.kubernetes.io/part-of': '',
      'env.prod': 'yes',
    };
    const annotations = {
      'resource.opentelemetry.io/team': 'a',
      'resource.opentelemetry.io/service.name': 'b',
      note: 'n',
    };
    const { enrich } = await run(
      {
        extract: {
          metadata: ['service.name'],
          otel_annotations: true,
          labels: [
            { key: 'app', tag_name: 'application' },
            { key_regex: 'app\\.kubernetes\\.io/(?P<what>.*)', tag_name: 'app.${what}' },
            { key_regex: 'env\\..*', tag_name: 'not used without a group' },
            { key: 'absent' },
            { key: 'constructor' },
          ],
          annotations: [{ key: 'note' }],
        },
      },
      {
        prepare: (api) =>
          api.put('pod', podNamed('cart-1', { metadata: { name: 'cart-1', namespace: 'shop', labels, annotations } })),
      },
    );
    expect(await enrich({}, '10.0.0.5:1')).toEqual({
      application: 'cart',
      'app.component': 'db',
      'k8s.pod.labels.env.prod': 'yes',
      'k8s.pod.annotations.note': 'n',
      team: 'a',
      'service.name': 'b',
    });
  });

  test('of what is around the pod: namespace, node, deployment, ReplicaSet, cluster', async () => {
    const from = ['namespace', 'node', 'deployment', 'replicaset'];
    const { enrich, api } = await run(
      {
        extract: {
          metadata: [
            'k8s.deployment.uid',
            'k8s.deployment.name',
            'k8s.node.uid',
            'k8s.cluster.uid',
            'service.namespace',
          ],
          labels: from.map((source) => ({ from: source, key: 'tier' })),
          annotations: [{ from: 'namespace', key: 'owner' }],
        },
      },
      {
        prepare: (one) => {
          one.put('namespace', { metadata: { name: 'kube-system', uid: 'uid-cluster' } });
          one.put('namespace', { metadata: { name: 'shop', labels: { tier: 'n' }, annotations: { owner: 'me' } } });
          one.put('node', { metadata: { name: 'node-1', uid: 'uid-node', labels: { tier: 'o' } } });
          one.put('replicaset', REPLICA_SET);
          one.put('deployment', {
            metadata: { name: 'cart', namespace: 'shop', uid: 'uid-deployment', labels: { tier: 'd' } },
          });
          one.put('pod', podNamed('cart-1'));
        },
      },
    );
    expect(await enrich({}, '10.0.0.5:1')).toEqual({
      'k8s.deployment.name': 'cart-by-its-owner',
      'k8s.deployment.uid': 'uid-deployment',
      'k8s.node.uid': 'uid-node',
      'k8s.cluster.uid': 'uid-cluster',
      'service.namespace': 'shop',
      'k8s.namespace.labels.tier': 'n',
      'k8s.namespace.annotations.owner': 'me',
      'k8s.node.labels.tier': 'o',
      'k8s.deployment.label.tier': 'd',
      'k8s.replicaset.label.tier': 'backend',
    });
    // Only what is asked for is watched, and of these only their metadata.
    expect(new Set(api.asked.map(({ path }) => path.split('/').at(-1)))).toEqual(
      new Set(['pods', 'namespaces', 'nodes', 'replicasets', 'deployments']),
    );
    for (const { path, accept } of api.asked) {
      expect(accept.includes('PartialObjectMetadata'), path).toBe(!path.endsWith('/pods'));
    }
  });

  test('of a namespace that the resource names, without a pod', async () => {
    const { enrich } = await run(
      { extract: { labels: [{ from: 'namespace', key: 'tier' }] } },
      { prepare: (api) => api.put('namespace', { metadata: { name: 'shop', labels: { tier: 'n' } } }) },
    );
    expect(await enrich({ 'k8s.namespace.name': 'shop' })).toMatchObject({ 'k8s.namespace.labels.tier': 'n' });
  });

  const twoContainers = podNamed('cart-1', {
    spec: {
      containers: [
        { name: 'app', image: `shop/cart:1.2@sha256:${'a'.repeat(64)}` },
        { name: 'side', image: 'side' },
      ],
    },
    status: {
      podIP: '10.0.0.5',
      containerStatuses: [
        {
          name: 'app',
          containerID: 'containerd://c2',
          imageID: `docker.io/shop/cart@sha256:${'b'.repeat(64)}`,
          restartCount: 2,
        },
        { name: 'side', containerID: 'containerd://s1', imageID: 'sha256:none', restartCount: 0 },
      ],
    },
  });
  const containerMetadata = [
    'k8s.container.name',
    'container.id',
    'container.image.name',
    'container.image.tag',
    'container.image.repo_digests',
    'service.version',
    'service.instance.id',
  ];
  test.each([
    [
      { 'k8s.container.name': 'app' },
      {
        'container.id': 'c2',
        'container.image.name': 'shop/cart',
        'container.image.tag': '1.2',
        'container.image.repo_digests': [`docker.io/shop/cart@sha256:${'b'.repeat(64)}`],
        'service.version': `1.2@sha256:${'a'.repeat(64)}`,
        'service.instance.id': 'shop.cart-1.app',
      },
    ],
    [
      { 'container.id': 's1' },
      {
        'k8s.container.name': 'side',
        'container.image.name': 'side',
        'container.image.tag': 'latest',
        'service.instance.id': 'shop.cart-1.side',
      },
    ],
    [
      { 'k8s.container.name': 'app', 'k8s.container.restart_count': '1', 'container.image.tag': 'own' },
      {
        'service.instance.id': 'shop.cart-1.app',
        'container.image.name': 'shop/cart',
        'service.version': `1.2@sha256:${'a'.repeat(64)}`,
      },
    ],
    [{ 'k8s.container.name': 'nobody' }, {}],
    [{}, {}],
  ])('containers: %j', async (resource, added) => {
    const { enrich } = await run(
      { extract: { metadata: containerMetadata } },
      { prepare: (api) => api.put('pod', twoContainers) },
    );
    expect(await enrich(resource, '10.0.0.5:1')).toEqual({ ...resource, ...added });
  });

  test('cron jobs, by the name of their job', async () => {
    const job = (name: string): object => ({
      metadata: { name, namespace: 'shop', ownerReferences: [{ kind: 'Job', name, uid: 'j' }] },
    });
    const made = Math.floor(Date.parse('2026-05-01T10:00:00Z') / 60_000);
    const { enrich } = await run(
      { extract: { metadata: ['k8s.cronjob.name', 'k8s.job.name', 'service.name'] } },
      {
        prepare: (api) => {
          const metadata = (name: string) => ({
            ...(job(name) as { metadata: object }).metadata,
            creationTimestamp: '2026-05-01T10:00:00Z',
          });
          api.put('pod', podNamed('a', { metadata: metadata(`nightly-${made}`), status: { podIP: '10.0.0.6' } }));
          api.put('pod', podNamed('b', { metadata: metadata('report-20260501'), status: { podIP: '10.0.0.7' } }));
        },
      },
    );
    expect(await enrich({}, '10.0.0.6:1')).toEqual({
      'k8s.cronjob.name': 'nightly',
      'k8s.job.name': `nightly-${made}`,
      'service.name': 'nightly',
    });
    expect(await enrich({}, '10.0.0.7:1')).toEqual({
      'k8s.job.name': 'report-20260501',
      'service.name': 'report-20260501',
    });
  });

  test('passthrough: the address of the connection, and no question to anybody', async () => {
    const { enrich, api } = await run({ passthrough: true }, onePod);
    expect(await enrich({}, '10.0.0.5:1')).toEqual({ 'k8s.pod.ip': '10.0.0.5' });
    expect(api.asked).toEqual([]);
  });
});

describe('as the cluster changes', () => {
  test('a pod is known for some time after its end, and its address goes to the next one at once', async () => {
    const { enrich, api, settings } = await run({}, onePod);
    await eventually('the watch', () => api.watchCount === 1);
    api.remove('pod', 'shop/cart-1');
    await eventually('the end', () => settings.meter.sum('k8s.watcher.pod.deleted') === 1);
    expect(await enrich({}, '10.0.0.5:1')).toMatchObject({ 'k8s.pod.name': 'cart-1' });
    await settings.clock.advance(119_000);
    expect(await enrich({}, '10.0.0.5:1')).toMatchObject({ 'k8s.pod.name': 'cart-1' });
    api.put('pod', podNamed('cart-2', { status: { podIP: '10.0.0.5', startTime: '2026-05-01T11:00:00Z' } }));
    await eventually('the next pod', () => settings.meter.sum('k8s.watcher.pod.added') === 2);
    expect(await enrich({}, '10.0.0.5:1')).toMatchObject({ 'k8s.pod.name': 'cart-2' });
    await settings.clock.advance(2000);
    expect(await enrich({}, '10.0.0.5:1')).toMatchObject({ 'k8s.pod.name': 'cart-2' });
    expect(settings.meter.level('k8s.watcher.pod_cache.size')).toBe(3);
  });

  test('what is heard late of a pod that had the address before changes nothing', async () => {
    const { enrich, api, settings } = await run({}, onePod);
    await eventually('the watch', () => api.watchCount === 1);
    api.put('pod', podNamed('old', { status: { podIP: '10.0.0.5', startTime: '2026-04-01T00:00:00Z' } }));
    await eventually('the old pod', () => settings.meter.sum('k8s.watcher.pod.added') === 2);
    expect(await enrich({}, '10.0.0.5:1')).toMatchObject({ 'k8s.pod.name': 'cart-1' });
  });

  test('a ReplicaSet that is heard of after its pods counts from the next round on', async () => {
    const { enrich, api, settings } = await run(
      { extract: { metadata: ['k8s.deployment.name'], deployment_name_from_replicaset: false } },
      onePod,
    );
    expect(await enrich({}, '10.0.0.5:1')).toEqual({ 'k8s.deployment.name': 'cart' });
    await eventually('the watches', () => api.watchCount === 2);
    api.put('replicaset', REPLICA_SET);
    await eventually('the ReplicaSet', () => settings.meter.sum('k8s.watcher.replicaset.added') === 1);
    await settings.clock.advance(300_000);
    expect(await enrich({}, '10.0.0.5:1')).toEqual({ 'k8s.deployment.name': 'cart-by-its-owner' });
  });

  test('an API that is away costs nothing that is known, and is told once', async () => {
    const { enrich, api, settings } = await run({}, onePod);
    await eventually('the watch', () => api.watchCount === 1);
    await api.goAway();
    const away = await eventually('the status', () =>
      settings.statuses.find(({ status }) => status === 'recoverable_error'),
    );
    expect(away.message).toMatch(/ECONNREFUSED|hang up|aborted|cut off|ECONNRESET/);
    expect(await enrich({}, '10.0.0.5:1')).toEqual(USUAL);
    await api.comeBack();
    await eventually('the API', async () => {
      await settings.clock.advance(60_000);
      return settings.statuses.at(-1)?.status === 'ok';
    });
    const warnings = settings.logged.filter((line) => line.startsWith('warn The API'));
    expect(warnings.length).toBeLessThanOrEqual(3);
  });
});

describe('start', () => {
  test('does not wait for the API unless it is told to', async () => {
    const { enrich, settings } = await run({}, { startsAtOnce: true, prepare: (api) => api.forbidden.add('pods') });
    expect(await enrich({}, '10.0.0.5:1')).toEqual({});
    const problem = await eventually('the problem', () =>
      settings.statuses.find(({ status }) => status === 'recoverable_error'),
    );
    expect(problem.message).toContain(
      'may not list pods: the service account otel of the namespace obs needs the rule',
    );
  });

  test('wait_for_metadata ends the wait with what is wrong', async () => {
    const settings = fakeSettings({ id: 'k8s_attributes' });
    const started = runProcessor(
      { wait_for_metadata_timeout: '3s' },
      { settings, prepare: (api) => api.forbidden.add('pods') },
    );
    const failure = started.catch((error: Error) => error.message);
    await eventually('the problem', () => settings.statuses.length > 0);
    await settings.clock.advance(3000);
    expect(await failure).toContain('wait_for_metadata: not all pods are known after 3000 ms: may not list pods');
  });

  test('what can never be asked is said at once', async () => {
    const factory = createK8sAttributesFactory({
      env: { KUBECONFIG: '/not/there' },
      serviceAccountFolder: '/not/there',
    });
    const start = (block: object): Promise<void> =>
      factory.create(fakeSettings(), factory.schema.parse(block), 'logs', new RecordingConsumer()).start(fakeHost());
    await expect(start({ auth_type: 'kubeConfig' })).rejects.toThrow('no kubeconfig: there is nothing in /not/there');
    await expect(start({})).rejects.toThrow('this is no pod of a cluster: KUBERNETES_SERVICE_HOST');
  });

  test('filters become selectors of the API', async () => {
    const { api } = await run(
      {
        filter: {
          namespace: 'shop',
          node_from_env_var: 'NODE',
          labels: [
            { key: 'app', value: 'cart' },
            { key: 'a', op: 'exists' },
            { key: 'b', op: 'does-not-exist' },
            { key: 'c', value: 'd', op: 'not-equals' },
          ],
          fields: [
            { key: 'status.phase', value: 'Run,ning' },
            { key: 'metadata.name', value: 'x', op: 'not-equals' },
          ],
        },
      },
      { env: { NODE: 'node-1' } },
    );
    const { path, query } = api.asked[0]!;
    expect(path).toBe('/api/v1/namespaces/shop/pods');
    expect(query.get('labelSelector')).toBe('app=cart,a,!b,c!=d');
    expect(query.get('fieldSelector')).toBe('status.phase=Run\\,ning,metadata.name!=x,spec.nodeName=node-1');
  });

  test('a variable that is not set is named', async () => {
    await expect(run({ filter: { node_from_env_var: 'KUBE_NODE_NAME' } })).rejects.toThrow(
      'filter::node_from_env_var: the environment has no variable KUBE_NODE_NAME',
    );
  });

  test('the pipelines of one configuration ask once', async () => {
    const { api, processor } = await run({}, onePod);
    await eventually('the watch', () => api.watchCount === 1);
    expect(api.asked.length).toBe(2);
    await processor.shutdown();
    await eventually('its end', () => api.watchCount === 0);
  });
});

test.each([
  [{ auth_type: 'tls' }, 'tls has never worked in otelcol; use kubeConfig with a client certificate'],
  [{ extract: { labels: [{ key: 'a', key_regex: 'b' }] } }, 'takes either key or key_regex, not both'],
  [
    {
      pod_association: [[1, 2, 3, 4, 5]].map((all) => ({
        sources: all.map((n) => ({ from: 'resource_attribute', name: `${n}` })),
      })),
    },
    'too many association sources, the limit is 4',
  ],
  [
    {
      pod_association: ['ab', 'ba'].map((names) => ({
        sources: [...names].map((name) => ({ from: 'resource_attribute', name })),
      })),
    },
    'duplicate pod association: resource_attribute/a,resource_attribute/b',
  ],
])('%j is refused', (block, message) => {
  expect(validateK8sAttributes(k8sAttributesSchema.parse(block)).map((mistake) => mistake.message)).toEqual([message]);
});

test('patterns are RE2', () => {
  const { error } = k8sAttributesSchema.safeParse({ exclude: { pods: [{ name: '(?=a)' }] } });
  expect(error?.issues[0]?.message).toBe('is no regular expression of RE2');
});
