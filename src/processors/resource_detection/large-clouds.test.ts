import { describe, expect, test } from 'vitest';
import type { Asked, FakeWorld } from './testing/fake-world.ts';
import { found, LOCAL, type Values } from './testing/found.ts';

const IDENTITY = {
  region: 'us-west-2',
  accountId: '12345',
  availabilityZone: 'us-west-2a',
  instanceId: 'i-1',
  imageId: 'ami-1',
  instanceType: 'm4.xlarge',
};
const EC2 = {
  [`PUT ${LOCAL}/latest/api/token`]: 'secret',
  [`${LOCAL}/latest/meta-data/instance-id`]: 'i-1',
  [`${LOCAL}/latest/meta-data/hostname`]: 'ip-10-0-0-1',
  [`${LOCAL}/latest/dynamic/instance-identity/document`]: IDENTITY,
  [`${LOCAL}/latest/meta-data/tags/instance`]: 'team\nstage\nother\n',
  [`${LOCAL}/latest/meta-data/tags/instance/team`]: 'shop',
  [`${LOCAL}/latest/meta-data/tags/instance/stage`]: 'prod',
};
const INSTANCE = {
  'cloud.account.id': '12345',
  'cloud.region': 'us-west-2',
  'cloud.availability_zone': 'us-west-2a',
  'host.id': 'i-1',
  'host.image.id': 'ami-1',
  'host.type': 'm4.xlarge',
  'host.name': 'ip-10-0-0-1',
};

