import { hostname } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { DashboardSource, LogLinker, SearchShelf, TracePins } from '#api';
import { ConfigErrors, systemClock } from '#base';
import { controlSocketIn } from '#base/local-socket.ts';
import type { MapNode, SignalboxConfig } from '#config';
import type { StoreSink } from '#store';
import { type Addresses, addressesIn } from '../addresses.ts';
import { builtinAddresses } from '../builtin.ts';
import type { CallCountingOptions, startCallCounting } from '../call-counter.ts';
import { type Flags, printAddress } from '../flags.ts';
import { MEMORY_FLAGS, MemoryKeeper, ownProcess } from '../memory-keeper.ts';
import { type NotifierOptions, type OpenNotifier, openNotifier } from '../notifier.ts';
import { ThreadedPlayground } from '../playground/playground.ts';
import { type RunningRole, runRole } from '../role.ts';
import { chosenRules } from '../rules/rule-patterns.ts';
import type { SharedRole } from '../rules/shared-role.ts';
import type { RulesOptions } from '../rules/start-rules.ts';
import { sectionOf } from '../section.ts';
import type { ServerMetrics } from '../server-metrics.ts';
import { readerLogin, writerLogin } from '../store-login.ts';
import { signalboxVersion } from '../version.ts';

/** `signalbox server`: console and query APIs over a store that is elsewhere. */
export async function serverCommand(flags: Flags): Promise<number> {
  const root = await sectionOf(flags);
  const addresses = addressesIn(root, flags);
  const ingest = await ingestPorts(root, flags);
  return runRole(async () => startServerRole(addresses, ingest, await sectionIn(root, flags)), {
    'http-address': addresses.server,
  });
}

interface IngestPorts {
  readonly grpcPort?: number;
  readonly httpPort?: number;
}

/** Where the collector of the same configuration takes OTLP. */
async function ingestPorts(root: MapNode | undefined, flags: Flags): Promise<IngestPorts> {
  if (root === undefined) {
    const { grpc, http } = builtinAddresses(flags);
    return { grpcPort: grpc.port, httpPort: http.port };
  }
  const { otlpAddresses, otlpPorts } = await import('../otlp-addresses.ts');
  return otlpPorts(otlpAddresses(root));
}

/** What the section `signalbox` and the flags say of queries and rules; other mistakes are said where all of it is checked. */
async function sectionIn(root: MapNode | undefined, flags: Flags): Promise<ServerSettings> {
  const given = { patterns: chosenRules(flags, undefined), alertmanagers: flags.alertmanagers };
  const externalUrl = flags.get('external-url');
  const alerts = alertsOf(flags, undefined);
  if (root === undefined) return { readLimits: {}, rules: { ...given, externalUrl }, alerts };
  const { readBlock, signalboxSchema } = await import('#config');
  const section = readBlock(signalboxSchema, { root, path: ['signalbox'] });
  if (!('value' in section)) {
    const own = section.errors.filter(({ message }) => OWN_KEYS.test(message));
    if (own.length > 0) throw new ConfigErrors(own);
    return { readLimits: {}, rules: { ...given, externalUrl }, alerts };
  }
  const { query, alerting, externalUrl: inFile } = section.value;
  return {
    readLimits: { rows: query.maxReadRows, bytes: query.maxReadBytes },
    rules: {
      patterns: chosenRules(flags, section.value),
      alertmanagers:
        given.alertmanagers.length > 0 ? given.alertmanagers : alerting.alertmanagers.map((url) => url.reveal()),
      externalUrl: externalUrl ?? inFile,
    },
    alerts: alertsOf(flags, section.value),
  };
}

/** Who is told of alerts. */
function alertsOf(flags: Flags, section: SignalboxConfig | undefined): ServerSettings['alerts'] {
  return {
    file: flags.get('alertmanager-config') ?? section?.alertmanager.configFile,
    allowsAbsent: flags.has('allow-unsupported-receivers') || section?.alertmanager.allowsUnsupportedReceivers === true,
  };
}

const OWN_KEYS = /^signalbox::(?:query|rules|loki_rules|alerting|alertmanager|external_url)/;

interface ServerSettings {
  readonly readLimits: { readonly rows?: number; readonly bytes?: number };
  readonly rules: Pick<RulesOptions, 'patterns' | 'alertmanagers'> & { readonly externalUrl: string | undefined };
  readonly alerts: Omit<NotifierOptions, 'externalUrl' | 'share'>;
}

