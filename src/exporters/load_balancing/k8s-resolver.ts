import type { CreateSettings } from '#component';
import {
  type EndpointSlice,
  foundAccess,
  Informer,
  KubernetesClient,
  type KubernetesSurroundings,
  keepFields,
  ownNamespace,
  RESOURCES,
} from '#kubernetes';
import { userAgent } from '#net';
import type { K8sResolverConfig } from './config.ts';

export interface K8sResolverSettings {
  readonly settings: CreateSettings;
  readonly surroundings: KubernetesSurroundings;
  /** Called with all backends when they are known, and each time they change. */
  readonly onBackends: (endpoints: readonly string[]) => void;
}

/** Without a namespace in its name a service is in that of the collector, and outside of a cluster here. */
const DEFAULT_NAMESPACE = 'default';
const KEPT = {
  metadata: { name: true, namespace: true },
  endpoints: { addresses: true, hostname: true, conditions: { ready: true } },
} as const;

/** Knows the pods behind a service that are ready (otelcol-contrib exporter/loadbalancingexporter/resolver_k8s.go@v0.161.0). */
export class K8sResolver {
  readonly #config: K8sResolverConfig;
  readonly #with: K8sResolverSettings;
  #client: KubernetesClient | undefined;
  #informer: Informer<EndpointSlice> | undefined;
  #place = '';
  #isNoted = false;

  constructor(config: K8sResolverConfig, settings: K8sResolverSettings) {
    this.#config = config;
    this.#with = settings;
  }

  /** Asks the API from now on, and does not wait for it. Throws a StartError where there is none to ask. */
  async start(): Promise<void> {
    const { settings, surroundings } = this.#with;
    const { id, version, logger, clock, random } = settings;
    const access = await foundAccess(surroundings);
    const client = new KubernetesClient(access, { path: `exporters::${id}`, userAgent: userAgent(version), logger });
    this.#client = client;
    await client.start();
    const [service = '', given = ''] = this.#config.service.split('.');
    const namespace = given || (await ownNamespace(surroundings).catch(() => DEFAULT_NAMESPACE));
    this.#place = `${service}.${namespace}`;
    const changed = (): void => this.#note();
    this.#informer = new Informer<EndpointSlice>({
      client,
      clock,
      random,
      selection: {
        resource: RESOURCES.endpointslice,
        namespace,
        labelSelector: `kubernetes.io/service-name=${service}`,
        fieldSelector: '',
        isMetadataOnly: false,
      },
      keep: (object) => keepFields(object as EndpointSlice, KEPT),
      handler: { changed, removed: changed },
      resyncMs: 0,
      watchMs: this.#config.timeoutMs,
      onHealth: (problem) => this.#report(problem),
    });
    this.#informer.start();
    void this.#informer.synced.then(() => this.#note());
  }

  async stop(): Promise<void> {
    const informer = this.#informer;
    this.#informer = undefined;
    await informer?.stop();
    this.#client?.close();
  }

  /** Changes that come together are one. */
  #note(): void {
    if (this.#isNoted || this.#informer?.isSynced !== true) return;
    this.#isNoted = true;
    queueMicrotask(() => {
      this.#isNoted = false;
      if (this.#informer !== undefined) this.#with.onBackends(this.#backends(this.#informer.objects));
    });
  }

  #backends(slices: ReadonlyMap<string, EndpointSlice>): readonly string[] {
    const { returnsHostnames, ports } = this.#config;
    const found = new Set<string>();
    for (const { endpoints } of slices.values()) {
      for (const { addresses, hostname = '', conditions } of endpoints ?? []) {
        // Where nothing is said of it, a pod is ready.
        if (conditions?.ready === false) continue;
        // Soon after its start a pod may have no name yet: it comes with the next change.
        const hosts = returnsHostnames ? (hostname === '' ? [] : [`${hostname}.${this.#place}`]) : addresses;
        for (const host of hosts ?? []) {
          if (ports.length === 0) found.add(host);
          for (const port of ports) found.add(`${host.includes(':') ? `[${host}]` : host}:${port}`);
        }
      }
    }
    return [...found];
  }

  #report(problem: string | undefined): void {
    const { logger, reportStatus } = this.#with.settings;
    const fields = { service: this.#place };
    if (problem === undefined) {
      logger.info('The API of the cluster answers again', fields);
      reportStatus('ok');
    } else {
      logger.warn('The backends can not be looked up', { ...fields, error: problem });
      reportStatus('recoverable_error', problem);
    }
  }
}
