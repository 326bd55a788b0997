import { ConsumeError, messageOf, StartError } from '#base';
import type { Counter, CreateSettings, Exporter, Host } from '#component';
import { type KubernetesSurroundings, ownSurroundings } from '#kubernetes';
import type { Batch, Signal } from '#pdata';
import { OtlpGrpcExporter } from '../shared/otlp-grpc.ts';
import type { K8sResolverConfig, LoadBalancingConfig, RoutingKey } from './config.ts';
import { HashRing } from './hash-ring.ts';
import { K8sResolver } from './k8s-resolver.ts';
import { type LookUp, resolveDns, withPort } from './resolver.ts';
import { partsOf, ROUTING_KEYS } from './routing.ts';

/** What a backend that has left gets to end its last calls. */
const LEAVING_MS = 5000;

/** A backend, and the calls to it that are under way. */
interface Backend {
  readonly exporter: OtlpGrpcExporter;
  readonly calls: Set<Promise<void>>;
}

/** What names are looked up with: the process' own, but in tests. */
export interface LoadBalancingWorld {
  readonly lookUp?: LookUp;
  readonly surroundings?: KubernetesSurroundings;
}

/** Sends each item to the backend that its key belongs to. Who has left gets nothing more, and what was meant for it goes to the others. */
export class LoadBalancingExporter implements Exporter {
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #config: LoadBalancingConfig;
  readonly #signal: Signal;
  readonly #key: RoutingKey;
  readonly #world: LoadBalancingWorld;
  readonly #backends = new Map<string, Backend>();
  readonly #resolutions: Counter;
  readonly #updates: Counter;
  readonly #outcomes: Readonly<Record<'true' | 'false', Counter>>;
  #ring = new HashRing([]);
  #host: Host | undefined;
  #resolver: K8sResolver | undefined;
  #using: Promise<void> = Promise.resolve();
  #stopResolving: () => void = () => undefined;
  #stopGauge: () => void = () => undefined;
  #isStopped = false;
  /** Of a batch that failed in part, what is still to be sent when it is tried again. */
  readonly #left = new WeakMap<Batch, Batch>();

