import { messageOf } from '#base';
import { list, text } from '#config';
import { attributes, type Detector, type Found, putAll, textFrom, Unavailable } from '../detector.ts';
import type { World } from '../world.ts';

const HEADERS = { 'metadata-flavor': 'Google' };
const MANAGED = /^projects\/[^/]+\/(zones|regions)\/([^/]+)\/instanceGroupManagers\/([^/]+)$/;

/** Sets what the world answers; what fails is noted. */
class Collected {
  readonly found: Found = { 'cloud.provider': 'gcp' };
  readonly #world: World;
  readonly failures: string[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** From the metadata service, by a path below `computeMetadata/v1/`. */
  async get(path: string): Promise<string> {
    const host = this.#world.env('GCE_METADATA_HOST') ?? '169.254.169.254';
    return (await textFrom(this.#world, `http://${host}/computeMetadata/v1/${path}`, { headers: HEADERS })).trim();
  }

  async set(name: string, path: string, reduced: (text: string) => string = (text) => text): Promise<void> {
    try {
      this.found[name] = reduced(await this.get(path));
    } catch (error) {
      this.failures.push(`${name}: ${messageOf(error)}`);
    }
  }

  setFromEnv(name: string, ...variables: readonly string[]): void {
    const value = variables.map((variable) => this.#world.env(variable)).find((each) => each !== undefined);
    if (value === undefined) this.failures.push(`${name}: ${variables.join(', ')} not set`);
    else this.found[name] = value;
  }

  async setZoneAndRegion(): Promise<void> {
    await this.set('cloud.availability_zone', 'instance/zone', lastSegment);
    const parts = String(this.found['cloud.availability_zone'] ?? '').split('-');
    if (parts.length === 3) this.found['cloud.region'] = parts.slice(0, 2).join('-');
    else this.failures.push('cloud.region: the zone is not of the form country-region-zone');
  }
}

const lastSegment = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

export const gcp: Detector = {
  type: 'gcp',
  what: 'the machine, cluster, function or app of Google Cloud, from its metadata service and environment',
  attributes: attributes(
    `cloud.account.id cloud.availability_zone cloud.platform cloud.provider cloud.region faas.instance faas.name faas.version
    gcp.cloud_run.job.execution gcp.cloud_run.job.task_index gcp.gce.instance.hostname- gcp.gce.instance.name-
    gcp.gce.instance_group_manager.name gcp.gce.instance_group_manager.region gcp.gce.instance_group_manager.zone host.id host.name host.type
    k8s.cluster.name`,
  ),
  keys: { labels: list(text()).describe('refused: they need the Compute API, which is not asked') },
  mistakeIn: ({ labels }) =>
    (labels as readonly string[]).length > 0
      ? { key: 'labels', message: 'labels are not to be had: the Compute API is not asked' }
      : undefined,
  detect: async (world, _block, note) => {
    const collected = new Collected(world);
    const bareMetal = ['BMS_PROJECT_ID', 'BMS_REGION', 'BMS_INSTANCE_ID'];
    if (bareMetal.every((name) => (world.env(name) ?? '') !== '')) {
      collected.found['cloud.platform'] = 'gcp_bare_metal_solution';
      collected.setFromEnv('cloud.account.id', 'BMS_PROJECT_ID');
      collected.setFromEnv('cloud.region', 'BMS_REGION');
      collected.setFromEnv('host.name', 'BMS_INSTANCE_ID');
      return collected.found;
    }
    await collected.get('').catch((error: Error) => {
      throw new Unavailable(error.message);
    });
    await collected.set('cloud.account.id', 'project/project-id');
    await platform(world, collected);
    for (const failure of collected.failures) note(failure);
    return collected.found;
  },
};

async function platform(world: World, collected: Collected): Promise<void> {
  const has = (name: string): boolean => world.env(name) !== undefined;
  const { found } = collected;
  const location = has('KUBERNETES_SERVICE_HOST')
    ? await collected.get('instance/attributes/cluster-location').catch(() => undefined)
    : undefined;
  if (location !== undefined) await cluster(collected, location);
  else if (has('FUNCTION_TARGET')) await serverless(collected, 'gcp_cloud_functions');
  else if (has('K_CONFIGURATION')) await serverless(collected, 'gcp_cloud_run');
  else if (has('CLOUD_RUN_JOB')) {
    await serverless(collected, 'gcp_cloud_run', false);
    collected.setFromEnv('gcp.cloud_run.job.execution', 'CLOUD_RUN_EXECUTION');
    collected.setFromEnv('gcp.cloud_run.job.task_index', 'CLOUD_RUN_TASK_INDEX');
  } else if (has('CLOUD_RUN_WORKER_POOL')) await serverless(collected, 'gcp_cloud_run');
  else if (has('GAE_SERVICE') || world.env('GAE_ENV') === 'standard') await appEngine(world, collected);
  else {
    found['cloud.platform'] = 'gcp_compute_engine';
    await machine(collected);
  }
}

async function cluster(collected: Collected, location: string): Promise<void> {
  const { found } = collected;
  found['cloud.platform'] = 'gcp_kubernetes_engine';
  const dashes = location.split('-').length - 1;
  if (dashes === 1) found['cloud.region'] = location;
  else if (dashes === 2) found['cloud.availability_zone'] = location;
  await collected.set('k8s.cluster.name', 'instance/attributes/cluster-name');
  await collected.set('host.id', 'instance/id');
  await collected.set('host.name', 'instance/name');
}

async function serverless(collected: Collected, name: string, hasVersion = true): Promise<void> {
  collected.found['cloud.platform'] = name;
  collected.setFromEnv('faas.name', 'K_SERVICE', 'CLOUD_RUN_JOB', 'CLOUD_RUN_WORKER_POOL');
  if (hasVersion) collected.setFromEnv('faas.version', 'CLOUD_RUN_REVISION', 'K_REVISION');
  await collected.set('faas.instance', 'instance/id');
  await collected.set('cloud.region', 'instance/region', lastSegment);
}

async function appEngine(world: World, collected: Collected): Promise<void> {
  collected.found['cloud.platform'] = 'gcp_app_engine';
  collected.setFromEnv('faas.name', 'GAE_SERVICE');
  collected.setFromEnv('faas.version', 'GAE_VERSION');
  collected.setFromEnv('faas.instance', 'GAE_INSTANCE');
  if (world.env('GAE_ENV') !== 'standard') await collected.setZoneAndRegion();
  else {
    await collected.set('cloud.availability_zone', 'instance/zone', lastSegment);
    await collected.set('cloud.region', 'instance/region', lastSegment);
  }
}

async function machine(collected: Collected): Promise<void> {
  const { found } = collected;
  await collected.setZoneAndRegion();
  await collected.set('host.type', 'instance/machine-type');
  await collected.set('host.id', 'instance/id');
  await collected.set('host.name', 'instance/name');
  await collected.set('gcp.gce.instance.hostname', 'instance/hostname');
  putAll(found, { 'gcp.gce.instance.name': found['host.name'] });
  const createdBy = await collected.get('instance/attributes/created-by').catch(() => '');
  const match = MANAGED.exec(createdBy);
  if (match === null) return;
  found['gcp.gce.instance_group_manager.name'] = match[3]!;
  found[`gcp.gce.instance_group_manager.${match[1] === 'zones' ? 'zone' : 'region'}`] = match[2]!;
}
