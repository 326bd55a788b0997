import {
  AlertmanagerClient,
  type AlertSink,
  AlertSinks,
  EngineRuleQueries,
  RecentSamples,
  RULE_DEFAULTS,
  RuleManager,
  Turns,
} from '#alerting';
import { StartError, systemClock } from '#base';
import { StoreReader } from '#query';
import { StoredLines } from '#query/logql.ts';
import { QueryNames, StoreSource } from '#query/promql.ts';
import type { MetricSink } from '#store';
import { ServerMetrics } from '../server-metrics.ts';
import { RuleFiles } from './rule-files.ts';
import { ruleMetrics } from './rule-metrics.ts';
import type { RulePatterns } from './rule-patterns.ts';
import { StoreRuleSeries } from './series-sink.ts';
import type { SharedRole } from './shared-role.ts';

/** The rules of the server role: files, evaluation, and who is told. */

export interface RulesOptions {
  readonly patterns: RulePatterns;
  /** Alertmanagers that are told of alerts. */
  readonly alertmanagers: readonly string[];
  /** Is told, too. */
  readonly alerts: AlertSink;
  readonly externalUrl: string;
  /** For own metrics. */
  readonly sink: MetricSink;
  readonly shared: Pick<SharedRole, 'rules' | 'sink'>;
  readonly version: string;
  /** See ServerMetricsOptions. */
  readonly instance: string;
  readonly reader: ConstructorParameters<typeof StoreReader>[0];
}

export interface RunningRules {
  readonly manager: RuleManager;
  /** Addresses of the API of the Alertmanagers that are told, without passwords. */
  readonly alertmanagers: readonly string[];
  reload(): Promise<void>;
  stop(): Promise<void>;
}

/** Rules that ask the store at a time: those of the console come between them. */
const CONCURRENCY = 2;
/** An evaluation that takes longer than a query of a person may is given up. */
const TIMEOUT_MS = 120_000;

/** Throws a StartError for what is no address. It is not shown: there may be a password in it. */
function alertmanagerUrl(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new StartError('the address of an Alertmanager is none; write --alertmanager http://HOST:9093');
}

export async function startRules(options: RulesOptions): Promise<RunningRules> {
  const log = (level: 'info' | 'warn' | 'error', message: string): void =>
    void process.stderr.write(`signalbox server: ${level === 'info' ? '' : `${level}: `}${message}\n`);
  const reader = new StoreReader(options.reader);
  const externalLabels = new Map<string, string>();
  const recent = new RecentSamples(new StoreRuleSeries(options.shared.sink), systemClock);
  const clients = options.alertmanagers.map(
    (url) => new AlertmanagerClient({ url: alertmanagerUrl(url), externalLabels, log }),
  );
  const manager = new RuleManager({
    ...RULE_DEFAULTS,
    clock: systemClock,
    queries: new EngineRuleQueries({
      samples: (signal, expr) => {
        // What the conventions have renamed is found under any of its names, as in queries.
        const names = expr && QueryNames.ofQuery(expr);
        return recent.over(new StoreSource(reader, { signal, timeoutMs: TIMEOUT_MS }, names));
      },
      lines: (signal) => new StoredLines(reader, { signal, timeoutMs: TIMEOUT_MS }),
    }),
    series: recent,
    alerts: new AlertSinks([...clients, options.alerts]),
    externalUrl: options.externalUrl,
    externalLabels,
    turns: new Turns(CONCURRENCY),
    catchUpTurns: new Turns(1),
    share: options.shared.rules,
    log,
  });
  const files = new RuleFiles({
    patterns: options.patterns,
    clock: systemClock,
    log,
    changed: (read) => manager.update(read),
  });
  const metrics = new ServerMetrics({
    metrics: ruleMetrics(() => manager.ownGroups, clients),
    sink: options.sink,
    clock: systemClock,
    version: options.version,
    instance: options.instance,
  });
  await files.start();
  metrics.start();
  manager.start();
  return {
    manager,
    alertmanagers: clients.map(({ address }) => address),
    reload: () => files.reload(),
    stop: async () => {
      files.close();
      metrics.stop();
      await manager.stop();
      await Promise.all(clients.map((client) => client.close()));
      await reader.close();
    },
  };
}