async function startServerRole(
  addresses: Addresses,
  ingest: IngestPorts,
  { readLimits, rules: ruleSettings, alerts }: ServerSettings,
): Promise<RunningRole> {
  // Bodies of remote write and what is made of them lie outside of the heap, as those of the collector do.
  setFlagsFromString(MEMORY_FLAGS);
  const { startServer } = await import('#api');
  const { server: address, storeUrl, login, allowedHosts } = addresses;
  const sink = await openSink(addresses);
  const store = {
    ...(login.database !== undefined && { database: login.database }),
    ...readerLogin(addresses, process.env),
    readLimits,
  };
  const externalUrl = (ruleSettings.externalUrl ?? urlAt(address)).replace(/\/+$/, '');
  const instance = `${hostname()}:${address.port}`;
  const hasRules = Object.values(ruleSettings.patterns).flat().length > 0;
  const hasAlerts = alerts.file !== undefined || hasRules;
  const shared = hasAlerts ? await openShared(addresses, sink) : undefined;
  const told = await openNotifier(addresses, { ...alerts, externalUrl, share: shared?.notifications });
  const rules =
    !hasRules || shared === undefined
      ? undefined
      : await (await import('../rules/start-rules.ts')).startRules({
          ...ruleSettings,
          externalUrl,
          alerts: told.sink,
          sink,
          shared,
          version: signalboxVersion(),
          instance,
          reader: { url: storeUrl, ...store },
        });
  shared?.start(rules?.manager, told.notifier);
  const metrics = hasAlerts ? await startNotifyMetrics(told, sink, instance) : undefined;
  const pins = await openPins(addresses);
  const shelf = await openDashboards(addresses);
  const searches = await openSearches(addresses);
  const logLinks = await openLogLinks(addresses);
  const server = await startServer({
    host: address.host,
    port: address.port,
    engineUrl: storeUrl,
    version: signalboxVersion(),
    ...store,
    ...(addresses.grpc !== undefined && { grpcAddress: printAddress(addresses.grpc) }),
    mayLackGrpc: addresses.isGrpcDefault,
    allowedHosts,
    ingest,
    collectorSocket: controlSocketIn(addresses.dataDir),
    ottl: new ThreadedPlayground(),
    dashboards: shelf.source,
    sink,
    ...(rules !== undefined && { rules: rules.manager }),
    alertmanagers: [`${externalUrl}/alertmanager/api/v2/alerts`, ...(rules?.alertmanagers ?? [])],
    notifier: told.notifier,
    pins,
    searches: searches.shelf,
    ...(logLinks !== undefined && { logLinks }),
  });
  const counting = await openCallCounting(addresses, { url: storeUrl, ...store });
  const keeper = new MemoryKeeper(ownProcess).start();
  return {
    info: { url: server.url },
    reload: async () => {
      told.reload();
      await rules?.reload();
    },
    stop: async () => {
      keeper.cancel();
      metrics?.stop();
      await rules?.stop();
      await shared?.stop();
      await server.close();
      await counting.stop();
      await told.close();
      await pins.close();
      await sink.close(SINK_STOP_MS);
      await shelf.close();
      await searches.close();
    },
  };
}

async function startNotifyMetrics(
  { notifier, reads }: OpenNotifier,
  sink: StoreSink,
  instance: string,
): Promise<ServerMetrics> {
  const { ServerMetrics } = await import('../server-metrics.ts');
  const { notifyMetrics } = await import('../notify-metrics.ts');
  const metrics = new ServerMetrics({
    metrics: notifyMetrics(notifier, reads),
    sink,
    clock: systemClock,
    version: signalboxVersion(),
    instance,
  });
  metrics.start();
  return metrics;
}

