import { type Clock, type Logger, onAbort } from '#base';
import {
  clusterServer,
  type EndpointSlice,
  type Endpoints,
  Informer,
  type Ingress,
  type KubernetesAccess,
  KubernetesClient,
  type KubernetesKind,
  type KubernetesNode,
  type KubernetesObject,
  type KubernetesSurroundings,
  keepFields,
  kubeConfigAccess,
  ownNamespace,
  type Pod,
  RESOURCES,
  type Service,
  serviceAccountAuthorization,
  serviceAccountTls,
} from '#kubernetes';
import { PrometheusCredentials } from '#net';
import type { Discoverer } from './discovery.ts';
import type { KubernetesDiscoveryConfig, KubernetesRole } from './kubernetes-config.ts';
import { KEPT } from './kubernetes-kept.ts';
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

type Kind = KubernetesRole | 'namespace';

export interface KubernetesDiscovererSettings {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly userAgent: string;
  /** The place in the configuration, for errors. */
  readonly path: string;
  readonly surroundings: KubernetesSurroundings;
  /** What keeps the targets from being up to date. */
  readonly onMistake: (message: string) => void;
}

/** Changes within this time are looked at together, as in Prometheus. */
const CHANGES_MS = 5000;
/** For targets whose API can't be asked at all; else changes say when to look. */
const REFRESH_MS = 300_000;

/** Targets are what a cluster has of a kind. It tells what changes. */
export class KubernetesDiscoverer implements Discoverer {
  readonly name = 'kubernetes_sd';
  readonly refreshMs: number = REFRESH_MS;
  readonly #config: KubernetesDiscoveryConfig;
  readonly #settings: KubernetesDiscovererSettings;
  readonly #informers = new Map<Kind, Informer<KubernetesObject>[]>();
  #client: KubernetesClient | undefined;
  #credentials: PrometheusCredentials | undefined;
  #opening: Promise<void> | undefined;
  #onChange: () => void = () => undefined;
  #cancelChange: (() => void) | undefined;
  #isStopped = false;

  constructor(config: KubernetesDiscoveryConfig, settings: KubernetesDiscovererSettings) {
    this.#config = config;
    this.#settings = settings;
  }

  async find(abort: AbortSignal): Promise<readonly TargetGroup[]> {
    this.#opening ??= this.#open();
    try {
      await this.#opening;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
    await this.#synced(abort);
    const { role } = this.#config;
    const world = this.#world();
    const groups = [...this.#known(role).values()].map((object) => groupOf(role, object, world));
    return groups.filter((group) => group !== undefined);
  }

  /** Waits until all objects have been there once. */
  async #synced(abort: AbortSignal): Promise<void> {
    const waiting = [...this.#informers.values()].flat().filter(({ isSynced }) => !isSynced);
    if (waiting.length === 0) return;
    const { promise: cancelled, reject } = Promise.withResolvers<never>();
    const stop = onAbort(abort, () => reject(new Error('cancelled')));
    await Promise.race([Promise.all(waiting.map(({ synced }) => synced)), cancelled]).finally(stop);
  }

  watch(onChange: () => void): () => void {
    this.#onChange = onChange;
    return () => {
      this.#isStopped = true;
      this.#cancelChange?.();
      const all = [...this.#informers.values()].flat();
      void Promise.all(all.map((informer) => informer.stop())).then(() => this.#client?.close());
      this.#credentials?.close();
    };
  }

  async #open(): Promise<void> {
    const { path, userAgent, logger } = this.#settings;
    const access = await this.#access();
    const client = new KubernetesClient(access, { path, userAgent, logger });
    await client.start();
    const namespaces = await this.#namespaces();
    if (this.#isStopped) return;
    this.#client = client;
    for (const kind of this.#kinds()) {
      const places = RESOURCES[kind].isNamespaced ? namespaces : [''];
      const informers = places.map((namespace) => this.#informer(client, kind, namespace));
      this.#informers.set(kind, informers);
      for (const informer of informers) informer.start();
    }
  }

  /** The role, and what the labels of its targets say besides. */
  #kinds(): readonly Kind[] {
    const { role, attachesNode, attachesNamespace } = this.#config;
    const hasServices = role === 'endpoints' || role === 'endpointslice';
    const kinds = new Set<Kind>([role]);
    if (hasServices) kinds.add('service').add('pod');
    if (attachesNode) kinds.add('node');
    if (attachesNamespace) kinds.add('namespace');
    return [...kinds];
  }

  #informer(client: KubernetesClient, kind: Kind, namespace: string): Informer<KubernetesObject> {
    const { clock, random, onMistake } = this.#settings;
    const selected = this.#config.selectors.find(({ role }) => role === kind);
    const changed = (): void => this.#changed();
    return new Informer<KubernetesObject>({
      client,
      clock,
      random,
      selection: {
        resource: RESOURCES[kind],
        namespace,
        labelSelector: selected?.label ?? '',
        fieldSelector: selected?.field ?? '',
        isMetadataOnly: kind === 'namespace' || (kind === 'node' && this.#config.role !== 'node'),
      },
      keep: (object) => keepFields(object, KEPT[kind as KubernetesKind]!),
      handler: { changed, removed: changed },
      resyncMs: 0,
      onHealth: (problem) => problem !== undefined && onMistake(`kubernetes_sd: ${problem}`),
    });
  }

  #changed(): void {
    this.#cancelChange ??= this.#settings.clock.after(CHANGES_MS, () => {
      this.#cancelChange = undefined;
      this.#onChange();
    });
  }

  #known(kind: Kind): ReadonlyMap<string, KubernetesObject> {
    const [first, ...others] = this.#informers.get(kind) ?? [];
    if (others.length === 0) return first?.objects ?? new Map();
    return new Map([first!, ...others].flatMap(({ objects }) => [...objects]));
  }

  #world(): KubernetesWorld {
    return {
      pods: this.#known('pod') as ReadonlyMap<string, Pod>,
      services: this.#known('service') as ReadonlyMap<string, Service>,
      nodes: this.#config.attachesNode ? (this.#known('node') as ReadonlyMap<string, KubernetesNode>) : new Map(),
      namespaces: this.#known('namespace'),
    };
  }

  /** '' stands for all of them. */
  async #namespaces(): Promise<readonly string[]> {
    const { namespaces, ownNamespace: takesOwn } = this.#config;
    if (!takesOwn) return namespaces.length === 0 ? [''] : namespaces;
    return [...new Set([...namespaces, await ownNamespace(this.#settings.surroundings)])];
  }

  /** In a pod its service account says who asks, and who signs for the API, unless the configuration does. */
  async #access(): Promise<KubernetesAccess> {
    const { kubeConfigFile, apiServer, http } = this.#config;
    const { surroundings, clock, path, userAgent, logger } = this.#settings;
    if (kubeConfigFile !== '') return kubeConfigAccess({ file: kubeConfigFile }, surroundings);
    const credentials = new PrometheusCredentials(http, clock, { path, userAgent, logger });
    this.#credentials = credentials;
    const given = {
      server: apiServer,
      client: http.client,
      isDirect: false,
      authorize: () => credentials.headers(),
    };
    if (apiServer !== '') return given;
    if (http.credentials === undefined) Object.assign(given, await serviceAccountAuthorization(surroundings));
    const { tls } = http.client;
    const hasCa = tls.caFile !== '' || tls.caPem !== undefined;
    return {
      ...given,
      server: clusterServer(surroundings),
      client: hasCa ? http.client : { ...http.client, tls: { ...tls, ...serviceAccountTls(surroundings) } },
    };
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
