import { boolean, integer, list, positiveDuration, text } from '#config';
import { Pattern } from '#lang/pattern';
import {
  attributes,
  type Detector,
  type Found,
  type Json,
  jsonFrom,
  listIn,
  putAll,
  textFrom,
  textIn,
  Unavailable,
} from '../detector.ts';
import type { World } from '../world.ts';
import { onKubernetes, POD } from './kubernetes.ts';

const RETRIED = 'the block `retry` says how often all is tried again';
const PROVIDER = { 'cloud.provider': 'aws' } as const;
const HOST = 'cloud.account.id cloud.availability_zone cloud.region host.id host.image.id host.name host.type';

/** The metadata service of instances, by its second version, or by the first where a token is not to be had. */
class InstanceMetadata {
  readonly #world: World;
  readonly #base: string;
  #token: Promise<string> | undefined;

  constructor(world: World) {
    this.#world = world;
    this.#base = (world.env('AWS_EC2_METADATA_SERVICE_ENDPOINT') ?? 'http://169.254.169.254').replace(/\/$/, '');
  }

  async get(path: string): Promise<string> {
    return textFrom(this.#world, `${this.#base}/latest/${path}`, { headers: await this.#headers() });
  }

  async document(): Promise<Json> {
    const path = `${this.#base}/latest/dynamic/instance-identity/document`;
    return jsonFrom(this.#world, path, { headers: await this.#headers() });
  }

  async #headers(): Promise<Readonly<Record<string, string>>> {
    if (this.#world.env('AWS_EC2_METADATA_DISABLED')?.toLowerCase() === 'true') {
      throw new Unavailable('AWS_EC2_METADATA_DISABLED is true');
    }
    this.#token ??= this.#askForToken();
    const token = await this.#token;
    return token === '' ? {} : { 'x-aws-ec2-metadata-token': token };
  }

  async #askForToken(): Promise<string> {
    const options = { method: 'PUT', headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' } } as const;
    const answer = await this.#world.ask(`${this.#base}/latest/api/token`, options).catch(() => undefined);
    if (answer === undefined) throw new Unavailable(`${this.#base} does not answer`);
    return answer.status === 200 ? answer.text : '';
  }
}

async function instance(metadata: InstanceMetadata): Promise<Found> {
  const document = await metadata.document();
  return {
    'cloud.region': textIn(document, 'region'),
    'cloud.account.id': textIn(document, 'accountId'),
    'cloud.availability_zone': textIn(document, 'availabilityZone'),
    'host.id': textIn(document, 'instanceId'),
    'host.image.id': textIn(document, 'imageId'),
    'host.type': textIn(document, 'instanceType'),
    'host.name': await metadata.get('meta-data/hostname'),
  };
}

export const ec2: Detector = {
  type: 'ec2',
  what: 'the instance of EC2, from its metadata service',
  attributes: attributes(`cloud.provider cloud.platform ${HOST}`),
  keys: {
    tags: list(text()).describe('regular expressions: tags that match one become `ec2.tag.<key>`'),
    tags_from_imds: boolean(false).describe(
      'tags come from the metadata service, which must be allowed to know them; required with `tags`',
    ),
    max_attempts: integer(3, { min: 0 }).meta({ description: 'of a request', idle: { why: RETRIED, quiet: [3] } }),
    max_backoff: positiveDuration(20_000).meta({
      description: 'between them',
      idle: { why: RETRIED, quiet: [20_000] },
    }),
  },
  mistakeIn: ({ tags, tagsFromImds }) =>
    (tags as readonly string[]).length > 0 && tagsFromImds !== true
      ? {
          key: 'tags',
          message: 'tags need `tags_from_imds: true`: the API of EC2 is not asked, which wants signed requests',
        }
      : undefined,
  detect: async (world, { tags }, note) => {
    const metadata = new InstanceMetadata(world);
    await metadata.get('meta-data/instance-id');
    const found: Found = { ...PROVIDER, 'cloud.platform': 'aws_ec2', ...(await instance(metadata)) };
    const patterns = (tags as readonly string[]).map((source) => new Pattern(source));
    if (patterns.length === 0) return found;
    try {
      for (const line of (await metadata.get('meta-data/tags/instance')).split('\n')) {
        const key = line.trim();
        if (key === '' || !patterns.some((pattern) => pattern.test(key))) continue;
        found[`ec2.tag.${key}`] = await metadata.get(`meta-data/tags/instance/${key}`);
      }
    } catch (error) {
      note(`no tags: ${(error as Error).message}`);
    }
    return found;
  },
};

export const eks: Detector = {
  type: 'eks',
  what: 'the node of EKS, from the metadata service of its instance, or else from the API of Kubernetes',
  attributes: attributes(
    'cloud.platform cloud.provider cloud.account.id- cloud.availability_zone- cloud.region- host.id- host.image.id- host.name- host.type- k8s.cluster.name-',
  ),
  keys: {
    node_from_env_var: text('K8S_NODE_NAME').describe('the variable of the environment that has the name of the node'),
  },
  mistakeIn: ({ enabled }) =>
    enabled.includes('k8s.cluster.name')
      ? {
          key: 'resource_attributes',
          message: 'k8s.cluster.name is not to be had: the API of EC2 is not asked, which wants signed requests',
        }
      : undefined,
  detect: async (world, { nodeFromEnvVar }, note) => {
    if (!onKubernetes(world) || !(await isEks(world))) throw new Unavailable('not running on EKS');
    const found: Found = { ...PROVIDER, 'cloud.platform': 'aws_eks' };
    const metadata = new InstanceMetadata(world);
    try {
      await metadata.get('meta-data/instance-id');
      return { ...found, ...(await instance(metadata)) };
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
    }
    try {
      const api = await world.kubernetes(POD);
      const node = await api(`/api/v1/nodes/${encodeURIComponent(world.env(String(nodeFromEnvVar)) ?? '')}`);
      // aws:///eu-west-1a/i-0123456789
      const [zone = '', id = ''] = textIn(node, 'spec', 'providerID').split('/').slice(-2);
      putAll(found, { 'host.id': id, 'cloud.availability_zone': zone, 'cloud.region': zone.replace(/[a-z]$/, '') });
    } catch (error) {
      note(`the node says nothing of its instance: ${(error as Error).message}`);
    }
    return found;
  },
};

async function isEks(world: World): Promise<boolean> {
  if (world.env('AWS_WEB_IDENTITY_TOKEN_FILE')?.includes('eks.amazonaws.com') === true) return true;
  if (world.env('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE')?.includes('eks-pod-identity') === true) return true;
  const api = await world.kubernetes(POD);
  const discovery = await api('/.well-known/openid-configuration').catch((): Json => ({}));
  if (textIn(discovery, 'issuer').includes('oidc.eks.')) return true;
  return textIn(await api('/version'), 'gitVersion').includes('-eks-');
}

export const ecs: Detector = {
  type: 'ecs',
  what: 'the task of ECS, from its metadata endpoint',
  attributes: attributes(
    `aws.ecs.cluster.arn aws.ecs.launchtype aws.ecs.task.arn aws.ecs.task.family aws.ecs.task.id aws.ecs.task.revision aws.log.group.arns
    aws.log.group.names aws.log.stream.arns aws.log.stream.names cloud.account.id cloud.availability_zone cloud.platform cloud.provider
    cloud.region`,
  ),
  detect: async (world) => {
    const base = world.env('ECS_CONTAINER_METADATA_URI_V4') ?? world.env('ECS_CONTAINER_METADATA_URI') ?? '';
    if (base === '') throw new Unavailable('no task metadata endpoint');
    let task: Json;
    try {
      task = await jsonFrom(world, `${base}/task`);
    } catch (error) {
      // The endpoint is there: that it fails is no question of where we are.
      throw new Error(`unable to fetch task metadata: ${(error as Error).message}`);
    }
    const arn = textIn(task, 'TaskARN');
    const parts = arn.split(':');
    const [region = '', account = ''] = parts.length > 5 ? [parts[3], parts[4]] : [];
    const cluster = textIn(task, 'Cluster');
    const launchType = textIn(task, 'LaunchType').toLowerCase();
    const found: Found = {
      ...PROVIDER,
      'cloud.platform': 'aws_ecs',
      'aws.ecs.task.arn': arn,
      'aws.ecs.task.family': textIn(task, 'Family'),
      'aws.ecs.task.revision': textIn(task, 'Revision'),
      'aws.ecs.cluster.arn': cluster.includes(':') ? cluster : `arn:aws:ecs:${region}:${account}:cluster/${cluster}`,
    };
    putAll(found, {
      'cloud.account.id': account,
      'cloud.region': region,
      'aws.ecs.task.id': parts.length > 5 ? parts[5]!.split('/').at(-1) : '',
      'cloud.availability_zone': textIn(task, 'AvailabilityZone'),
      'aws.ecs.launchtype': ['ec2', 'fargate'].includes(launchType) ? launchType : '',
    });
    const self = await jsonFrom(world, base).catch(() => undefined);
    return self === undefined ? found : { ...found, ...logsOf(task, textIn(self, 'DockerId'), account) };
  },
};

/** Where the other containers of the task log to. */
function logsOf(task: Json, self: string, account: string): Found {
  const logs = listIn(task, 'Containers').filter(
    (container) =>
      textIn(container, 'Type') === 'NORMAL' &&
      textIn(container, 'KnownStatus') === 'RUNNING' &&
      textIn(container, 'LogDriver') === 'awslogs' &&
      textIn(container, 'DockerId') !== self &&
      container.LogOptions !== undefined,
  );
  if (logs.length === 0) return {};
  const option = (name: string): string[] =>
    logs.map((container) => textIn(container, 'LogOptions', `awslogs-${name}`));
  const [regions, groups, streams] = [option('region'), option('group'), option('stream')];
  const arns = groups.map((group, i) => `arn:aws:logs:${regions[i]}:${account}:log-group:${group}`);
  return {
    'aws.log.group.names': groups,
    'aws.log.group.arns': arns,
    'aws.log.stream.names': streams,
    'aws.log.stream.arns': arns.map((arn, i) => `${arn}:log-stream:${streams[i]}`),
  };
}

export const lambda: Detector = {
  type: 'lambda',
  what: 'the function of AWS Lambda, from its environment',
  attributes: attributes(
    `aws.log.group.names aws.log.stream.names cloud.platform cloud.provider cloud.region faas.instance faas.max_memory faas.name faas.version`,
  ),
  detect: async (world) => {
    const name = world.env('AWS_LAMBDA_FUNCTION_NAME') ?? '';
    if (name === '') throw new Unavailable('AWS_LAMBDA_FUNCTION_NAME is not set');
    const found: Found = { ...PROVIDER, 'cloud.platform': 'aws_lambda', 'faas.name': name };
    const group = world.env('AWS_LAMBDA_LOG_GROUP_NAME');
    const stream = world.env('AWS_LAMBDA_LOG_STREAM_NAME');
    putAll(found, {
      'cloud.region': world.env('AWS_REGION'),
      'faas.version': world.env('AWS_LAMBDA_FUNCTION_VERSION'),
      'faas.instance': stream,
      'faas.max_memory': world.env('AWS_LAMBDA_FUNCTION_MEMORY_SIZE'),
      'aws.log.group.names': group === undefined ? undefined : [group],
      'aws.log.stream.names': stream === undefined ? undefined : [stream],
    });
    return found;
  },
};

const BEANSTALK = '/var/elasticbeanstalk/xray/environment.conf';

export const elasticBeanstalk: Detector = {
  type: 'elastic_beanstalk',
  what: `the environment of Elastic Beanstalk, of the file ${BEANSTALK}`,
  attributes: attributes(
    'cloud.platform cloud.provider deployment.environment deployment.environment.name deployment.id service.instance.id service.version',
  ),
  detect: async (world) => {
    const text = await world.readText(BEANSTALK).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') throw new Unavailable('not running on Elastic Beanstalk');
      throw error;
    });
    const file = JSON.parse(text) as Json;
    return {
      ...PROVIDER,
      'cloud.platform': 'aws_elastic_beanstalk',
      'service.instance.id': textIn(file, 'deployment_id'),
      'deployment.environment': textIn(file, 'environment_name'),
      'service.version': textIn(file, 'version_label'),
    };
  },
};
