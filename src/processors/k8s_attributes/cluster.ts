import { StartError } from '#base';
import type { CreateSettings } from '#component';
import {
  accessOf,
  Informer,
  type InformerHandler,
  KubernetesClient,
  type KubernetesKind,
  type KubernetesObject,
  type KubernetesSurroundings,
  type ObjectSelection,
  RESOURCES,
} from '#kubernetes';
import { Pattern } from '#lang/pattern';
import { userAgent } from '#net';
import type { FieldSource, FilterTerm, K8sAttributesConfig, Metadata } from './config.ts';
import { type FieldRules, fieldRules } from './fields.ts';
import { Associations } from './identifiers.ts';
import { type KeptPod, PodReader } from './kept-pod.ts';
import { type KnownPod, knownPod, type PodMaker } from './known-pod.ts';
import { PodTable } from './pod-table.ts';
import { type Workload, workloadOf } from './workloads.ts';

/** What is known besides pods. */
type WorkloadKind = Exclude<FieldSource, 'pod'>;

/** Pods are listed when what their attributes are made with is there, or after this at the latest. */
const HEAD_START_MS = 5000;
const SYSTEM_NAMESPACE = 'kube-system';

/**
 * What a configuration wants to know of the cluster, kept up to date. The pipelines of one configuration share it: `open` and `close` count
 * them.
 */
export class Cluster {
  readonly associations: Associations;
  readonly metadata: ReadonlySet<Metadata>;
  readonly #config: K8sAttributesConfig;
  readonly #settings: CreateSettings;
  readonly #surroundings: KubernetesSurroundings;
  readonly #rules: (from: FieldSource) => FieldRules;
  readonly #pods: PodTable;
  readonly #reader: PodReader;
  readonly #maker: PodMaker;
  /** Namespaces and nodes by their name, the others by their UID. */
  readonly #workloads = new Map<WorkloadKind, Map<string, Workload>>();
  readonly #informers: Informer<never>[] = [];
  readonly #health = new Map<KubernetesKind, string>();
  readonly #reporters = new Set<CreateSettings['reportStatus']>();
  #client: KubernetesClient | undefined;
  #opening: Promise<void> | undefined;
  #users = 0;
  #cancelHeadStart: () => void = () => undefined;
  #stopGauge: () => void = () => undefined;

