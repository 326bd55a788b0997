import { describe, expect, test } from 'vitest';
import { DETECTORS } from './detectors/index.ts';
import type { Asked, FakeWorld } from './testing/fake-world.ts';
import { found, LOCAL, type Values } from './testing/found.ts';

describe('env', () => {
  test.each<[string, Values]>([
    ['a=b', { a: 'b' }],
    [' a = b , c=d%20e,f=', { a: 'b', c: 'd e', f: '' }],
    ['a=b=c', { a: 'b=c' }],
    ['', {}],
  ])('%j', async (text, want) => {
    expect(await found('env', { env: { OTEL_RESOURCE_ATTRIBUTES: text } })).toEqual(want);
  });

  test('the older variable counts where the other is empty', async () => {
    expect(await found('env', { env: { OTEL_RESOURCE_ATTRIBUTES: ' ', OTEL_RESOURCE: 'a=1' } })).toEqual({ a: '1' });
  });

  test.each(['nope', 'a=b,nope', 'a=%zz', 'ä=b'])('%j fails', async (text) => {
    await expect(found('env', { env: { OTEL_RESOURCE_ATTRIBUTES: text } })).rejects.toThrow('invalid resource format');
  });
});

describe('system', () => {
  const files = {
    '/etc/hosts': '127.0.0.1 localhost\n127.0.1.1 box.shop.example box # me\n',
    '/etc/machine-id': 'abc\n',
    '/etc/os-release': 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n',
    '/proc/cpuinfo':
      'processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\nmodel name\t: Xeon\nstepping\t: 7\ncache size\t: 1024 KB\n\nprocessor\t: 1\nmodel\t: 1\n',
  };
  const all = Object.fromEntries(
    Object.keys(DETECTORS.get('system')!.attributes).map((name) => [name, { enabled: true }]),
  );

  test('the full name is the one of /etc/hosts', async () => {
    expect(await found('system', { files })).toMatchObject({
      'host.name': 'box.shop.example',
      'os.type': process.platform,
    });
    expect(await found('system', { files }, { hostname_sources: ['os'] })).toMatchObject({ 'host.name': 'box' });
  });

  test('everything that can be known', async () => {
    const values = await found('system', { files }, { hostname_sources: ['os'], resource_attributes: all });
    expect(values).toMatchObject({
      'host.id': 'abc',
      'os.name': 'debian',
      'os.version': '12',
      'os.description': expect.stringMatching(/^Debian 12 \(/),
      'host.cpu.vendor.id': 'GenuineIntel',
      'host.cpu.family': '6',
      'host.cpu.model.id': '85',
      'host.cpu.model.name': 'Xeon',
      'host.cpu.stepping': '7',
      'host.cpu.cache.l2.size': 1024,
    });
    expect(values['host.interface']).toEqual(expect.arrayContaining(['lo']));
    expect(values['host.arch']).toBe({ x64: 'amd64', arm64: 'arm64' }[process.arch as string]);
  });
});

describe('Kubernetes', () => {
  const env = { K8S_NODE_NAME: 'node' };
  const kubernetes = {
    '/api/v1/nodes/node': { metadata: { uid: 'u1', name: 'node' } },
    '/api/v1/namespaces/kube-system': { metadata: { uid: 'c1' } },
    '/api/v1/namespaces/kube-system/configmaps/kubeadm-config': {
      data: { ClusterConfiguration: 'kind: x\nclusterName: prod\n' },
    },
  };

  test('k8s_api', async () => {
    const want = { 'k8s.node.uid': 'u1', 'k8s.node.name': 'node', 'k8s.cluster.uid': 'c1' };
    expect(await found('k8s_api', { env, kubernetes })).toEqual(want);
    expect(await found('k8snode', { env, kubernetes })).toEqual(want);
    const forbidden = { ...kubernetes, '/api/v1/namespaces/kube-system': 403 };
    expect(await found('k8s_api', { env, kubernetes: forbidden })).toEqual({
      'k8s.node.uid': 'u1',
      'k8s.node.name': 'node',
    });
    await expect(found('k8s_api', { kubernetes })).rejects.toThrow('set K8S_NODE_NAME to spec.nodeName');
  });

  test('kubeadm', async () => {
    expect(await found('kubeadm', { kubernetes })).toEqual({ 'k8s.cluster.name': 'prod', 'k8s.cluster.uid': 'c1' });
  });

  test('openshift', async () => {
    const status = { infrastructureName: 'ocp', platformStatus: { type: 'AWS', aws: { region: 'US-east-1' } } };
    const path = '/apis/config.openshift.io/v1/infrastructures/cluster/status';
    const want = {
      'k8s.cluster.name': 'ocp',
      'cloud.provider': 'aws',
      'cloud.platform': 'aws_openshift',
      'cloud.region': 'us-east-1',
    };
    expect(await found('openshift', { kubernetes: { [path]: { status } } })).toEqual(want);
    const asked: Asked[] = [];
    const block = { address: 'https://api:6443/', token: 't', tls: { insecure_skip_verify: true } };
    expect(await found('openshift', { answers: { [`https://api:6443${path}`]: { status } } }, block, asked)).toEqual(
      want,
    );
    expect(asked).toMatchObject([{ insecureSkipVerify: true, headers: { authorization: 'Bearer t' } }]);
  });
});

test('docker', async () => {
  const answers = {
    'http://localhost/info': { OSType: 'linux', Name: 'docker-host' },
    'http://localhost/containers/box/json': { Name: '/shop', Image: 'sha256:1' },
  };
  const asked: Asked[] = [];
  const block = { resource_attributes: { 'container.name': { enabled: true } } };
  expect(await found('docker', { answers }, block, asked)).toEqual({
    'os.type': 'linux',
    'host.name': 'docker-host',
    'container.name': '/shop',
    'container.image.name': 'sha256:1',
  });
  expect(asked.map(({ socketPath }) => socketPath)).toEqual(['/var/run/docker.sock', '/var/run/docker.sock']);
  await expect(found('docker', { env: { DOCKER_HOST: 'ssh://x' } })).rejects.toThrow('is not usable');
});

test('consul', async () => {
  const answers = {
    'http://consul:8500/v1/agent/self?dc=dc2': {
      Config: { NodeName: 'n', Datacenter: 'dc1', NodeID: 'id' },
      Meta: { rack: '7', secret: 'x' },
    },
  };
  const asked: Asked[] = [];
  const block = { address: 'consul:8500', datacenter: 'dc2', token: 't', meta: { rack: null } };
  expect(await found('consul', { answers }, block, asked)).toEqual({
    'host.name': 'n',
    'cloud.region': 'dc1',
    'host.id': 'id',
    rack: '7',
  });
  expect(asked[0]!.headers).toEqual({ 'x-consul-token': 't' });
});

test('heroku and dynatrace', async () => {
  expect(
    await found('heroku', { env: { HEROKU_APP_ID: 'a', HEROKU_APP_NAME: 'shop', HEROKU_RELEASE_VERSION: 'v1' } }),
  ).toEqual({
    'cloud.provider': 'heroku',
    'heroku.app.id': 'a',
    'service.name': 'shop',
    'service.version': 'v1',
  });
  const files = {
    '/var/lib/dynatrace/enrichment/dt_host_metadata.properties': 'dt.entity.host=H=1\nother=x\nnonsense\n',
  };
  expect(await found('dynatrace', { files })).toEqual({ 'dt.entity.host': 'H=1' });
  expect(await found('dynatrace', {})).toEqual({});
});

test.each<[string, FakeWorld['answers'], Values]>([
  [
    'digitalocean',
    { [`${LOCAL}/metadata/v1.json`]: { droplet_id: 5, hostname: 'h', region: 'nyc' } },
    { 'cloud.provider': 'digitalocean', 'host.id': '5', 'host.name': 'h', 'cloud.region': 'nyc' },
  ],
  [
    'upcloud',
    { [`${LOCAL}/metadata/v1.json`]: { cloud_name: 'upcloud', instance_id: 'i', hostname: 'h', region: 'de' } },
    { 'cloud.provider': 'upcloud', 'host.id': 'i', 'host.name': 'h', 'cloud.region': 'de' },
  ],
  [
    'vultr',
    { [`${LOCAL}/v1.json`]: { 'instance-v2-id': 'i', hostname: 'h', region: { regioncode: 'EWR' } } },
    {
      'cloud.provider': 'vultr',
      'cloud.platform': 'vultr.cloud_compute',
      'host.id': 'i',
      'host.name': 'h',
      'cloud.region': 'ewr',
    },
  ],
  [
    'hetzner',
    {
      [`${LOCAL}/hetzner/v1/metadata`]:
        'availability-zone: fsn1-dc14\nhostname: h\ninstance-id: 12\nregion: eu-central\n',
    },
    {
      'cloud.provider': 'hetzner',
      'cloud.platform': 'hetzner.cloud_server',
      'host.id': '12',
      'host.name': 'h',
      'cloud.region': 'eu-central',
      'cloud.availability_zone': 'fsn1-dc14',
    },
  ],
  [
    'scaleway',
    {
      'http://169.254.42.42/conf?format=json': {
        organization: 'o',
        id: 'i',
        name: 'h',
        commercial_type: 'D',
        location: { zone_id: 'fr-par-1' },
        image: { id: 'm', name: 'n' },
      },
    },
    {
      'cloud.account.id': 'o',
      'cloud.availability_zone': 'fr-par-1',
      'cloud.provider': 'scaleway_cloud',
      'cloud.platform': 'scaleway_cloud_compute',
      'cloud.region': 'fr-par',
      'host.id': 'i',
      'host.image.id': 'm',
      'host.image.name': 'n',
      'host.name': 'h',
      'host.type': 'D',
    },
  ],
  [
    'akamai',
    {
      [`PUT ${LOCAL}/v1/token`]: 't',
      [`${LOCAL}/v1/instance`]: {
        id: 3,
        label: 'h',
        region: 'us',
        type: 'g6',
        account_euuid: 'a',
        image: { id: 'm', label: 'n' },
      },
    },
    {
      'cloud.account.id': 'a',
      'cloud.provider': 'akamai_cloud',
      'cloud.platform': 'akamai_cloud.compute',
      'cloud.region': 'us',
      'host.id': '3',
      'host.image.id': 'm',
      'host.image.name': 'n',
      'host.name': 'h',
      'host.type': 'g6',
    },
  ],
  [
    'oraclecloud',
    {
      [`${LOCAL}/opc/v2/instance/`]: {
        id: 'i',
        displayName: 'h',
        shape: 's',
        canonicalRegionName: 'r',
        availabilityDomain: 'ad',
        metadata: { realm: 'oc1', 'oke-cluster-display-name': 'c' },
      },
    },
    {
      'cloud.provider': 'oracle_cloud',
      'cloud.platform': 'oracle_cloud_oke',
      'cloud.region': 'r',
      'cloud.resource_id': 'i',
      'cloud.availability_zone': 'ad',
      'host.id': 'i',
      'host.name': 'h',
      'host.type': 's',
      'k8s.cluster.name': 'c',
      'oracle_cloud.realm': 'oc1',
    },
  ],
  [
    'nova',
    {
      [`${LOCAL}/openstack/latest/meta_data.json`]: {
        uuid: 'u',
        hostname: 'h',
        project_id: 'p',
        availability_zone: 'nova',
      },
      [`${LOCAL}/latest/meta-data/instance-type`]: 'm1',
    },
    {
      'cloud.provider': 'openstack',
      'cloud.platform': 'openstack_nova',
      'cloud.account.id': 'p',
      'cloud.availability_zone': 'nova',
      'host.id': 'u',
      'host.name': 'h',
      'host.type': 'm1',
    },
  ],
])('%s', async (type, answers, want) => {
  expect(await found(type, { answers: answers! })).toEqual(want);
});

test.each(['tencent_cvm', 'alibaba_ecs', 'ibmcloud_classic', 'ibmcloud_vpc'])(
  '%s fills what it knows',
  async (type) => {
    const answers = new Proxy(
      {},
      {
        get: (_, name) =>
          String(name).includes('cloud.ibm.com')
            ? { access_token: 't', id: 'i', crn: 'crn:v1:x:y:is:us-1:a/acc::instance:i', zone: { name: 'us-1' } }
            : ' text ',
      },
    );
    const values = await found(type, { answers });
    expect(values['cloud.account.id']).toBe(type === 'ibmcloud_vpc' ? 'acc' : 'text');
    expect(values['cloud.provider']).toMatch(/_cloud$/);
  },
);

test.each(
  [...DETECTORS.keys()].filter(
    (type) => !['env', 'system', 'dynatrace', 'k8s_api', 'k8snode', 'heroku', 'aks'].includes(type),
  ),
)('%s is not at home in an empty world', async (type) => {
  const { Unavailable } = await import('./detector.ts');
  const failure = await found(type, {}).catch((error: unknown) => error);
  if (type === 'openshift' || type === 'kubeadm') expect(failure).toBeInstanceOf(Error);
  else expect(failure).toBeInstanceOf(Unavailable);
});
