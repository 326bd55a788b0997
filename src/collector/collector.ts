import { randomUUID } from 'node:crypto';
import { type Clock, ConfigErrors, Deadline, messageOf, StartError, systemClock } from '#base';
import type { ComponentRegistry, Host, HostDescription, Logger } from '#component';
import { type ConfigWarning, type LoadedConfig, type LogsTelemetryConfig, placeAt, printPlace } from '#config';
import { Accounts } from './accounts.ts';
import { CreateContext } from './create-settings.ts';
import type { DeliveringExporter } from './delivery/delivery.ts';
import { buildGraph } from './graph.ts';
import { MetricsServer } from './metrics-server.ts';
import type { GraphNode } from './node.ts';
import { OwnMetrics } from './own-metrics-feed.ts';
import { type Plan, planCollector } from './plan.ts';
import { RunningGraph } from './running-graph.ts';
import { StatusBoard } from './status.ts';
import { haveSameSurroundings, type Surroundings } from './surroundings.ts';
import type { TapEvent } from './taps/events.ts';
import { type TapRequest, Taps } from './taps/taps.ts';
import { TapError } from './taps/target.ts';
import { openLogOutput } from './telemetry/log-output.ts';
import { type LineSink, LogWriter } from './telemetry/logger.ts';
import { registerProcessMetrics } from './telemetry/process-metrics.ts';
import { MetricRegistry } from './telemetry/registry.ts';
import { Topology } from './topology.ts';
import { Watchers } from './watch.ts';

export interface CollectorOptions {
  readonly registry: ComponentRegistry;
  /** Reads the configuration: at start, and again at every reload. */
  load(): Promise<LoadedConfig>;
  readonly version: string;
  /** Components keep their files below it. */
  readonly stateDir: string;
  /** Takes all log lines. Default: the outputs that the configuration names. */
  readonly logSink?: LineSink;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** How long a shutdown may take in all. Default 10 s. */
  readonly shutdownTimeoutMs?: number;
  /** The type of the exporter that takes the collector's own metrics. Default `signalbox`. */
  readonly ownMetricsExporterType?: string;
  /** Called once when a component reports that the collector can't go on. */
  onFatal?(message: string): void;
}

const READY = 'Everything is ready. Begin running and processing data.';
/** More of one configuration help nobody. */
const MISTAKES_LIMIT = 100;
const DEFAULT_SHUTDOWN_TIMEOUT_MS = 10_000;
/** In a reload nobody waits for far sides: what holds the pipelines up for longer is cut off, and told to its senders. */
const RELOAD_STOP_MS = 2_000;
/** Of a shutdown, for exporters that an earlier reload took out of the configuration: their losses are in the last numbers. */
const LEAVING_SHARE = 0.6;
const DEFAULT_LOGS: LogsTelemetryConfig = {
  level: 'info',
  encoding: 'console',
  outputPaths: ['stderr'],
  errorOutputPaths: ['stderr'],
  initialFields: new Map(),
  sampling: undefined,
};

