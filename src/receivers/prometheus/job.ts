import { Resolver } from 'node:dns/promises';
import { messageOf } from '#base';
import type { CreateSettings } from '#component';
import type { PromHttpConfig } from '#config';
import { ownSurroundings } from '#kubernetes';
import { type ByteBudget, userAgent } from '#net';
import {
  type Discoverer,
  DiscoveryLoop,
  DnsDiscoverer,
  FileDiscoverer,
  HttpDiscoverer,
  staticGroup,
} from './discovery.ts';
import { Fetcher } from './fetcher.ts';
import { KubernetesDiscoverer } from './kubernetes-discoverer.ts';
import type { LeftJob } from './predecessor.ts';
import { Relabeler } from './relabel.ts';
import type { ScrapeConfigEntry } from './scrape-config.ts';
import { makeTarget, type Target, type TargetGroup } from './target.ts';

export interface JobSettings {
  readonly settings: CreateSettings;
  readonly budget: ByteBudget;
  /** What sources knew before a reload, by their configuration. */
  readonly foundBefore: (config: unknown) => readonly TargetGroup[] | undefined;
  /** Called with all targets of the job, each time they change. */
  readonly onTargets: (job: Job) => void;
}

/** The same mistake is said once in so long. */
const SAY_AGAIN_MS = 600_000;

/** An entry of `scrape_configs` at work: it knows its targets. */
export class Job {
  readonly config: ScrapeConfigEntry;
  readonly fetcher: Fetcher;
  readonly metricRelabeler: Relabeler;
  readonly #with: JobSettings;
  readonly #relabeler: Relabeler;
  readonly #loops: DiscoveryLoop[] = [];
  readonly #fetchers: Fetcher[] = [];
  /** By source: 0 is what the configuration names itself. */
  readonly #found = new Map<number, readonly TargetGroup[]>();
  readonly #said = new Map<string, number>();
  targets: ReadonlyMap<string, Target> = new Map();

  constructor(config: ScrapeConfigEntry, settings: JobSettings) {
    this.config = config;
    this.#with = settings;
    this.#relabeler = new Relabeler(config.relabel);
    this.metricRelabeler = new Relabeler(config.metricRelabel);
    this.fetcher = this.#fetcherOf(config.http, 'tls_config');
  }

  /** Whether each source has told what it knows. */
  get knowsAll(): boolean {
    return this.#found.size === this.#sources.length + 1;
  }

  /** What each source has found last. */
  get found(): LeftJob['found'] {
    return this.#sources.flatMap((config, i) => {
      const groups = this.#found.get(i + 1);
      return groups === undefined ? [] : [{ config, groups }];
    });
  }

  /** Blocks of what looks for targets, in the order of `start`. */
  get #sources(): readonly unknown[] {
    const { files, http, dns, kubernetes } = this.config.discovery;
    return [...files, ...http, ...dns, ...kubernetes];
  }

  async start(): Promise<void> {
    const { discovery } = this.config;
    this.#found.set(0, discovery.groups.map(staticGroup));
    const mistake = (message: string): void => this.#say(message);
    const discoverers: Discoverer[] = [
      ...discovery.files.map((config) => new FileDiscoverer(config, mistake)),
      ...discovery.http.map((config) => new HttpDiscoverer(config, this.#fetcherOf(config.http, 'http_sd_configs'))),
      ...discovery.dns.map((config) => new DnsDiscoverer(config, new Resolver())),
      ...discovery.kubernetes.map(
        (config) =>
          new KubernetesDiscoverer(config, {
            ...this.#with.settings,
            userAgent: userAgent(this.#with.settings.version),
            path: this.#pathOf('kubernetes_sd_configs'),
            surroundings: ownSurroundings,
            onMistake: mistake,
          }),
      ),
    ];
    for (const fetcher of this.#fetchers) await fetcher.start();
    discoverers.forEach((discoverer, i) => {
      const before = this.#with.foundBefore(this.#sources[i]);
      if (before !== undefined) this.#found.set(i + 1, before);
      const onFound = (groups: readonly TargetGroup[]): void => {
        this.#found.set(i + 1, groups);
        this.#update();
      };
      this.#loops.push(new DiscoveryLoop(discoverer, this.#with.settings.clock, onFound, mistake));
    });
    this.#update();
    for (const loop of this.#loops) loop.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop()));
  }

  close(): void {
    for (const fetcher of this.#fetchers) fetcher.close();
  }

  #update(): void {
    const targets = new Map<string, Target>();
    for (const groups of this.#found.values()) {
      for (const { targets: found, labels } of groups) {
        for (const one of found) {
          try {
            const target = makeTarget(one, labels, this.config, this.#relabeler);
            if (target !== undefined) targets.set(target.key, target);
          } catch (error) {
            this.#say(`a target is left out: ${messageOf(error)}`);
          }
        }
      }
    }
    this.targets = targets;
    this.#with.onTargets(this);
  }

  #pathOf(key: string): string {
    return `receivers::${this.#with.settings.id}::config::scrape_configs::${this.config.jobName}::${key}`;
  }

  #fetcherOf(config: PromHttpConfig, key: string): Fetcher {
    const { settings, budget } = this.#with;
    const fetcher = new Fetcher(config, budget, settings.clock, {
      path: this.#pathOf(key),
      userAgent: userAgent(settings.version),
      logger: settings.logger,
    });
    this.#fetchers.push(fetcher);
    return fetcher;
  }

  #say(message: string): void {
    const { clock, logger } = this.#with.settings;
    const nowMs = clock.monotonicMs();
    if (nowMs - (this.#said.get(message) ?? Number.NEGATIVE_INFINITY) < SAY_AGAIN_MS) return;
    if (this.#said.size > 100) this.#said.clear();
    this.#said.set(message, nowMs);
    logger.warn('Finding targets failed', { job: this.config.jobName, error: message });
  }
}