describe('AWS', () => {
  test('ec2 asks with a token', async () => {
    const asked: Asked[] = [];
    const block = { tags: ['^(team|stage)$'], tags_from_imds: true };
    expect(await found('ec2', { answers: EC2 }, block, asked)).toEqual({
      'cloud.provider': 'aws',
      'cloud.platform': 'aws_ec2',
      ...INSTANCE,
      'ec2.tag.team': 'shop',
      'ec2.tag.stage': 'prod',
    });
    expect(asked[0]).toMatchObject({ method: 'PUT', headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' } });
    expect(asked.slice(1).every(({ headers }) => headers?.['x-aws-ec2-metadata-token'] === 'secret')).toBe(true);
  });

  test('ec2 asks the first version where there is no token, and nobody where that is switched off', async () => {
    const answers = { ...EC2, [`PUT ${LOCAL}/latest/api/token`]: 404 };
    expect(await found('ec2', { answers })).toMatchObject(INSTANCE);
    const asked: Asked[] = [];
    const env = { AWS_EC2_METADATA_DISABLED: 'true' };
    await expect(found('ec2', { answers, env }, {}, asked)).rejects.toThrow('AWS_EC2_METADATA_DISABLED');
    expect(asked).toEqual([]);
  });

  test.each<[string, FakeWorld]>([
    [
      'the metadata service',
      { answers: EC2, env: { AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/eks.amazonaws.com/token' } },
    ],
    ['the version of the cluster', { answers: EC2, kubernetes: { '/version': { gitVersion: 'v1.30.0-eks-1' } } }],
  ])('eks, by %s', async (_name, world) => {
    const env = { ...world.env, KUBERNETES_SERVICE_HOST: '10.0.0.1' };
    expect(await found('eks', { ...world, env })).toEqual({
      'cloud.provider': 'aws',
      'cloud.platform': 'aws_eks',
      ...INSTANCE,
    });
  });

  test('eks without a metadata service asks the node', async () => {
    const env = {
      KUBERNETES_SERVICE_HOST: 'x',
      K8S_NODE_NAME: 'node 1',
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/eks-pod-identity/t',
    };
    const kubernetes = { '/api/v1/nodes/node%201': { spec: { providerID: 'aws:///eu-west-1b/i-9' } } };
    expect(await found('eks', { env, kubernetes })).toEqual({
      'cloud.provider': 'aws',
      'cloud.platform': 'aws_eks',
      'host.id': 'i-9',
      'cloud.availability_zone': 'eu-west-1b',
      'cloud.region': 'eu-west-1',
    });
  });

  test('ecs', async () => {
    const log = (stream: string): object => ({
      'awslogs-group': 'g',
      'awslogs-region': 'eu',
      'awslogs-stream': stream,
    });
    const container = (id: string, more: object = {}): object => ({
      DockerId: id,
      Type: 'NORMAL',
      KnownStatus: 'RUNNING',
      LogDriver: 'awslogs',
      LogOptions: log(id),
      ...more,
    });
    const answers = {
      'http://ecs/v4/task': {
        TaskARN: 'arn:aws:ecs:us-west-2:111122223333:task/default/158d',
        Family: 'curltest',
        Revision: '26',
        Cluster: 'default',
        AvailabilityZone: 'us-west-2d',
        LaunchType: 'EC2',
        Containers: [
          container('self'),
          container('a'),
          container('b', { LogDriver: 'json' }),
          container('c', { KnownStatus: 'STOPPED' }),
        ],
      },
      'http://ecs/v4': { DockerId: 'self' },
    };
    expect(await found('ecs', { answers, env: { ECS_CONTAINER_METADATA_URI_V4: 'http://ecs/v4' } })).toEqual({
      'cloud.provider': 'aws',
      'cloud.platform': 'aws_ecs',
      'cloud.account.id': '111122223333',
      'cloud.region': 'us-west-2',
      'cloud.availability_zone': 'us-west-2d',
      'aws.ecs.task.arn': 'arn:aws:ecs:us-west-2:111122223333:task/default/158d',
      'aws.ecs.task.id': '158d',
      'aws.ecs.task.family': 'curltest',
      'aws.ecs.task.revision': '26',
      'aws.ecs.cluster.arn': 'arn:aws:ecs:us-west-2:111122223333:cluster/default',
      'aws.ecs.launchtype': 'ec2',
      'aws.log.group.names': ['g'],
      'aws.log.group.arns': ['arn:aws:logs:eu:111122223333:log-group:g'],
      'aws.log.stream.names': ['a'],
      'aws.log.stream.arns': ['arn:aws:logs:eu:111122223333:log-group:g:log-stream:a'],
    });
  });

  test('lambda', async () => {
    const env = {
      AWS_REGION: 'eu-west-1',
      AWS_LAMBDA_FUNCTION_NAME: 'f',
      AWS_LAMBDA_FUNCTION_VERSION: '2',
      AWS_LAMBDA_LOG_STREAM_NAME: 's',
    };
    expect(await found('lambda', { env })).toEqual({
      'cloud.provider': 'aws',
      'cloud.platform': 'aws_lambda',
      'cloud.region': 'eu-west-1',
      'faas.name': 'f',
      'faas.version': '2',
      'faas.instance': 's',
      'aws.log.stream.names': ['s'],
    });
  });

  test('elastic_beanstalk', async () => {
    const conf = '{"deployment_id":23,"version_label":"v-1","environment_name":"BETA"}';
    expect(
      await found('elastic_beanstalk', { files: { '/var/elasticbeanstalk/xray/environment.conf': conf } }),
    ).toEqual({
      'cloud.provider': 'aws',
      'cloud.platform': 'aws_elastic_beanstalk',
      'service.instance.id': '23',
      'deployment.environment': 'BETA',
      'service.version': 'v-1',
    });
  });
});

describe('Google Cloud', () => {
  const BASE = `${LOCAL}/computeMetadata/v1/`;
  const metadata = (entries: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(
      Object.entries({ '': '', 'project/project-id': 'p', 'instance/id': '7', ...entries }).map(([path, value]) => [
        BASE + path,
        value,
      ]),
    );

  test('a machine of a group', async () => {
    const answers = metadata({
      'instance/zone': 'projects/1/zones/us-east1-b',
      'instance/machine-type': 'projects/1/machineTypes/n2',
      'instance/name': 'vm',
      'instance/hostname': 'vm.internal',
      'instance/attributes/created-by': 'projects/1/regions/us-east1/instanceGroupManagers/group',
    });
    const asked: Asked[] = [];
    expect(await found('gcp', { answers }, {}, asked)).toEqual({
      'cloud.provider': 'gcp',
      'cloud.platform': 'gcp_compute_engine',
      'cloud.account.id': 'p',
      'cloud.availability_zone': 'us-east1-b',
      'cloud.region': 'us-east1',
      'host.type': 'projects/1/machineTypes/n2',
      'host.id': '7',
      'host.name': 'vm',
      'gcp.gce.instance.hostname': 'vm.internal',
      'gcp.gce.instance.name': 'vm',
      'gcp.gce.instance_group_manager.name': 'group',
      'gcp.gce.instance_group_manager.region': 'us-east1',
    });
    expect(asked.every(({ headers }) => headers?.['metadata-flavor'] === 'Google')).toBe(true);
  });

  test.each<[string, Readonly<Record<string, string>>, Readonly<Record<string, string>>, Values]>([
    [
      'a cluster',
      { KUBERNETES_SERVICE_HOST: 'x' },
      {
        'instance/attributes/cluster-location': 'us-east1',
        'instance/attributes/cluster-name': 'c',
        'instance/name': 'n',
      },
      {
        'cloud.platform': 'gcp_kubernetes_engine',
        'cloud.region': 'us-east1',
        'k8s.cluster.name': 'c',
        'host.id': '7',
        'host.name': 'n',
      },
    ],
    [
      'Cloud Run',
      { K_CONFIGURATION: 'x', K_SERVICE: 's', K_REVISION: 'r' },
      { 'instance/region': 'projects/1/regions/eu1' },
      {
        'cloud.platform': 'gcp_cloud_run',
        'faas.name': 's',
        'faas.version': 'r',
        'faas.instance': '7',
        'cloud.region': 'eu1',
      },
    ],
    [
      'a job of Cloud Run',
      { CLOUD_RUN_JOB: 'j', CLOUD_RUN_EXECUTION: 'e', CLOUD_RUN_TASK_INDEX: '1' },
      { 'instance/region': 'projects/1/regions/eu1' },
      {
        'cloud.platform': 'gcp_cloud_run',
        'faas.name': 'j',
        'faas.instance': '7',
        'cloud.region': 'eu1',
        'gcp.cloud_run.job.execution': 'e',
        'gcp.cloud_run.job.task_index': '1',
      },
    ],
    [
      'App Engine',
      { GAE_SERVICE: 's', GAE_VERSION: 'v', GAE_INSTANCE: 'i', GAE_ENV: 'standard' },
      { 'instance/region': 'projects/1/regions/eu1', 'instance/zone': 'projects/1/zones/eu1-b' },
      {
        'cloud.platform': 'gcp_app_engine',
        'faas.name': 's',
        'faas.version': 'v',
        'faas.instance': 'i',
        'cloud.region': 'eu1',
        'cloud.availability_zone': 'eu1-b',
      },
    ],
  ])('%s', async (_name, env, entries, want) => {
    expect(await found('gcp', { env, answers: metadata(entries) })).toEqual({
      'cloud.provider': 'gcp',
      'cloud.account.id': 'p',
      ...want,
    });
  });
});

describe('Azure', () => {
  const url = `${LOCAL}/metadata/instance/compute?api-version=2020-09-01&format=json`;
  const machine = {
    location: 'westeurope',
    name: 'vm',
    vmId: 'id',
    vmSize: 'D2',
    subscriptionId: 'sub',
    resourceGroupName: 'MC_group_cluster_westeurope',
    zone: '1',
    osProfile: { computerName: 'computer' },
    tagsList: [
      { name: 'team', value: 'shop' },
      { name: 'x', value: 'y' },
    ],
  };

  test('azure', async () => {
    const asked: Asked[] = [];
    expect(await found('azure', { answers: { [url]: machine } }, { tags: ['team'] }, asked)).toEqual({
      'cloud.provider': 'azure',
      'cloud.platform': 'azure.vm',
      'cloud.region': 'westeurope',
      'cloud.account.id': 'sub',
      'cloud.availability_zone': '1',
      'host.id': 'id',
      'host.name': 'computer',
      'azure.vm.name': 'vm',
      'azure.vm.size': 'D2',
      'azure.resourcegroup.name': 'MC_group_cluster_westeurope',
      'azure.tag.team': 'shop',
    });
    expect(asked[0]!.headers).toEqual({ metadata: 'true' });
  });

  test('aks', async () => {
    const answers = { [url]: machine };
    expect(await found('aks', { answers })).toEqual({});
    expect(await found('aks', { answers, env: { KUBERNETES_SERVICE_HOST: 'x' } })).toMatchObject({
      'cloud.platform': 'azure.aks',
      'k8s.cluster.name': 'cluster',
    });
  });

  test('apps', async () => {
    const env = {
      WEBSITE_SITE_NAME: 'site',
      WEBSITE_OWNER_NAME: 'sub+space',
      WEBSITE_RESOURCE_GROUP: 'g',
      REGION_NAME: 'eu',
    };
    expect(await found('azureappservice', { env })).toMatchObject({
      'service.name': 'site',
      'cloud.account.id': 'sub',
      'cloud.resource_id': '/subscriptions/sub/resourceGroups/g/providers/Microsoft.Web/sites/site',
    });
    expect(
      await found('azurecontainerapps', { env: { CONTAINER_APP_NAME: 'app', CONTAINER_APP_REPLICA_NAME: 'r' } }),
    ).toEqual({
      'cloud.provider': 'azure',
      'cloud.platform': 'azure.container_apps',
      'service.name': 'app',
      'azure.container_app.instance.id': 'r',
    });
  });
});