  constructor(config: K8sAttributesConfig, settings: CreateSettings, surroundings: KubernetesSurroundings) {
    this.#config = config;
    this.#settings = settings;
    this.#surroundings = surroundings;
    this.associations = new Associations(config.associations);
    this.metadata = new Set(config.metadata);
    this.#rules = fieldRules(config);
    this.#pods = new PodTable(config.deleteGraceMs, settings.clock);
    this.#reader = new PodReader(this.metadata, this.#rules('pod'));
    const patterns = config.excludedPods.map((source) => new Pattern(source));
    this.#maker = {
      metadata: this.metadata,
      rules: this.#rules('pod'),
      associations: this.associations,
      excluded: (name) => patterns.some((pattern) => pattern.test(name)),
      around: this.#around(),
    };
  }

  #around(): PodMaker['around'] {
    const find = (kind: WorkloadKind, key: string): Workload | undefined => this.workload(kind, key);
    return {
      replicaSet: (uid) => find('replicaset', uid),
      job: (uid) => find('job', uid),
      get clusterUid() {
        return find('namespace', SYSTEM_NAMESPACE)?.uid;
      },
    };
  }

  pod(identifier: string): KnownPod | undefined {
    return this.#pods.find(identifier);
  }

  /** Whether the API is asked for this kind. */
  watches(kind: WorkloadKind): boolean {
    return this.#workloads.has(kind);
  }

  /** A namespace or node by its name, anything else by its UID. */
  workload(kind: WorkloadKind, key: string): Workload | undefined {
    return this.#workloads.get(kind)?.get(key);
  }

  /** Asks the API from now on. `report` is told whether it can be asked. Throws a StartError where it never can. */
  async open(report: CreateSettings['reportStatus']): Promise<void> {
    this.#users++;
    this.#reporters.add(report);
    this.#opening ??= this.#start();
    await this.#opening;
    if (this.#config.waitsForMetadata) await this.#waitForPods();
  }

  async close(report: CreateSettings['reportStatus']): Promise<void> {
    if (!this.#reporters.delete(report) || --this.#users > 0) return;
    this.#opening = undefined;
    this.#cancelHeadStart();
    this.#stopGauge();
    this.#pods.clear();
    this.#workloads.clear();
    this.#health.clear();
    await Promise.all(this.#informers.splice(0).map((informer) => informer.stop()));
    this.#client?.close();
  }

  async #start(): Promise<void> {
    const { clock, logger, meter, id, version } = this.#settings;
    const access = await accessOf(this.#config.auth, this.#surroundings);
    const client = new KubernetesClient(access, { path: `processors::${id}`, userAgent: userAgent(version), logger });
    this.#client = client;
    await client.start();
    const options = { unit: '1', description: 'Size of cache table containing pod info' };
    this.#stopGauge = meter.gauge('k8s.watcher.pod_cache.size', options, () => this.#pods.size);
    const others = this.#kinds().map((kind) => this.#watchWorkloads(client, kind));
    const pods = this.#watchPods(client);
    for (const informer of others) informer.start();
    const headStart = new Promise<void>((resolve) => {
      this.#cancelHeadStart = clock.after(HEAD_START_MS, resolve);
    });
    void Promise.race([Promise.all(others.map(({ synced }) => synced)), headStart]).then(() => {
      this.#cancelHeadStart();
      if (this.#informers.includes(pods as Informer<never>)) pods.start();
    });
  }

  async #waitForPods(): Promise<void> {
    const { waitTimeoutMs: ms } = this.#config;
    let cancel = (): void => undefined;
    const late = new Promise<boolean>((resolve) => {
      cancel = this.#settings.clock.after(ms, () => resolve(false));
    });
    const isSynced = await Promise.race([this.#informers.at(-1)!.synced.then(() => true), late]);
    cancel();
    if (isSynced) return;
    const problems = [...this.#health.values()].join('; ');
    throw new StartError(
      `processors::${this.#settings.id}::wait_for_metadata: not all pods are known after ${ms} ms${problems && `: ${problems}`}`,
      'wait_for_metadata: false starts without them',
    );
  }

  /** The kinds besides pods that something is wanted of. */
  #kinds(): WorkloadKind[] {
    const { metadata } = this;
    const { guessesDeployments } = this.#config;
    const hasRules = (kind: WorkloadKind): boolean => {
      const { labels, annotations } = this.#rules(kind);
      return labels.length + annotations.length > 0;
    };
    const isWanted: Readonly<Record<WorkloadKind, boolean>> = {
      replicaset:
        metadata.has('k8s.deployment.uid') ||
        hasRules('deployment') ||
        hasRules('replicaset') ||
        (!guessesDeployments && metadata.has('k8s.deployment.name')),
      namespace: hasRules('namespace') || metadata.has('k8s.cluster.uid'),
      node: hasRules('node') || metadata.has('k8s.node.uid'),
      deployment: hasRules('deployment'),
      statefulset: hasRules('statefulset'),
      daemonset: hasRules('daemonset'),
      job: hasRules('job') || hasRules('cronjob') || metadata.has('k8s.cronjob.uid'),
      cronjob: hasRules('cronjob'),
    };
    return (Object.keys(isWanted) as WorkloadKind[]).filter((kind) => isWanted[kind]);
  }

  #watchPods(client: KubernetesClient): Informer<KeptPod> {
    const { filter } = this.#config;
    const node = this.#node();
    return this.#watch<KeptPod>(
      client,
      'pod',
      {
        namespace: filter.namespace,
        labelSelector: filter.labels.map(labelTerm).join(','),
        fieldSelector: [
          ...filter.fields.map(fieldTerm),
          ...(node === '' ? [] : [`spec.nodeName=${escaped(node)}`]),
        ].join(','),
        isMetadataOnly: false,
      },
      (object) => this.#reader.read(object),
      {
        changed: (pod) => this.#pods.set(knownPod(pod, this.#maker)),
        removed: ({ uid }) => this.#pods.forget(uid),
      },
    );
  }

  #watchWorkloads(client: KubernetesClient, kind: WorkloadKind): Informer<Workload> {
    const isByName = kind === 'namespace' || kind === 'node';
    const known = new Map<string, Workload>();
    this.#workloads.set(kind, known);
    const rules = this.#rules(kind);
    const { plural } = RESOURCES[kind];
    const keyOf = ({ name, uid }: Workload): string => (isByName ? name : uid);
    return this.#watch<Workload>(
      client,
      kind,
      {
        namespace: isByName ? '' : this.#config.filter.namespace,
        labelSelector: '',
        fieldSelector: this.#onlyName(kind, rules),
        isMetadataOnly: true,
      },
      (object) => workloadOf(object, plural, rules),
      {
        changed: (workload, before) => {
          if (before !== undefined && keyOf(before) !== keyOf(workload)) known.delete(keyOf(before));
          known.set(keyOf(workload), workload);
        },
        removed: (workload) => void known.delete(keyOf(workload)),
      },
    );
  }

  #onlyName(kind: WorkloadKind, { labels, annotations }: FieldRules): string {
    const node = this.#node();
    if (kind === 'node' && node !== '') return `metadata.name=${escaped(node)}`;
    // The cluster's UID is that of this namespace, and nothing else is wanted of namespaces.
    return kind === 'namespace' && labels.length + annotations.length === 0 ? `metadata.name=${SYSTEM_NAMESPACE}` : '';
  }

  #node(): string {
    const { node, nodeFromEnvVar: name } = this.#config.filter;
    if (name === '') return node;
    const value = this.#surroundings.env[name];
    if (value !== undefined) return value;
    throw new StartError(
      `processors::${this.#settings.id}::filter::node_from_env_var: the environment has no variable ${name}`,
      'the downward API sets it: env: [{name: …, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]',
    );
  }

  #watch<T>(
    client: KubernetesClient,
    kind: KubernetesKind,
    selection: Omit<ObjectSelection, 'resource'>,
    keep: (object: KubernetesObject) => T,
    handler: InformerHandler<T>,
  ): Informer<T> {
    const { clock, random, meter } = this.#settings;
    const counter = (what: string, text: string) =>
      meter.counter(`k8s.watcher.${kind}.${what}`, {
        unit: '1',
        description: `Number of ${kind} ${text} events received`,
      });
    const [added, updated, deleted] = [
      counter('added', 'add'),
      counter('updated', 'update'),
      counter('deleted', 'delete'),
    ];
    const informer = new Informer<T>({
      client,
      clock,
      random,
      selection: { ...selection, resource: RESOURCES[kind] },
      keep,
      handler: {
        changed: (now, before, key) => {
          (before === undefined ? added : updated).add(1);
          handler.changed(now, before, key);
        },
        removed: (last, key) => {
          deleted.add(1);
          handler.removed(last, key);
        },
      },
      resyncMs: this.#config.resyncMs,
      onHealth: (problem) => this.#say(kind, problem),
    });
    this.#informers.push(informer as Informer<never>);
    return informer;
  }

  #say(kind: KubernetesKind, problem: string | undefined): void {
    const { logger } = this.#settings;
    const { plural } = RESOURCES[kind];
    if (problem === undefined) {
      if (this.#health.delete(kind)) logger.info('The API of the cluster answers again', { resource: plural });
    } else {
      this.#health.set(kind, problem);
      logger.warn('The API of the cluster does not answer as it should; what is known of it stays', {
        resource: plural,
        error: problem,
      });
    }
    const all = [...this.#health.values()];
    for (const report of this.#reporters) {
      if (all.length === 0) report('ok');
      else report('recoverable_error', all.join('; '));
    }
  }
}

/** As the API wants selectors of labels. */
function labelTerm({ key, value, op }: FilterTerm): string {
  if (op === 'exists') return key;
  if (op === 'does-not-exist') return `!${key}`;
  return `${key}${op === 'not-equals' ? '!=' : '='}${value}`;
}

function fieldTerm({ key, value, op }: FilterTerm): string {
  return `${key}${op === 'not-equals' ? '!=' : '='}${escaped(value)}`;
}

/** What has a meaning of its own in selectors of fields. */
function escaped(value: string): string {
  return value.replace(/[\\,=]/g, '\\$&');
}
