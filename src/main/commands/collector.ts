import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { messageOf } from '#base';
import { lockFolder } from '#base/folder.ts';
import { controlSocketIn } from '#base/local-socket.ts';
import { Collector } from '#collector';
import { type LoadedConfig, type MapNode, nodeAt } from '#config';
import { addressesIn, METRICS_DEFAULT } from '../addresses.ts';
import { builtinAddresses } from '../builtin.ts';
import { components } from '../components.ts';
import { loadConfiguration } from '../configuration.ts';
import { DATA_FOLDER, keepPrivate } from '../data-folder.ts';
import { addressOf, type Flags } from '../flags.ts';
import { lintRules } from '../lint/lint.ts';
import { MEMORY_FLAGS, MemoryKeeper, ownProcess } from '../memory-keeper.ts';
import { otlpAddresses } from '../otlp-addresses.ts';
import type { FlagAddresses } from '../port-hint.ts';
import { type RunningRole, runRole } from '../role.ts';
import { writerLogin } from '../store-login.ts';
import { type ControlServer, startControlServer } from '../tap/control-server.ts';
import { UsageError } from '../usage.ts';
import { signalboxVersion } from '../version.ts';

/** `signalbox collector`: receivers, processors, exporters of one configuration. Under `up` the built-in one is the default. */
export async function collectorCommand(flags: Flags, isBuiltinAllowed: boolean): Promise<number> {
  if (flags.config.length === 0 && !isBuiltinAllowed) {
    throw new UsageError('at least one config flag must be provided', 'signalbox collector --config FILE');
  }
  const addresses: FlagAddresses = { 'metrics-address': addressOf(flags, 'metrics-address', METRICS_DEFAULT) };
  if (flags.config.length === 0) {
    const { grpc, http, health, zpages } = builtinAddresses(flags);
    const builtin = {
      'otlp-grpc-address': grpc,
      'otlp-http-address': http,
      'health-address': health,
      'zpages-address': zpages,
    };
    Object.assign(addresses, builtin);
  }
  return runRole(() => startCollector(flags), addresses);
}

async function startCollector(flags: Flags): Promise<RunningRole> {
  setFlagsFromString(MEMORY_FLAGS);
  const load = async (): Promise<LoadedConfig> => withAdvice(await loadConfiguration(flags, writerLogin), flags);
  const first = await load();
  const { dataDir } = addressesIn(first.root, flags);
  const stateDir = join(dataDir, 'collector');
  let fail: (message: string) => void = () => undefined;
  const failed = new Promise<string>((resolve) => {
    fail = resolve;
  });
  let isFirst = true;
  const collector = new Collector({
    registry: components,
    load: async () => {
      if (!isFirst) return load();
      isFirst = false;
      return first;
    },
    version: signalboxVersion(),
    stateDir,
    onFatal: (message) => fail(message),
  });
  const isKeeper = keepsData(first.root);
  if (isKeeper) keepPrivate(dataDir, (line) => void process.stderr.write(`signalbox: ${line}\n`));
  const lock = isKeeper ? lockFolder(stateDir, { ...DATA_FOLDER, user: 'collector' }) : undefined;
  await collector.start();
  const control = await startControl(dataDir, collector);
  const keeper = new MemoryKeeper(ownProcess).start();
  return {
    info: { ...otlpAddresses(first.root) },
    stop: async () => {
      keeper.cancel();
      await control?.close();
      await collector.shutdown();
      lock?.release();
    },
    // Where neither the new configuration nor the one before can run, only another start can help.
    reload: () => collector.reload().catch((error: unknown) => fail(`no configuration can run: ${messageOf(error)}`)),
    restarted: keepRestarts(collector),
    failed,
  };
}

/** For taps. A collector that keeps nothing makes no folder for them. */
async function startControl(dataDir: string, collector: Collector): Promise<ControlServer | undefined> {
  const path = controlSocketIn(dataDir);
  return path === undefined || !existsSync(dataDir) ? undefined : startControlServer(path, collector);
}

/** What `signalbox lint` says of a file is said when it is used, too. */
function withAdvice(loaded: LoadedConfig, flags: Flags): LoadedConfig {
  if (flags.config.length === 0) return loaded;
  return { ...loaded, warnings: [...loaded.warnings, ...lintRules(loaded).filter(({ level }) => level !== 'note')] };
}

/** Counts that the supervisor keeps as own metrics: a role that dies again and again is seen on the page of the system. */
function keepRestarts(collector: Collector): (counts: Readonly<Record<string, number>>) => void {
  const meter = collector.metrics.meter();
  const description = 'Times that a process ended and was started again since the supervisor started';
  let totals: Readonly<Record<string, number>> = {};
  const known = new Set<string>();
  return (counts) => {
    totals = counts;
    for (const role of Object.keys(counts)) {
      if (known.has(role)) continue;
      known.add(role);
      meter.gauge('signalbox.process.restarts', { unit: '{restarts}', description }, () => totals[role] ?? 0, {
        'signalbox.role': role,
      });
    }
  };
}

/** Whether some exporter has a spool: then no other collector may use the folder. */
function keepsData(root: MapNode): boolean {
  const exporters = nodeAt(root, ['exporters']);
  return exporters?.kind === 'map' && [...exporters.entries.keys()].some((id) => id.split('/')[0] === 'signalbox');
}
