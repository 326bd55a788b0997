import { glob, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { ConsumeError, Deadline, messageOf, StartError } from '#base';
import {
  type Component,
  type Consumer,
  type CreateSettings,
  type Receiver,
  type ReceiverCounters,
  receiverCounters,
} from '#component';
import { ByteBudget } from '#net';
import { Batch, type PointChunk } from '#pdata';
import { jobMistakes, type PrometheusReceiverConfig } from './config.ts';
import { type Due, DueList } from './due-list.ts';
import { Job } from './job.ts';
import { parsePlainYaml } from './plain-yaml.ts';
import { type LeftJob, Predecessor } from './predecessor.ts';
import { type ScrapeRoom, TargetScraper } from './scrape.ts';
import { type ScrapeConfigEntry, scrapeConfigSchema, toScrapeConfig } from './scrape-config.ts';
import { offsetOf, type Target } from './target.ts';

/** A target that is asked again and again. */
interface Loop extends Due {
  readonly job: Job;
  readonly target: Target;
  readonly scraper: TargetScraper;
  running: Promise<void> | undefined;
  isRemoved: boolean;
  /** A scrape was aborted before it had an outcome. */
  isCut: boolean;
  /** '' while it answers. */
  failure: string;
}

/** Scrapes targets as a Prometheus does, and hands on what it gets as OTLP. One timer for all of them. */
export class PrometheusReceiver implements Receiver {
  readonly #settings: CreateSettings;
  readonly #config: PrometheusReceiverConfig;
  readonly #next: Consumer;
  readonly #counters: ReceiverCounters;
  readonly #room: ScrapeRoom;
  readonly #budget: ByteBudget;
  /** Ends scrapes under way. */
  readonly #stopScrapes = new AbortController();
  /** Ends what is under way in the pipeline. */
  readonly #stop = new AbortController();
  readonly #due: DueList<Loop>;
  readonly #loops = new Map<Job, Map<string, Loop>>();
  #jobs: Job[] = [];
  #undo: (() => void)[] = [];
  #failedCount = 0;
  /** In a reload: what is left by the receiver before; taken over by `start`. */
  #predecessor: PrometheusReceiver | undefined;
  #left = new Predecessor();
  /** In a reload: what this one leaves, from its shutdown on. */
  #leaves: ReadonlyMap<string, LeftJob> | undefined;
  /** What becomes of the targets at its shutdown: in a reload another receiver goes on with them, or none does. */
  #ending: 'as_it_is' | 'goes_on' | 'targets_end' = 'as_it_is';

  constructor(settings: CreateSettings, config: PrometheusReceiverConfig, next: Consumer) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
    this.#counters = receiverCounters(settings, 'http').metrics;
    this.#budget = new ByteBudget(config.limits.underWayBytes);
    this.#room = { limits: config.limits, series: 0, keptBytes: 0 };
    this.#due = new DueList(settings.clock, (loop) => this.#run(loop));
  }

  async start(): Promise<void> {
    const { meter } = this.#settings;
    const gauge = (name: string, unit: string, description: string, read: () => number): void => {
      this.#undo.push(meter.gauge(name, { unit, description }, read));
    };
    gauge('receiver_prometheus_targets', '{targets}', 'Targets that are scraped', () => this.#targetCount);
    gauge('receiver_prometheus_targets_down', '{targets}', 'Targets whose last scrape failed', () => this.#failedCount);
    gauge('receiver_prometheus_series', '{series}', 'Series of the last scrapes', () => this.#room.series);
    if (this.#predecessor !== undefined) this.#left = new Predecessor(this.#predecessor.#leaves);
    this.#predecessor = undefined;
    try {
      for (const config of [...this.#config.jobs, ...(await this.#jobsOfFiles())]) {
        const job = new Job(config, {
          settings: this.#settings,
          budget: this.#budget,
          foundBefore: (source) => this.#left.foundBy(config.jobName, source),
          onTargets: (changed) => this.#update(changed),
        });
        this.#jobs.push(job);
        await job.start();
      }
    } catch (error) {
      await this.shutdown(0);
      throw error;
    }
    const names = new Set(this.#jobs.map((job) => job.config.jobName));
    for (const name of this.#left.jobNames) if (!names.has(name)) this.#endRest(name);
  }

  /** Targets go on where they are in the successor, too, at the time at which they would have been asked here. */
  handOver(successor: Component | undefined): () => void {
    this.#ending = successor instanceof PrometheusReceiver ? 'goes_on' : 'targets_end';
    if (successor instanceof PrometheusReceiver) successor.#predecessor = this;
    return () => {
      this.#leaves = undefined;
    };
  }

  async shutdown(deadlineMs: number): Promise<void> {
    const deadline = new Deadline(this.#settings.clock, deadlineMs);
    for (const undo of this.#undo.splice(0)) undo();
    this.#due.clear();
    const jobs = this.#jobs.splice(0);
    const stopped = Promise.all(jobs.map((job) => job.stop()));
    const loops = [...this.#loops.values()].flatMap((map) => [...map.values()]);
    if (this.#config.scrapesOnShutdown && deadlineMs > 0 && this.#ending !== 'goes_on') {
      await deadline.isOver(Promise.all(loops.map((loop) => loop.running ?? this.#scrape(loop))));
    }
    this.#stopScrapes.abort();
    // What was scraped goes its way first.
    const rest = Promise.all([stopped, ...loops.map((loop) => this.#finish(loop))]);
    await new Deadline(this.#settings.clock, deadline.budgetMs).isOver(rest);
    this.#stop.abort();
    await deadline.isOver(rest);
    if (this.#ending === 'goes_on') this.#leaves ??= this.#leftJobs();
    this.#loops.clear();
    for (const job of jobs) job.close();
  }

  async #finish(loop: Loop): Promise<void> {
    await loop.running;
    if (this.#ending === 'targets_end' && !loop.isRemoved) await this.#handOn(loop.scraper.end());
  }

  #leftJobs(): ReadonlyMap<string, LeftJob> {
    const nowMs = this.#settings.clock.monotonicMs();
    return new Map(
      Array.from(this.#loops, ([job, loops]) => {
        const targets = Array.from(loops.values(), ({ target, scraper, dueMs, isCut, failure }) => ({
          target,
          scraper,
          dueMs: isCut ? nowMs : dueMs,
          failure,
        }));
        return [job.config.jobName, { targets, found: job.found }];
      }),
    );
  }

  /** Targets of the receiver before a reload that are there no more. */
  #endRest(jobName: string): void {
    for (const { scraper } of this.#left.takeRest(jobName)) void this.#handOn(scraper.end());
  }

  get #targetCount(): number {
    let count = 0;
    for (const loops of this.#loops.values()) count += loops.size;
    return count;
  }

  /** The targets of a job have changed: new ones begin, and those that are gone end. */
  #update(job: Job): void {
    if (this.#stopScrapes.signal.aborted) return;
    const loops = this.#loops.get(job) ?? new Map<string, Loop>();
    this.#loops.set(job, loops);
    for (const [key, loop] of loops) {
      if (job.targets.has(key)) continue;
      loops.delete(key);
      this.#remove(loop);
    }
    let room = this.#config.limits.targets - this.#targetCount;
    let leftOut = 0;
    for (const [key, target] of job.targets) {
      if (loops.has(key)) continue;
      if (room-- > 0) loops.set(key, this.#add(job, target));
      else leftOut++;
    }
    if (job.knowsAll) this.#endRest(job.config.jobName);
    if (leftOut === 0) return;
    const fields = { job: job.config.jobName, targets: leftOut, limit: this.#config.limits.targets };
    this.#settings.logger.error('Targets beyond limits::targets are not scraped', fields);
  }

  #add(job: Job, target: Target): Loop {
    const left = this.#left.take(job.config.jobName, target);
    const settings = {
      settings: this.#settings,
      job: job.config,
      target,
      fetcher: job.fetcher,
      metricRelabeler: job.metricRelabeler,
      externalLabels: this.#config.externalLabels,
      trimsSuffixes: this.#config.trimsSuffixes,
      room: this.#room,
    };
    const scraper = new TargetScraper(settings, left?.scraper);
    const failure = left?.failure ?? '';
    const dueMs = left?.target.intervalMs === target.intervalMs ? left.dueMs : this.#firstDueMs(target);
    if (failure !== '') this.#failedCount++;
    const loop: Loop = { job, target, scraper, dueMs, running: undefined, isRemoved: false, isCut: false, failure };
    this.#due.add(loop);
    return loop;
  }

  #firstDueMs(target: Target): number {
    const { clock } = this.#settings;
    const { intervalMs } = target;
    // The same point of each interval whenever this starts, and another one on each machine, so that two don't ask at the same time.
    const seed = `${hostname()}\n${JSON.stringify([...this.#config.externalLabels])}`;
    const waitMs = (intervalMs - (clock.nowMs() % intervalMs) + offsetOf(target, seed)) % intervalMs;
    return clock.monotonicMs() + waitMs + this.#config.initialOffsetMs;
  }

  #remove(loop: Loop): void {
    loop.isRemoved = true;
    if (loop.failure !== '') this.#failedCount--;
    loop.failure = '';
    // A scrape under way ends first: what it brings must not come after the end.
    const ended = (loop.running ?? Promise.resolve()).then(() => this.#handOn(loop.scraper.end()));
    loop.running = ended;
  }

  #run(loop: Loop): void {
    if (loop.isRemoved || this.#stopScrapes.signal.aborted) return;
    const { clock, account } = this.#settings;
    const { intervalMs } = loop.target;
    // Where the process stood still, the scrapes of that time are over.
    const missed = Math.max(0, Math.floor((clock.monotonicMs() - loop.dueMs) / intervalMs));
    loop.dueMs += (missed + 1) * intervalMs;
    this.#due.add(loop);
    if (loop.running !== undefined) {
      account.trouble('scrape_skipped', 1, 'metrics');
      return;
    }
    const running = this.#scrape(loop).finally(() => {
      if (loop.running === running) loop.running = undefined;
    });
    loop.running = running;
  }

  async #scrape(loop: Loop): Promise<void> {
    const { targetLimit } = loop.job.config;
    const count = loop.job.targets.size;
    const refusal =
      targetLimit > 0 && count > targetLimit
        ? `target_limit exceeded (number of targets: ${count}, limit: ${targetLimit})`
        : '';
    const { chunk, failure, unusableCount } = await loop.scraper.scrape(this.#stopScrapes.signal, refusal);
    if (this.#stopScrapes.signal.aborted && failure !== '') {
      loop.isCut = true;
      return;
    }
    this.#note(loop, failure);
    if (unusableCount > 0) this.#counters.failed(unusableCount, 'unreadable');
    await this.#handOn(chunk);
  }

  #note(loop: Loop, failure: string): void {
    if (loop.isRemoved) return;
    const { account, logger } = this.#settings;
    const before = loop.failure;
    loop.failure = failure;
    if (failure !== '') account.trouble('scrape_failed', 1, 'metrics');
    if ((failure === '') === (before === '')) return;
    this.#failedCount += failure === '' ? -1 : 1;
    const fields = { job: loop.job.config.jobName, target: withoutQuery(loop.target.url) };
    if (failure === '') logger.info('The target answers again', fields);
    else logger.warn('Failed to scrape Prometheus endpoint', { ...fields, error: failure });
    if (this.#failedCount === 0) this.#settings.reportStatus('ok');
    else
      this.#settings.reportStatus(
        'recoverable_error',
        `${this.#failedCount} of ${this.#targetCount} targets don't answer`,
      );
  }

  /** Nobody sends again what is refused here. */
  async #handOn(chunk: PointChunk | undefined): Promise<void> {
    if (chunk === undefined) return;
    const { count } = chunk;
    try {
      await this.#next.consume(new Batch('metrics', [chunk]), this.#stop.signal);
      this.#counters.accepted(count);
    } catch (error) {
      const known = error instanceof ConsumeError ? error : new ConsumeError(messageOf(error), { reason: 'failed' });
      this.#counters.lost(count, known);
    }
  }

  async #jobsOfFiles(): Promise<readonly ScrapeConfigEntry[]> {
    const path = `receivers::${this.#settings.id}::config::scrape_config_files`;
    const jobs: ScrapeConfigEntry[] = [];
    for (const pattern of this.#config.jobFiles) {
      for await (const file of glob(pattern)) {
        const parsed = parsePlainYaml(await readFile(file, 'utf8')) as { scrape_configs?: unknown } | null;
        const list = parsed?.scrape_configs;
        if (list !== undefined && !Array.isArray(list))
          throw new StartError(`${path}: ${file}: expected a list of scrape_configs`);
        for (const block of list ?? []) {
          const result = scrapeConfigSchema.safeParse(block);
          if (!result.success) {
            const [issue] = result.error.issues;
            throw new StartError(`${path}: ${file}: ${issue!.path.join('::')}: ${issue!.message}`);
          }
          jobs.push(toScrapeConfig(result.data, this.#config.global));
        }
      }
    }
    const [mistake] = jobMistakes([...this.#config.jobs, ...jobs], []);
    if (mistake !== undefined) throw new StartError(`${path}: ${mistake.message}`);
    return jobs;
  }
}

/** Of a URL that may have secrets in its query. */
function withoutQuery(url: string): string {
  return url.replace(/\?.*$/, '');
}
