import { parse } from 'yaml';
import { list, oneOf, text } from '#config';
import { Pattern } from '#lang/pattern';
import {
  attributes,
  type Detector,
  type Found,
  jsonFrom,
  mapIn,
  putAll,
  textFrom,
  textIn,
  texts,
  Unavailable,
} from '../detector.ts';

/** Clouds whose metadata service says it in one or two requests. */

const LINK_LOCAL = 'http://169.254.169.254';
const PLACE = 'cloud.account.id cloud.availability_zone cloud.platform cloud.provider cloud.region';

export const digitalOcean: Detector = {
  type: 'digitalocean',
  what: 'the droplet of DigitalOcean, from its metadata service',
  attributes: attributes('cloud.provider cloud.region host.id host.name'),
  detect: async (world) => {
    const droplet = await jsonFrom(world, `${LINK_LOCAL}/metadata/v1.json`);
    return {
      'cloud.provider': 'digitalocean',
      'host.id': textIn(droplet, 'droplet_id'),
      'host.name': textIn(droplet, 'hostname'),
      'cloud.region': textIn(droplet, 'region'),
    };
  },
};

export const upcloud: Detector = {
  type: 'upcloud',
  what: 'the server of UpCloud, from its metadata service',
  attributes: attributes('cloud.provider cloud.region host.id host.name'),
  detect: async (world) => {
    const server = await jsonFrom(world, `${LINK_LOCAL}/metadata/v1.json`);
    return {
      'cloud.provider': textIn(server, 'cloud_name'),
      'cloud.region': textIn(server, 'region'),
      'host.id': textIn(server, 'instance_id'),
      'host.name': textIn(server, 'hostname'),
    };
  },
};

export const vultr: Detector = {
  type: 'vultr',
  what: 'the instance of Vultr, from its metadata service',
  attributes: attributes('cloud.platform- cloud.provider cloud.region host.id host.name'),
  detect: async (world) => {
    const instance = await jsonFrom(world, `${LINK_LOCAL}/v1.json`);
    const id = textIn(instance, 'instance-v2-id') || textIn(instance, 'instanceid');
    if (id === '') throw new Unavailable('not running on Vultr');
    const found: Found = { 'cloud.provider': 'vultr', 'cloud.platform': 'vultr.cloud_compute', 'host.id': id };
    putAll(found, {
      'host.name': textIn(instance, 'hostname'),
      'cloud.region': textIn(instance, 'region', 'regioncode').toLowerCase(),
    });
    return found;
  },
};

export const hetzner: Detector = {
  type: 'hetzner',
  what: 'the server of Hetzner Cloud, from its metadata service',
  attributes: attributes('cloud.availability_zone cloud.platform- cloud.provider cloud.region host.id host.name'),
  detect: async (world) => {
    const server: unknown = parse(await textFrom(world, `${LINK_LOCAL}/hetzner/v1/metadata`));
    const of = (key: string): string => textIn({ server }, 'server', key);
    const found: Found = { 'cloud.provider': 'hetzner', 'cloud.platform': 'hetzner.cloud_server' };
    putAll(found, {
      'host.id': of('instance-id'),
      'host.name': of('hostname'),
      'cloud.region': of('region'),
      'cloud.availability_zone': of('availability-zone'),
    });
    return found;
  },
};

export const scaleway: Detector = {
  type: 'scaleway',
  what: 'the instance of Scaleway, from its metadata service',
  attributes: attributes(`${PLACE} host.id host.image.id host.image.name host.name host.type`),
  detect: async (world) => {
    const instance = await jsonFrom(world, 'http://169.254.42.42/conf?format=json');
    const zone = textIn(instance, 'location', 'zone_id');
    const found: Found = {
      'cloud.account.id': textIn(instance, 'organization'),
      'cloud.availability_zone': zone,
      'cloud.provider': 'scaleway_cloud',
      'cloud.platform': 'scaleway_cloud_compute',
      'host.id': textIn(instance, 'id'),
      'host.image.id': textIn(instance, 'image', 'id'),
      'host.image.name': textIn(instance, 'image', 'name'),
      'host.name': textIn(instance, 'name'),
      'host.type': textIn(instance, 'commercial_type'),
    };
    putAll(found, { 'cloud.region': zone.slice(0, Math.max(0, zone.lastIndexOf('-'))) });
    return found;
  },
};