/** A collector: one configuration running as one graph, with its telemetry around it. */
export class Collector {
  readonly metrics: MetricRegistry = new MetricRegistry();
  /** Those who look at what passes. */
  readonly watchers: Watchers = new Watchers();
  readonly #taps: Taps;
  readonly #accounts = new Accounts(this.metrics.meter(), this.watchers);
  readonly #options: CollectorOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #instanceId = randomUUID();
  readonly #startTimeMs: number;
  readonly #metricsServer: MetricsServer;
  readonly #ownMetrics: OwnMetrics;
  readonly #topology: Topology;
  readonly #removeProcessMetrics: () => void;
  /** What earlier reloads took out of the configuration, and may still send what it had. */
  readonly #leaving = new Set<DeliveringExporter>();
  #log: Logger;
  #running: RunningGraph | undefined;
  /** In a reload, until the next one runs. */
  #replaced: RunningGraph | undefined;
  /** Starts, reloads and shutdowns happen one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#taps = new Taps(this.watchers, this.#clock);
    this.#startTimeMs = this.#clock.nowMs();
    this.#metricsServer = new MetricsServer(this.metrics);
    this.#ownMetrics = new OwnMetrics(this.metrics, this.#clock, options.version);
    this.#topology = new Topology(this.metrics.meter());
    this.#removeProcessMetrics = registerProcessMetrics(this.metrics.meter());
    this.#log = new LogWriter(DEFAULT_LOGS, this.#clock, this.#sink).logger();
  }

  /** Throws ConfigErrors when the configuration is wrong, a StartError when a component can't start. */
  start(): Promise<void> {
    return this.#inTurn(async () => {
      const { plan, warnings } = await this.#plan();
      const next = this.#build(plan);
      this.#log = next.logger;
      this.#warn(warnings);
      this.#log.info('Starting signalbox...', { Version: this.#options.version, pid: process.pid });
      try {
        await this.#run(next, plan);
      } catch (error) {
        await next.shutdown(new Deadline(this.#clock, this.#shutdownTimeoutMs));
        await this.#metricsServer.close();
        throw error;
      }
      this.#log.info(READY);
    });
  }

