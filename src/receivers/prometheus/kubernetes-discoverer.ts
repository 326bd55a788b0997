import { readFile } from 'node:fs/promises';
import { excerpt, messageOf } from '#base';
import type { EndpointSlice, Endpoints, Ingress, KubernetesNode, KubernetesObject, Pod, Service } from '#kubernetes';
import { keyOf } from '#kubernetes';
import type { Discoverer } from './discovery.ts';
import type { Fetcher } from './fetcher.ts';
import type { PromHttpConfig } from './http-config.ts';
import type { KubernetesDiscoveryConfig, KubernetesRole } from './kubernetes-config.ts';
import {
  endpointSliceGroup,
  endpointsGroup,
  ingressGroup,
  type KubernetesWorld,
  nodeGroup,
  podGroup,
  serviceGroup,
} from './kubernetes-targets.ts';
import type { TargetGroup } from './target.ts';

/** Where a pod finds who it is. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

type Kind = KubernetesRole | 'namespace';

const PLACES: Readonly<
  Record<Kind, { readonly api: string; readonly plural: string; readonly isNamespaced: boolean }>
> = {
  node: { api: '/api/v1', plural: 'nodes', isNamespaced: false },
  namespace: { api: '/api/v1', plural: 'namespaces', isNamespaced: false },
  pod: { api: '/api/v1', plural: 'pods', isNamespaced: true },
  service: { api: '/api/v1', plural: 'services', isNamespaced: true },
  endpoints: { api: '/api/v1', plural: 'endpoints', isNamespaced: true },
  endpointslice: { api: '/apis/discovery.k8s.io/v1', plural: 'endpointslices', isNamespaced: true },
  ingress: { api: '/apis/networking.k8s.io/v1', plural: 'ingresses', isNamespaced: true },
};
const PAGE_ITEMS = 500;
const PAGE_LIMIT_BYTES = 64 * 1024 * 1024;
/** A cluster has no more of a kind (its own limit is 150,000 pods). */
const OBJECTS_LIMIT = 200_000;
const REFRESH_MS = 30_000;
const ANSWER_MS = 20_000;

/** Targets are what a cluster has of a kind. It is asked for all of them from time to time. */
export class KubernetesDiscoverer implements Discoverer {
  readonly name = 'kubernetes_sd';
  readonly refreshMs: number = REFRESH_MS;
  readonly #config: KubernetesDiscoveryConfig;
  readonly #fetcher: Fetcher;

  constructor(config: KubernetesDiscoveryConfig, fetcher: Fetcher) {
    this.#config = config;
    this.#fetcher = fetcher;
  }

  async find(abort: AbortSignal): Promise<readonly TargetGroup[]> {
    const { role } = this.#config;
    const objects = await this.#list(role, abort);
    const world = await this.#world(role, objects, abort);
    const groups = objects.map((object) => groupOf(role, object, world));
    return groups.filter((group) => group !== undefined);
  }