export const akamai: Detector = {
  type: 'akamai',
  what: 'the instance of Akamai Cloud (Linode), from its metadata service',
  attributes: attributes(
    'cloud.account.id cloud.platform cloud.provider cloud.region host.id host.image.id host.image.name host.name host.type',
  ),
  detect: async (world) => {
    const lasting = { 'metadata-token-expiry-seconds': '3600' };
    const token = await textFrom(world, `${LINK_LOCAL}/v1/token`, { method: 'PUT', headers: lasting });
    const headers = { 'metadata-token': token.trim(), accept: 'application/json' };
    const instance = await jsonFrom(world, `${LINK_LOCAL}/v1/instance`, { headers });
    return {
      'cloud.account.id': textIn(instance, 'account_euuid'),
      'cloud.provider': 'akamai_cloud',
      'cloud.platform': 'akamai_cloud.compute',
      'cloud.region': textIn(instance, 'region'),
      'host.id': textIn(instance, 'id'),
      'host.image.id': textIn(instance, 'image', 'id'),
      'host.image.name': textIn(instance, 'image', 'label'),
      'host.name': textIn(instance, 'label'),
      'host.type': textIn(instance, 'type'),
    };
  },
};

export const oracleCloud: Detector = {
  type: 'oraclecloud',
  what: 'the instance of Oracle Cloud, from its metadata service',
  attributes: attributes(
    `cloud.availability_zone cloud.platform cloud.provider cloud.region cloud.resource_id- host.id host.name host.type k8s.cluster.name
    oracle_cloud.realm`,
  ),
  detect: async (world) => {
    const headers = { authorization: 'Bearer Oracle' };
    const instance = await jsonFrom(world, `${LINK_LOCAL}/opc/v2/instance/`, { headers });
    const more = mapIn(instance, 'metadata');
    return {
      'cloud.provider': 'oracle_cloud',
      'cloud.platform': 'oracle_cloud_oke',
      'cloud.region': textIn(instance, 'canonicalRegionName'),
      'cloud.resource_id': textIn(instance, 'id'),
      'cloud.availability_zone': textIn(instance, 'availabilityDomain'),
      'host.id': textIn(instance, 'id'),
      'host.name': textIn(instance, 'displayName'),
      'host.type': textIn(instance, 'shape'),
      'k8s.cluster.name': textIn(more, 'oke-cluster-display-name'),
      'oracle_cloud.realm': textIn(more, 'realm'),
    };
  },
};

export const tencentCvm: Detector = {
  type: 'tencent_cvm',
  what: 'the instance of Tencent Cloud, from its metadata service',
  attributes: attributes(`${PLACE} host.id host.image.id host.name host.type`),
  detect: async (world) => {
    const get = (path: string): Promise<string> =>
      textFrom(world, `http://metadata.tencentyun.com/latest/meta-data/${path}`);
    return {
      'cloud.provider': 'tencent_cloud',
      'cloud.platform': 'tencent_cloud_cvm',
      ...(await texts({
        'cloud.account.id': get('app-id'),
        'cloud.region': get('placement/region'),
        'cloud.availability_zone': get('placement/zone'),
        'host.id': get('instance-id'),
        'host.name': get('instance-name'),
        'host.image.id': get('instance/image-id'),
        'host.type': get('instance/instance-type'),
      })),
    };
  },
};

export const alibabaEcs: Detector = {
  type: 'alibaba_ecs',
  what: 'the instance of Alibaba Cloud, from its metadata service',
  attributes: attributes(`${PLACE} host.id host.image.id host.name host.type`),
  detect: async (world) => {
    const base = 'http://100.100.100.200/latest';
    const lasting = { 'x-aliyun-ecs-metadata-token-ttl-seconds': '21600' };
    const token = await textFrom(world, `${base}/api/token`, { method: 'PUT', headers: lasting });
    const headers = { 'x-aliyun-ecs-metadata-token': token };
    const get = (path: string): Promise<string> => textFrom(world, `${base}/meta-data/${path}`, { headers });
    return {
      'cloud.provider': 'alibaba_cloud',
      'cloud.platform': 'alibaba_cloud_ecs',
      ...(await texts({
        'cloud.account.id': get('owner-account-id'),
        'cloud.region': get('region-id'),
        'cloud.availability_zone': get('zone-id'),
        'host.id': get('instance-id'),
        'host.name': get('hostname'),
        'host.image.id': get('image-id'),
        'host.type': get('instance/instance-type'),
      })),
    };
  },
};

