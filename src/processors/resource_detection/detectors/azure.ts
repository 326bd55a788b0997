import { list, text } from '#config';
import { Pattern } from '#lang/pattern';
import {
  attributes,
  type Detector,
  type Found,
  type Json,
  jsonFrom,
  listIn,
  putAll,
  textIn,
  Unavailable,
} from '../detector.ts';
import type { World } from '../world.ts';
import { onKubernetes } from './kubernetes.ts';

const ENDPOINT = 'http://169.254.169.254/metadata/instance/compute?api-version=2020-09-01&format=json';

/** In any case of letters, as Go reads JSON. */
async function compute(world: World): Promise<Json> {
  const answer = await jsonFrom(world, ENDPOINT, { headers: { metadata: 'true' } });
  return Object.fromEntries(Object.entries(answer).map(([key, value]) => [key.toLowerCase(), value]));
}

export const azure: Detector = {
  type: 'azure',
  what: 'the virtual machine of Azure, from its metadata service',
  attributes: attributes(
    `azure.resourcegroup.name azure.vm.name azure.vm.scaleset.name azure.vm.size cloud.account.id cloud.availability_zone- cloud.platform
    cloud.provider cloud.region host.id host.name`,
  ),
  keys: { tags: list(text()).describe('regular expressions: tags that match one become `azure.tag.<key>`') },
  detect: async (world, { tags }) => {
    const machine = await compute(world);
    const found: Found = {
      'cloud.provider': 'azure',
      'cloud.platform': 'azure.vm',
      'cloud.region': textIn(machine, 'location'),
      'host.id': textIn(machine, 'vmid'),
      'cloud.account.id': textIn(machine, 'subscriptionid'),
      'azure.vm.name': textIn(machine, 'name'),
      'azure.vm.size': textIn(machine, 'vmsize'),
      'azure.resourcegroup.name': textIn(machine, 'resourcegroupname'),
    };
    putAll(found, {
      'host.name': textIn(machine, 'osprofile', 'computerName') || textIn(machine, 'name'),
      'cloud.availability_zone': textIn(machine, 'zone'),
      'azure.vm.scaleset.name': textIn(machine, 'vmscalesetname'),
    });
    const patterns = (tags as readonly string[]).map((source) => new Pattern(source));
    for (const tag of listIn(machine, 'tagslist')) {
      const name = textIn(tag, 'name');
      if (patterns.some((pattern) => pattern.test(name))) found[`azure.tag.${name}`] = textIn(tag, 'value');
    }
    return found;
  },
};

export const aks: Detector = {
  type: 'aks',
  what: 'the cluster of AKS, from the metadata service of its machine',
  attributes: attributes('cloud.platform cloud.provider k8s.cluster.name-'),
  detect: async (world) => {
    if (!onKubernetes(world)) return {};
    const group = textIn(await compute(world), 'resourcegroupname');
    // MC_<group>_<cluster>_<region>, where none of these has a `_`.
    const parts = group.split('_');
    const isOfCluster = parts.length === 4 && parts[0]!.toLowerCase() === 'mc';
    return {
      'cloud.provider': 'azure',
      'cloud.platform': 'azure.aks',
      'k8s.cluster.name': isOfCluster ? parts[2]! : group,
    };
  },
};

export const azureAppService: Detector = {
  type: 'azureappservice',
  what: 'the app of Azure App Service, from its environment',
  attributes: attributes(
    `azure.app_service.instance.id azure.resource_group.name cloud.account.id cloud.platform cloud.provider cloud.region cloud.resource_id
    deployment.environment.name service.name`,
  ),
  detect: async (world) => {
    const name = world.env('WEBSITE_SITE_NAME') ?? '';
    // An app of Azure Functions is none.
    if (name === '' || world.env('FUNCTIONS_WORKER_RUNTIME') !== undefined)
      throw new Unavailable('not on Azure App Service');
    const owner = world.env('WEBSITE_OWNER_NAME') ?? '';
    const account = owner.split('+', 1)[0]!;
    const group = world.env('WEBSITE_RESOURCE_GROUP') ?? '';
    const found: Found = { 'cloud.provider': 'azure', 'cloud.platform': 'azure.app_service', 'service.name': name };
    putAll(found, {
      'cloud.account.id': account,
      'cloud.region': world.env('REGION_NAME'),
      'deployment.environment.name': world.env('WEBSITE_SLOT_NAME'),
      'azure.app_service.instance.id': world.env('WEBSITE_INSTANCE_ID'),
      'azure.resource_group.name': group,
      'cloud.resource_id':
        account === '' || group === ''
          ? ''
          : `/subscriptions/${account}/resourceGroups/${group}/providers/Microsoft.Web/sites/${name}`,
    });
    return found;
  },
};

export const azureContainerApps: Detector = {
  type: 'azurecontainerapps',
  what: 'the app of Azure Container Apps, from its environment',
  attributes: attributes('azure.container_app.instance.id cloud.platform cloud.provider service.name'),
  detect: async (world) => {
    const name = world.env('CONTAINER_APP_NAME') ?? '';
    if (name === '') throw new Unavailable('not on Azure Container Apps');
    const found: Found = { 'cloud.provider': 'azure', 'cloud.platform': 'azure.container_apps', 'service.name': name };
    putAll(found, { 'azure.container_app.instance.id': world.env('CONTAINER_APP_REPLICA_NAME') });
    return found;
  },
};
