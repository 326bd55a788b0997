import { parse } from 'yaml';
import { messageOf } from '#base';
import { boolean, strictObject, text } from '#config';
import { type KubernetesAuthConfig, kubernetesAuthShape } from '#kubernetes';
import {
  attributes,
  type Detector,
  type DetectorBlock,
  type Found,
  type Json,
  jsonFrom,
  mapIn,
  textIn,
  Unavailable,
} from '../detector.ts';
import { type KubernetesApi, KubernetesRefusal, type World } from '../world.ts';

/** The service account of the pod. */
export const POD: KubernetesAuthConfig = { authType: 'serviceAccount', context: '' };
const KUBE_SYSTEM = '/api/v1/namespaces/kube-system';

export function onKubernetes(world: World): boolean {
  return (world.env('KUBERNETES_SERVICE_HOST') ?? '') !== '';
}

function authOf({ authType, context }: DetectorBlock): KubernetesAuthConfig {
  return { authType: authType as KubernetesAuthConfig['authType'], context: String(context ?? '') };
}

async function apiOf(world: World, block: DetectorBlock): Promise<KubernetesApi> {
  try {
    return await world.kubernetes(authOf(block));
  } catch (error) {
    throw new Unavailable(messageOf(error));
  }
}

/** What the API says. Anything else than an answer of it means that it is not there. */
async function objectFrom(api: KubernetesApi, path: string): Promise<Json> {
  try {
    return await api(path);
  } catch (error) {
    throw new Unavailable(messageOf(error));
  }
}

export const kubernetesNode: Detector = {
  type: 'k8s_api',
  what: 'the node and the cluster, from the API of Kubernetes',
  attributes: attributes('k8s.cluster.uid k8s.node.name k8s.node.uid'),
  keys: {
    ...kubernetesAuthShape,
    node_from_env_var: text('K8S_NODE_NAME').describe('the variable of the environment that has the name of the node'),
  },
  detect: async (world, block, note) => {
    const variable = String(block.nodeFromEnvVar);
    const name = world.env(variable) ?? '';
    if (name === '') throw new Error(`the name of the node is not known: set ${variable} to spec.nodeName in the pod`);
    const api = await apiOf(world, block);
    const node = await objectFrom(api, `/api/v1/nodes/${encodeURIComponent(name)}`);
    const found: Found = {
      'k8s.node.uid': textIn(node, 'metadata', 'uid'),
      'k8s.node.name': textIn(node, 'metadata', 'name'),
    };
    if (!block.enabled.includes('k8s.cluster.uid')) return found;
    try {
      found['k8s.cluster.uid'] = textIn(await api(KUBE_SYSTEM), 'metadata', 'uid');
    } catch (error) {
      if (!(error instanceof KubernetesRefusal) || ![401, 403].includes(error.status)) throw error;
      note('no k8s.cluster.uid: the service account needs `get` on the namespace kube-system');
    }
    return found;
  },
};

export const kubeadm: Detector = {
  type: 'kubeadm',
  what: 'the cluster that kubeadm has made, from its config map',
  attributes: attributes('k8s.cluster.name k8s.cluster.uid'),
  keys: kubernetesAuthShape,
  detect: async (world, block) => {
    const api = await apiOf(world, block);
    const found: Found = {};
    if (block.enabled.includes('k8s.cluster.name')) {
      const map = await objectFrom(api, `${KUBE_SYSTEM}/configmaps/kubeadm-config`);
      const cluster: unknown = parse(textIn(map, 'data', 'ClusterConfiguration'));
      found['k8s.cluster.name'] = textIn({ cluster }, 'cluster', 'clusterName');
    }
    if (block.enabled.includes('k8s.cluster.uid')) {
      found['k8s.cluster.uid'] = textIn(await objectFrom(api, KUBE_SYSTEM), 'metadata', 'uid');
    }
    return found;
  },
};

const OPENSHIFT: Readonly<
  Record<string, readonly [provider: string, platform: string, block: string, region: string]>
> = {
  aws: ['aws', 'aws_openshift', 'aws', 'region'],
  azure: ['azure', 'azure.openshift', 'azure', 'cloudName'],
  gcp: ['gcp', 'gcp_openshift', 'gcp', 'region'],
  ibmcloud: ['ibm_cloud', 'ibm_cloud_openshift', 'ibmcloud', 'location'],
};

export const openshift: Detector = {
  type: 'openshift',
  what: 'the cluster and its cloud, from the API of OpenShift',
  attributes: attributes('cloud.platform cloud.provider cloud.region k8s.cluster.name'),
  keys: {
    address: text('').describe('of the API; without one that of the cluster that the collector is a pod of'),
    token: text('').describe('to ask with; without one that of the service account'),
    tls: strictObject({
      ca_file: text('').describe(
        'a file with the certificates of those who sign for the API; without one that of the pod',
      ),
      insecure_skip_verify: boolean(false).describe('the certificate of the API is not checked'),
    })
      .transform(({ ca_file, insecure_skip_verify }) => ({ caFile: ca_file, insecureSkipVerify: insecure_skip_verify }))
      .describe('of the connection to `address`'),
  },
  detect: async (world, block) => {
    const status = mapIn(await infrastructure(world, block), 'status');
    const found: Found = {};
    const name = textIn(status, 'infrastructureName');
    if (name !== '') found['k8s.cluster.name'] = name;
    const platform = mapIn(status, 'platformStatus');
    const type = textIn(platform, 'type').toLowerCase();
    const known = OPENSHIFT[type];
    if (known !== undefined) {
      found['cloud.provider'] = known[0];
      found['cloud.platform'] = known[1];
      found['cloud.region'] = textIn(platform, known[2], known[3]).toLowerCase();
    } else if (type === 'openstack') {
      found['cloud.region'] = textIn(platform, 'openstack', 'cloudName').toLowerCase();
    }
    return found;
  },
};

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

async function infrastructure(world: World, { address, token, tls }: DetectorBlock): Promise<Json> {
  const path = '/apis/config.openshift.io/v1/infrastructures/cluster/status';
  const { caFile, insecureSkipVerify } = tls as { readonly caFile: string; readonly insecureSkipVerify: boolean };
  if (address === '' && token === '' && caFile === '' && !insecureSkipVerify) {
    return objectFrom(await apiOf(world, { enabled: [], authType: POD.authType }), path);
  }
  const bearer = token === '' ? (await world.readText(`${ACCOUNT}/token`)).trim() : String(token);
  const base = address === '' ? clusterAddress(world) : String(address).replace(/\/$/, '');
  const ca = insecureSkipVerify ? undefined : await world.readText(caFile === '' ? `${ACCOUNT}/ca.crt` : caFile);
  return jsonFrom(world, base + path, {
    headers: { authorization: `Bearer ${bearer}` },
    insecureSkipVerify,
    ...(ca !== undefined && base.startsWith('https:') && { ca }),
  });
}

function clusterAddress(world: World): string {
  const host = world.env('KUBERNETES_SERVICE_HOST') ?? '';
  const port = world.env('KUBERNETES_SERVICE_PORT') ?? '';
  if (host === '' || port === '') throw new Error('address is not set, and this is no pod of a cluster');
  return `https://${host}:${port}`;
}