  /** What the labels of targets say besides. */
  async #world(
    role: KubernetesRole,
    objects: readonly KubernetesObject[],
    abort: AbortSignal,
  ): Promise<KubernetesWorld> {
    const { attachesNode, attachesNamespace } = this.#config;
    const hasServices = role === 'endpoints' || role === 'endpointslice';
    const find = async (kind: Kind, isWanted: boolean): Promise<ReadonlyMap<string, KubernetesObject>> => {
      const found = kind === role ? objects : isWanted ? await this.#list(kind, abort) : [];
      return new Map(found.map((object) => [keyOf(object), object]));
    };
    return {
      pods: (await find('pod', hasServices)) as ReadonlyMap<string, Pod>,
      services: (await find('service', hasServices)) as ReadonlyMap<string, Service>,
      nodes: (await find('node', attachesNode)) as ReadonlyMap<string, KubernetesNode>,
      namespaces: await find('namespace', attachesNamespace),
    };
  }

  async #list(kind: Kind, abort: AbortSignal): Promise<KubernetesObject[]> {
    const { api, plural, isNamespaced } = PLACES[kind];
    const namespaces = isNamespaced ? await this.#namespaces() : [''];
    const objects: KubernetesObject[] = [];
    for (const namespace of namespaces) {
      const path =
        namespace === '' ? `${api}/${plural}` : `${api}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
      let next = '';
      do {
        const page = await this.#page(path, kind, next, abort);
        objects.push(...(page.items ?? []));
        next = page.metadata?.continue ?? '';
        if (objects.length > OBJECTS_LIMIT) throw new Error(`more than ${OBJECTS_LIMIT} ${plural}`);
      } while (next !== '');
    }
    return objects;
  }

  /** '' stands for all of them. */
  async #namespaces(): Promise<readonly string[]> {
    const { namespaces, ownNamespace } = this.#config;
    if (!ownNamespace) return namespaces.length === 0 ? [''] : namespaces;
    const own = (await readFile(`${SERVICE_ACCOUNT}/namespace`, 'utf8')).trim();
    return [...new Set([...namespaces, own])];
  }

  async #page(path: string, kind: Kind, next: string, abort: AbortSignal): Promise<Page> {
    const selected = this.#config.selectors.find(({ role }) => role === kind);
    const query = new URLSearchParams({
      limit: String(PAGE_ITEMS),
      ...(next !== '' && { continue: next }),
      ...(selected?.label && { labelSelector: selected.label }),
      ...(selected?.field && { fieldSelector: selected.field }),
    });
    const { status, body } = await this.#fetcher.get(`${this.#server()}${path}?${query}`, {
      headers: { accept: 'application/json', 'accept-encoding': 'gzip' },
      limitBytes: PAGE_LIMIT_BYTES,
      timeoutMs: ANSWER_MS,
      abort,
    });
    const text = Buffer.from(body).toString();
    if (status === 403)
      throw new Error(`may not list ${PLACES[kind].plural}: give the service account the verb list for them`);
    if (status !== 200) throw new Error(`${path} was answered with ${status}: ${excerpt(text, 200)}`);
    return pageOf(text);
  }

  #server(): string {
    if (this.#config.apiServer !== '') return this.#config.apiServer;
    const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
    if (host === undefined || port === undefined) {
      throw new Error('not in a pod of a cluster (KUBERNETES_SERVICE_HOST is not set): give api_server');
    }
    return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }
}

/** In a pod its service account says who asks, and who signs for the API, unless the configuration does. */
export function kubernetesHttp({ apiServer, http }: KubernetesDiscoveryConfig): PromHttpConfig {
  if (apiServer !== '' || process.env['KUBERNETES_SERVICE_HOST'] === undefined) return http;
  const { tls } = http.client;
  const hasCa = tls.caFile !== '' || tls.caPem !== undefined;
  return {
    ...http,
    client: { ...http.client, tls: hasCa ? tls : { ...tls, caFile: `${SERVICE_ACCOUNT}/ca.crt` } },
    credentials: http.credentials ?? {
      kind: 'token',
      type: 'Bearer',
      credentials: { value: undefined, file: `${SERVICE_ACCOUNT}/token` },
    },
  };
}

interface Page {
  readonly items?: readonly KubernetesObject[] | null;
  readonly metadata?: { readonly continue?: string };
}

function pageOf(text: string): Page {
  try {
    return JSON.parse(text) as Page;
  } catch (error) {
    throw new Error(`the API's answer is no JSON: ${messageOf(error)}`);
  }
}

function groupOf(role: KubernetesRole, object: KubernetesObject, world: KubernetesWorld): TargetGroup | undefined {
  switch (role) {
    case 'node':
      return nodeGroup(object as KubernetesNode);
    case 'pod':
      return podGroup(object as Pod, world);
    case 'service':
      return serviceGroup(object as Service, world);
    case 'endpoints':
      return endpointsGroup(object as Endpoints, world);
    case 'endpointslice':
      return endpointSliceGroup(object as EndpointSlice, world);
    case 'ingress':
      return ingressGroup(object as Ingress, world);
  }
}