  constructor(settings: CreateSettings, config: LoadBalancingConfig, signal: Signal, world: LoadBalancingWorld = {}) {
    this.#settings = settings;
    this.#config = config;
    this.#signal = signal;
    this.#world = world;
    this.#key = config.routingKey ?? ROUTING_KEYS[signal][0]!;
    const { meter } = settings;
    const counter = (name: string, unit: string, description: string, labels = {}): Counter =>
      meter.counter(`loadbalancer_${name}`, { unit, description }, labels);
    this.#resolutions = counter(
      'num_resolutions',
      '{resolutions}',
      'Number of times the resolver has triggered new resolutions',
    );
    this.#updates = counter('num_backend_updates', '{updates}', 'Number of times the list of backends was updated');
    const outcome = (success: string): Counter =>
      counter('backend_outcome', '{outcomes}', 'Number of successes and failures for each endpoint', { success });
    this.#outcomes = { true: outcome('true'), false: outcome('false') };
  }

  async start(host: Host): Promise<void> {
    if (!ROUTING_KEYS[this.#signal].includes(this.#key)) {
      const place = `exporters::${this.#settings.id}::routing_key`;
      const keys = ROUTING_KEYS[this.#signal].join(', ');
      throw new StartError(`${place}: ${this.#signal} can't be routed by ${this.#key}`, `choose one of ${keys}`);
    }
    this.#host = host;
    const options = { unit: '{backends}', description: 'Current number of backends in use' };
    this.#stopGauge = this.#settings.meter.gauge('loadbalancer_num_backends', options, () => this.#backends.size);
    const { hostnames, k8s } = this.#config;
    if (hostnames !== undefined) await this.#use([...new Set(hostnames)]);
    else if (k8s !== undefined) await this.#watch(k8s);
    else await this.#resolve();
  }

  async shutdown(deadlineMs: number): Promise<void> {
    this.#isStopped = true;
    this.#stopResolving();
    await this.#resolver?.stop();
    this.#stopGauge();
    const backends = [...this.#backends.values()];
    this.#backends.clear();
    await Promise.all(backends.map(({ exporter }) => exporter.shutdown(deadlineMs)));
  }

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    const whole = this.#left.get(batch) ?? batch;
    const ring = this.#ring;
    const parts = partsOf(whole, this.#key, this.#config, this.#settings.random, (key) => {
      const endpoint = ring.endpointFor(key);
      if (endpoint === undefined) throw new ConsumeError('no backend is known', { reason: 'network' });
      return endpoint;
    });
    const failures: { readonly part: Batch; readonly error: unknown }[] = [];
    const send = ([endpoint, part]: [string, Batch]): Promise<void> =>
      this.#send(endpoint, part, abort).catch((error: unknown) => void failures.push({ part, error }));
    await Promise.all([...parts].map(send));
    if (failures.length === 0) return;
    this.#left.set(batch, whole.with(failures.flatMap(({ part }) => part.chunks)));
    const again = failures.find(({ error }) => !(error instanceof ConsumeError && error.permanent));
    throw (again ?? failures[0]!).error;
  }

  async #send(endpoint: string, part: Batch, abort: AbortSignal | undefined): Promise<void> {
    const backend = this.#backends.get(endpoint);
    if (backend === undefined) throw new ConsumeError(`the backend ${endpoint} has left`, { reason: 'network' });
    const call = backend.exporter.consume(part, abort);
    const settled = call.catch(() => undefined);
    backend.calls.add(settled);
    try {
      await call;
      this.#outcomes.true.add(1);
    } catch (error) {
      this.#outcomes.false.add(1);
      throw error;
    } finally {
      backend.calls.delete(settled);
    }
  }

  async #watch(config: K8sResolverConfig): Promise<void> {
    const { surroundings = ownSurroundings } = this.#world;
    const onBackends = (endpoints: readonly string[]): void => {
      this.#resolutions.add(1);
      // One after the other: opening a backend takes its time.
      this.#using = this.#using
        .then(() => (this.#isStopped ? undefined : this.#use(endpoints)))
        .catch((error: unknown) => {
          this.#settings.logger.warn('The backends can not be used', { error: messageOf(error) });
        });
    };
    this.#resolver = new K8sResolver(config, { settings: this.#settings, surroundings, onBackends });
    await this.#resolver.start();
  }

  /** Looks the name up now and again. Where that fails the backends stay as they are. */
  async #resolve(): Promise<void> {
    const dns = this.#config.dns!;
    const { clock, logger } = this.#settings;
    const stops: (() => void)[] = [];
    const limit = (timeoutMs: number): Promise<never> =>
      new Promise((_, reject) => {
        stops.push(clock.after(timeoutMs, () => reject(new Error(`no answer within ${timeoutMs} ms`))));
      });
    try {
      this.#resolutions.add(1);
      const found = await resolveDns(dns, limit, this.#world.lookUp);
      if (found.length > 0 && !this.#isStopped) await this.#use(found);
    } catch (error) {
      logger.warn('The backends can not be looked up', { hostname: dns.hostname, error: messageOf(error) });
    }
    for (const stop of stops) stop();
    if (!this.#isStopped) this.#stopResolving = clock.after(dns.intervalMs, () => void this.#resolve());
  }

  async #use(endpoints: readonly string[]): Promise<void> {
    const before = this.#ring.endpoints;
    const next = new HashRing(endpoints);
    if (before.length === next.endpoints.length && before.every((one, i) => one === next.endpoints[i])) return;
    for (const endpoint of next.endpoints) {
      if (!this.#backends.has(endpoint)) this.#backends.set(endpoint, await this.#open(endpoint));
    }
    this.#ring = next;
    this.#updates.add(1);
    const known = new Set(endpoints);
    for (const [endpoint, backend] of this.#backends) {
      if (known.has(endpoint)) continue;
      this.#backends.delete(endpoint);
      void this.#leave(backend);
    }
  }

  async #open(endpoint: string): Promise<Backend> {
    const { client, delivery } = this.#config;
    const exporter = new OtlpGrpcExporter(
      this.#settings,
      { client: { ...client, endpoint: withPort(endpoint) }, delivery },
      this.#signal,
    );
    await exporter.start(this.#host!);
    return { exporter, calls: new Set() };
  }

  /** Its last calls may end; what fails then goes to the others when it is tried again. */
  async #leave({ exporter, calls }: Backend): Promise<void> {
    let stop = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      stop = this.#settings.clock.after(LEAVING_MS, resolve);
    });
    await Promise.race([Promise.all(calls), late]);
    stop();
    await exporter.shutdown(LEAVING_MS);
  }
}