  /**
   * Reads the configuration again and runs it. A configuration with mistakes, or one that can't start, is logged in full and the
   * one from before goes on. Resolves to whether the new one runs.
   */
  reload(): Promise<boolean> {
    return this.#inTurn(async () => {
      const before = this.#running;
      this.#log.info('Config updated, restart service');
      let plan: Plan;
      let next: RunningGraph;
      try {
        const planned = await this.#plan();
        plan = planned.plan;
        next = this.#build(plan, before?.started, before);
        this.#warn(planned.warnings);
      } catch (error) {
        this.#logFailure('The new configuration is not used', error);
        return false;
      }
      const leaving = before?.retire(next, new Deadline(this.#clock, this.#shutdownTimeoutMs)) ?? [];
      const closeRest = before?.handOver(next);
      const stays = before?.started.filter((node) => next.has(node)) ?? [];
      await this.#stopRunning(Math.min(RELOAD_STOP_MS, this.#shutdownTimeoutMs), next);
      for (const exporter of leaving) this.#letLeave(exporter);
      try {
        await this.#run(next, plan);
        if (before !== undefined) next.takeOver(before);
        if (before?.surroundings !== next.surroundings) before?.surroundings.closeLog();
        this.#log.info(READY);
        return true;
      } catch (error) {
        this.#logFailure('The new configuration cannot start, going back to the one before', error);
        if (before === undefined) await next.shutdown(new Deadline(this.#clock, this.#shutdownTimeoutMs));
        else await this.#runAgain(before, stays, next);
        return false;
      } finally {
        closeRest?.();
      }
    });
  }

  #letLeave(exporter: DeliveringExporter): void {
    this.#leaving.add(exporter);
    void exporter.left.then(() => this.#leaving.delete(exporter));
  }

  /** `stays` has gone on meanwhile; `failed` gives back what it was handed. */
  async #runAgain(before: RunningGraph, stays: readonly GraphNode[], failed: RunningGraph): Promise<void> {
    const again = this.#build(before.plan, stays, before);
    failed.handOver(again, ['processor', 'exporter', 'connector', 'extension']);
    await failed.shutdown(new Deadline(this.#clock, this.#shutdownTimeoutMs), { next: again });
    before.handOver(again, ['receiver']);
    try {
      await this.#run(again, before.plan);
    } catch (error) {
      await again.shutdown(new Deadline(this.#clock, this.#shutdownTimeoutMs));
      await this.#metricsServer.close();
      before.disinherit();
      throw error;
    }
    again.takeOver(before);
  }

  /** Exporters that are gone since a reload may still be sending. */
  async #waitForLeaving(deadline: Deadline): Promise<void> {
    const leaving = [...this.#leaving];
    if (await deadline.isOver(Promise.all(leaving.map((exporter) => exporter.left)))) return;
    for (const exporter of leaving) exporter.abandon();
  }

  /** Stops taking data, hands on what is held, and closes everything. Safe to call twice. */
  shutdown(deadlineMs?: number): Promise<void> {
    return this.#inTurn(async () => {
      const running = this.#running;
      if (running === undefined) return;
      this.#log.info('Starting shutdown...');
      const deadline = new Deadline(this.#clock, deadlineMs ?? this.#shutdownTimeoutMs);
      await Promise.all([this.#stopRunning(deadline.leftMs), this.#waitForLeaving(deadline.part(LEAVING_SHARE))]);
      await this.#metricsServer.close();
      this.#removeProcessMetrics();
      this.#log.info('Shutdown complete.');
      running.surroundings.closeLog();
    });
  }

  describe(): HostDescription {
    return (this.#running ?? this.#replaced)?.describe() ?? this.#emptyDescription();
  }

  /** Lets somebody look at what passes a component. Returns the function that ends it. Throws a TapError. */
  tap(request: TapRequest, emit: (event: TapEvent) => number): () => void {
    const running = this.#running;
    if (running === undefined)
      throw new TapError(404, 'the collector is not running yet, or being reloaded: try again');
    const isChanging = running.isChanging.bind(running);
    return this.#taps.open(request, { description: running.describe(), isChanging }, emit);
  }

  /** Where the own metrics can be read. */
  get metricsPorts(): readonly number[] {
    return this.#metricsServer.ports;
  }

  async #plan(): Promise<{ plan: Plan; warnings: readonly ConfigWarning[] }> {
    const loaded = await this.#options.load();
    const { plan, errors, warnings } = await planCollector(loaded.root, this.#options.registry);
    if (plan === undefined) throw new ConfigErrors(errors);
    return { plan, warnings: [...loaded.warnings, ...warnings, ...telemetryWarnings(plan)] };
  }

  /** Creates the graph; nothing is opened yet. Of `running`, from `before`, goes on what is the same. */
  #build(plan: Plan, running: readonly GraphNode[] = [], before?: RunningGraph): RunningGraph {
    const isSame = before !== undefined && haveSameSurroundings(before.plan, plan);
    const surroundings = isSame ? before.surroundings : this.#surroundings(plan);
    const graph = buildGraph(plan, surroundings.context, isSame ? running : []);
    const ownExporter = this.#ownMetrics.exporterIn(plan, graph, this.#options.ownMetricsExporterType ?? 'signalbox');
    return new RunningGraph({
      plan,
      graph,
      surroundings,
      clock: this.#clock,
      version: this.#options.version,
      startTimeMs: this.#startTimeMs,
      ownExporter,
      resource: this.#resource(plan),
    });
  }

  #surroundings(plan: Plan): Surroundings {
    const { version, stateDir } = this.#options;
    const { telemetry } = plan.document.service;
    const output = this.#options.logSink === undefined ? openLogOutput(telemetry.logs, this.#clock) : undefined;
    const log = new LogWriter(telemetry.logs, this.#clock, output?.write ?? this.#sink);
    const statuses: StatusBoard = new StatusBoard(this.#clock, (entry) => {
      if (this.#running?.surroundings.statuses === statuses) this.#topology.publish(this.#running.describe());
      if (entry.status === 'fatal_error') this.#options.onFatal?.(`${entry.kind} "${entry.id}": ${entry.message}`);
    });
    const context = new CreateContext({
      registry: this.metrics,
      accounts: this.#accounts,
      watchers: this.watchers,
      log,
      statuses,
      clock: this.#clock,
      random: this.#random,
      version,
      instanceId: this.#resource(plan).get('service.instance.id') ?? this.#instanceId,
      allowedHosts: plan.document.signalbox.allowedHosts,
      featureGates: plan.document.signalbox.featureGates,
      stateDir,
    });
    return { context, statuses, logger: log.logger(), closeLog: () => output?.close() };
  }

  /** Throws what a component's start throws; what was started stays for `shutdown`. */
  async #run(running: RunningGraph, plan: Plan): Promise<void> {
    this.#log = running.logger;
    const readers = plan.document.service.telemetry.metrics.prometheusReaders;
    await this.#metricsServer.apply(readers, running.resource, {
      logger: running.logger,
      allowedHosts: plan.document.signalbox.allowedHosts,
    });
    await running.start((node) => this.#hostOf(running, node));
    this.#running = running;
    this.#replaced = undefined;
    this.#topology.publish(running.describe());
    this.#ownMetrics.feed(running.ownExporter, running.resource);
  }

  /** What a component sees: its own extensions, and the collector as it is then, which may be another graph by now. */
  #hostOf(starting: RunningGraph, node: GraphNode): Host {
    return {
      extension: (id, capability) => {
        node.uses.add(id);
        return (this.#running ?? starting).extension(id, capability);
      },
      describe: () => this.describe(),
    };
  }

  async #stopRunning(deadlineMs: number, next?: RunningGraph): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    // What is masked depends on the graph.
    this.#taps.endAll('reload');
    this.#running = undefined;
    this.#replaced = next === undefined ? undefined : running;
    const lastNumbers = (): Promise<void> => this.#ownMetrics.stop();
    await running.shutdown(new Deadline(this.#clock, deadlineMs), { lastNumbers, ...(next !== undefined && { next }) });
    await this.#ownMetrics.stop();
    this.#topology.clear();
  }

  #resource(plan: Plan): ReadonlyMap<string, string> {
    const resource = new Map<string, string>([
      ['service.name', 'signalbox-collector'],
      ['service.version', this.#options.version],
      ['service.instance.id', this.#instanceId],
    ]);
    for (const [key, value] of plan.document.service.telemetry.resource) {
      if (value === null) resource.delete(key);
      else resource.set(key, value);
    }
    return resource;
  }

  #warn(warnings: readonly ConfigWarning[]): void {
    for (const { message, place } of warnings) this.#log.warn(message, { at: printPlace(place) });
  }

  #logFailure(message: string, error: unknown): void {
    if (!(error instanceof ConfigErrors)) {
      const hint = error instanceof StartError ? error.hint : undefined;
      this.#log.error(message, { error: messageOf(error), hint });
      return;
    }
    for (const one of error.errors.slice(0, MISTAKES_LIMIT)) {
      this.#log.error(message, { error: one.message, ...(one.place && { at: printPlace(one.place) }) });
    }
    const moreCount = error.errors.length - MISTAKES_LIMIT;
    if (moreCount > 0) this.#log.error(message, { error: `and ${moreCount} more mistakes` });
  }

  async #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(action, action);
    this.#turn = result.catch(() => undefined);
    return await result;
  }

  get #shutdownTimeoutMs(): number {
    return this.#options.shutdownTimeoutMs ?? DEFAULT_SHUTDOWN_TIMEOUT_MS;
  }

  #sink = (line: string): void => {
    if (this.#options.logSink !== undefined) this.#options.logSink(line);
    else process.stderr.write(`${line}\n`);
  };

  #emptyDescription(): HostDescription {
    const { version } = this.#options;
    return { version, startTimeMs: this.#startTimeMs, ready: false, pipelines: [], extensions: [], statuses: [] };
  }
}

/** What was asked of the own telemetry and is not there. */
function telemetryWarnings({ document }: Plan): ConfigWarning[] {
  const { metrics, unsupported } = document.service.telemetry;
  const at = (path: string): ConfigWarning['place'] =>
    placeAt(document.root, ['service', 'telemetry', ...path.split('::')]) ?? document.root.place;
  return [
    ...metrics.unsupportedReaders.map((reader) => ({
      message:
        `service::telemetry::metrics::readers: the reader "${reader}" is not supported and does nothing; ` +
        'own metrics are served for Prometheus and kept in the store',
      place: at('metrics::readers'),
    })),
    ...unsupported.map((path) => ({
      message: `service::telemetry::${path}: not supported, does nothing`,
      place: at(path),
    })),
  ];
}