/** Where this server is found from its own machine. */
function urlAt({ host, port }: Addresses['server']): string {
  const name = /^(?:0\.0\.0\.0|::|127\.0\.0\.1)$/.test(host) ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** What is pushed to the server is in the store by then, where that takes it; the rest waits in the spool. */
const SINK_STOP_MS = 5_000;

/** Takes metrics that are pushed to the server, and what rules record. */
async function openSink(addresses: Addresses): Promise<StoreSink> {
  const { StoreSink, storeEndpoint } = await import('#store');
  const { storeUrl, login, dataDir } = addresses;
  const sink = new StoreSink({
    endpoint: storeEndpoint({ url: storeUrl, ...login, ...writerLogin(addresses) }),
    dir: join(dataDir, 'server', 'spool'),
    log: (level, message) => {
      if (level !== 'info') process.stderr.write(`signalbox server: ${message}\n`);
    },
  });
  await sink.start();
  return sink;
}

/** Who called whom is counted beside the queries. */
async function openCallCounting(
  addresses: Addresses,
  reader: CallCountingOptions['reader'],
): Promise<ReturnType<typeof startCallCounting>> {
  const { startCallCounting } = await import('../call-counter.ts');
  const { storeEndpoint } = await import('#store');
  const { storeUrl, login } = addresses;
  const writer = storeEndpoint({ url: storeUrl, ...login, ...writerLogin(addresses) });
  return startCallCounting({ reader, writer });
}

/** Shares rules and notifications with other servers of the same store. */
async function openShared(addresses: Addresses, sink: StoreSink): Promise<SharedRole> {
  const { storeEndpoint } = await import('#store');
  const { SharedRole } = await import('../rules/shared-role.ts');
  const { storeUrl, login, dataDir } = addresses;
  const endpoint = storeEndpoint({ url: storeUrl, ...login, ...writerLogin(addresses) });
  return new SharedRole({ endpoint, dataDir, sink });
}

/** Pinned traces of each tenant that asks for any. */
async function openPins(addresses: Addresses): Promise<TracePins & { close(): Promise<void> }> {
  const { PinnedTraces, storeEndpoint } = await import('#store');
  const { storeUrl, login } = addresses;
  const endpoint = storeEndpoint({ url: storeUrl, ...login, ...writerLogin(addresses) });
  const pins = new Map<string, InstanceType<typeof PinnedTraces>>();
  return {
    of: (tenant) => {
      const own = pins.get(tenant) ?? new PinnedTraces({ endpoint, tenant, nowMs: () => systemClock.nowMs() });
      pins.set(tenant, own);
      return own;
    },
    close: async () => {
      for (const own of pins.values()) await own.close();
    },
  };
}

/** Saved searches of each tenant that asks for any. */
async function openSearches(
  addresses: Addresses,
): Promise<{ readonly shelf: SearchShelf; readonly close: () => Promise<void> }> {
  const { StoredSearches } = await import('../saved-searches.ts');
  const { DocumentStore, storeEndpoint } = await import('#store');
  const { storeUrl, login } = addresses;
  const endpoint = storeEndpoint({ url: storeUrl, ...login, ...writerLogin(addresses) });
  const nowMs = (): number => systemClock.nowMs();
  const kept = new Map<
    string,
    { readonly documents: InstanceType<typeof DocumentStore>; readonly searches: InstanceType<typeof StoredSearches> }
  >();
  return {
    shelf: {
      of: (tenant) => {
        const known = kept.get(tenant);
        if (known !== undefined) return known.searches;
        const documents = new DocumentStore({ endpoint, tenant, nowMs });
        const searches = new StoredSearches({ documents, nowMs });
        kept.set(tenant, { documents, searches });
        return searches;
      },
    },
    close: async () => {
      for (const { documents } of kept.values()) await documents.close();
    },
  };
}

/** Reads the files once, so that mistakes in them are said at the start. */
async function openLogLinks({ datasources }: Addresses): Promise<LogLinker | undefined> {
  if (datasources.length === 0) return undefined;
  const { DataSourceFiles } = await import('../datasources/data-source-files.ts');
  const say = (problem: string): void => void process.stderr.write(`signalbox server: data sources: ${problem}\n`);
  const files = new DataSourceFiles({ paths: datasources, say });
  await files.look();
  return files;
}

/** Reads the folders once, so that mistakes in them are said at the start. */
async function openDashboards(
  addresses: Addresses,
): Promise<{ readonly source: DashboardSource; readonly close: () => Promise<void> }> {
  const { DashboardFolders } = await import('../dashboards/dashboard-folders.ts');
  const { ServerDashboards } = await import('../dashboards/dashboard-shelf.ts');
  const { StoredDashboards } = await import('../dashboards/saved-dashboards.ts');
  const { DocumentStore, storeEndpoint } = await import('#store');
  const { storeUrl, login } = addresses;
  const endpoint = storeEndpoint({ url: storeUrl, ...login, ...writerLogin(addresses) });
  const nowMs = (): number => systemClock.nowMs();
  const documents = new DocumentStore({ endpoint, tenant: '', nowMs });
  const folders = new DashboardFolders(addresses.dashboards);
  const { problems } = await folders.list();
  for (const problem of [...problems, ...(await folders.found()).flatMap(({ entry }) => entry.problems)])
    process.stderr.write(`signalbox server: dashboards: ${problem}\n`);
  return {
    source: new ServerDashboards(folders, new StoredDashboards({ documents, nowMs })),
    close: () => documents.close(),
  };
}