export const nova: Detector = {
  type: 'nova',
  what: 'the instance of OpenStack Nova, from its metadata service',
  attributes: attributes(
    'cloud.account.id cloud.availability_zone cloud.platform cloud.provider host.id host.name host.type',
  ),
  keys: {
    labels: list(text()).describe('regular expressions: metadata that matches one becomes `openstack.nova.meta.<key>`'),
  },
  detect: async (world, { labels }) => {
    const instance = await jsonFrom(world, `${LINK_LOCAL}/openstack/latest/meta_data.json`);
    const [id, name] = [textIn(instance, 'uuid'), textIn(instance, 'hostname')];
    if (id === '') throw new Unavailable('the metadata have no uuid');
    if (name === '') throw new Error('the metadata of Nova have no hostname');
    const found: Found = {
      'cloud.provider': 'openstack',
      'cloud.platform': 'openstack_nova',
      'cloud.account.id': textIn(instance, 'project_id'),
      'cloud.availability_zone': textIn(instance, 'availability_zone'),
      'host.id': id,
      'host.name': name,
    };
    const type = await textFrom(world, `${LINK_LOCAL}/latest/meta-data/instance-type`).catch(() => '');
    putAll(found, { 'host.type': type.trim() });
    const patterns = (labels as readonly string[]).map((source) => new Pattern(source));
    for (const [key, value] of Object.entries(mapIn(instance, 'meta'))) {
      if (patterns.some((pattern) => pattern.test(key))) found[`openstack.nova.meta.${key}`] = String(value);
    }
    return found;
  },
};

export const ibmClassic: Detector = {
  type: 'ibmcloud_classic',
  what: 'the virtual server of IBM Cloud Classic, from its metadata service',
  attributes: attributes(
    'cloud.account.id cloud.availability_zone cloud.platform cloud.provider cloud.resource_id host.id host.name',
  ),
  detect: async (world) => {
    const base = 'https://api.service.softlayer.com/rest/v3.1/SoftLayer_Resource_Metadata';
    const get = (method: string): Promise<string> => textFrom(world, `${base}/${method}.txt`);
    return {
      'cloud.provider': 'ibm_cloud',
      'cloud.platform': 'ibm_cloud.classic',
      ...(await texts({
        'cloud.account.id': get('getAccountId'),
        'cloud.availability_zone': get('getDatacenter'),
        'cloud.resource_id': get('getGlobalIdentifier'),
        'host.id': get('getId'),
        'host.name': get('getHostname'),
      })),
    };
  },
};

export const ibmVpc: Detector = {
  type: 'ibmcloud_vpc',
  what: 'the virtual server of IBM Cloud VPC, from its metadata service',
  attributes: attributes(`${PLACE} cloud.resource_id host.id host.image.id host.image.name host.name host.type`),
  keys: { protocol: oneOf(['http', 'https'], 'http').describe('of the metadata service') },
  detect: async (world, { protocol }) => {
    const base = `${String(protocol)}://api.metadata.cloud.ibm.com`;
    const version = 'version=2022-03-01';
    const headers = { 'metadata-flavor': 'ibm', accept: 'application/json' };
    const token = await jsonFrom(world, `${base}/instance_identity/v1/token?${version}`, { method: 'PUT', headers });
    const authorization = `Bearer ${textIn(token, 'access_token')}`;
    const instance = await jsonFrom(world, `${base}/metadata/v1/instance?${version}`, { headers: { authorization } });
    const crn = textIn(instance, 'crn');
    const zone = textIn(instance, 'zone', 'name');
    const found: Found = { 'cloud.provider': 'ibm_cloud', 'cloud.platform': 'ibm_cloud.vpc' };
    putAll(found, {
      'cloud.resource_id': crn,
      // crn:v1:bluemix:public:is:us-south-1:a/ACCOUNT::instance:ID
      'cloud.account.id': /:a\/([^:]+):/.exec(crn)?.[1],
      'cloud.availability_zone': zone,
      'cloud.region': zone.replace(/-\d+$/, ''),
      'host.id': textIn(instance, 'id'),
      'host.name': textIn(instance, 'name'),
      'host.type': textIn(instance, 'profile', 'name'),
      'host.image.id': textIn(instance, 'image', 'id'),
      'host.image.name': textIn(instance, 'image', 'name'),
    });
    return found;
  },
};
