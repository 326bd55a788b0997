import { resolve } from 'node:path';
import type { ComponentStatus, CreateSettings } from '#component';
import { SIGNALS, type Signal } from '#pdata';
import { StoreWriter, type StoreWriterObserver, storeEndpoint } from '#store';
import type { SignalboxExporterConfig } from './config.ts';
import { type StoreMetrics, storeMetrics } from './metrics.ts';

interface Shared {
  readonly writer: StoreWriter;
  readonly metrics: StoreMetrics;
  /** Takes back what was only to be said later. */
  readonly hush: () => void;
  readonly started: Promise<void>;
  users: number;
}

const writers = new Map<string, Shared>();
/** Writers that stop, by their folders: what follows on a folder, after a reload, waits until it is free. */
const stopping = new Map<string, Promise<void>>();

/** A use of a spool and its writer. The exporter's instances for the three signals use one together. */
export interface WriterUse {
  readonly writer: StoreWriter;
  /** The last use stops the writer. */
  release(deadlineMs: number): Promise<void>;
}

/** Opens the spool folder, or joins the writer that this process has on it. Throws StartError. */
export async function openWriter(
  settings: CreateSettings,
  config: SignalboxExporterConfig,
  directory: string,
): Promise<WriterUse> {
  const dir = resolve(directory);
  // An exporter with another name on the same folder opens it on its own, and fails at its lock.
  const key = `${settings.id} ${dir}`;
  while (!writers.has(key) && stopping.has(dir)) await stopping.get(dir);
  const shared = writers.get(key) ?? open(settings, config, dir);
  writers.set(key, shared);
  shared.users++;
  try {
    await shared.started;
  } catch (error) {
    await release({ key, dir }, shared, 0);
    throw error;
  }
  return { writer: shared.writer, release: (deadlineMs) => release({ key, dir }, shared, deadlineMs) };
}

async function release(
  { key, dir }: { readonly key: string; readonly dir: string },
  shared: Shared,
  deadlineMs: number,
): Promise<void> {
  if (--shared.users > 0) return;
  writers.delete(key);
  const end = stopOf(shared, deadlineMs);
  const settled = end.then(
    () => undefined,
    () => undefined,
  );
  stopping.set(dir, settled);
  try {
    await end;
  } finally {
    if (stopping.get(dir) === settled) stopping.delete(dir);
  }
}

async function stopOf({ writer, hush, metrics }: Shared, deadlineMs: number): Promise<void> {
  await writer.stop(deadlineMs);
  hush();
  metrics.close();
}

function open(settings: CreateSettings, config: SignalboxExporterConfig, dir: string): Shared {
  const { spool, retention } = config;
  let metrics: StoreMetrics | undefined;
  const { observer, hush } = observerOf(settings, () => metrics!);
  const writer = new StoreWriter({
    endpoint: storeEndpoint({
      ...(config.endpoint === undefined ? {} : { url: config.endpoint }),
      database: config.database,
      ...(config.username !== undefined && { username: config.username }),
      ...(config.password !== undefined && { password: config.password.reveal() }),
    }),
    retention: {
      traces: retention.tracesMs / 1000,
      metrics: retention.metricsMs / 1000,
      logs: retention.logsMs / 1000,
    },
    spool: {
      dir,
      owner: `exporter "${settings.id}"`,
      segmentBytes: spool.segmentSizeBytes,
      segmentItems: spool.segmentItems,
      segmentAgeMs: spool.segmentAgeMs,
      limitBytes: spool.maxSizeBytes,
      rejectedLimitBytes: spool.maxRejectedSizeBytes,
    },
    memoryBytes: spool.memoryLimitBytes,
    concurrency: config.concurrency,
    reserveBytes: config.diskReserveBytes,
    insertTimeoutMs: config.timeoutMs,
    seriesLimit: config.seriesCacheSize,
    clock: settings.clock,
    random: settings.random,
    observer,
  });
  metrics = storeMetrics(settings.meter, {
    spoolBytes: () => writer.spoolBytes,
    spoolLimitBytes: spool.maxSizeBytes,
    segmentCount: () => writer.segmentCount,
    lagMs: () => writer.lagMs,
    detachedParts: () => writer.detachedParts,
  });
  return { writer, metrics, hush, started: writer.start(), users: 0 };
}

/** `up` starts the engine beside the collector: that it doesn't answer in the first moments is worth no line. */
const START_GRACE_MS = 5_000;
const STATUSES = { unavailable: 'recoverable_error', failed: 'permanent_error' } as const;

function observerOf(
  settings: CreateSettings,
  metrics: () => StoreMetrics,
): { readonly observer: StoreWriterObserver; readonly hush: () => void } {
  const { account, logger, clock } = settings;
  const createdMs = clock.monotonicMs();
  let cancelWarning = (): void => undefined;
  let trouble: { readonly status: ComponentStatus; readonly message: string } | undefined;
  let refusal: string | undefined;
  const report = (): void => {
    if (refusal !== undefined) settings.reportStatus('recoverable_error', refusal);
    else if (trouble !== undefined) settings.reportStatus(trouble.status, trouble.message);
    else settings.reportStatus('ok');
  };
  const observer: StoreWriterObserver = {
    log: (level, message) => logger[level](message),
    state(state, message) {
      cancelWarning();
      trouble = state === 'ok' ? undefined : { status: STATUSES[state], message };
      report();
      if (state === 'ok') logger.info(message);
      else if (state === 'unavailable') {
        const graceMs = createdMs + START_GRACE_MS - clock.monotonicMs();
        const warn = (): void => logger.warn(`${message}; data waits in the spool`);
        if (graceMs > 0) cancelWarning = clock.after(graceMs, warn);
        else warn();
      } else logger.error(`${message}; data stays in the spool`);
    },
    accepting(isAccepting, message) {
      refusal = isAccepting ? undefined : message;
      settings.reportRefusing(!isAccepting);
      report();
      if (isAccepting) logger.info(message);
      else logger.error(`${message}; senders are told to try again later`);
    },
    inserted(items, seconds) {
      addTo(metrics().sent, items);
      metrics().insertSeconds.record(seconds);
    },
    rejected(items) {
      addTo(metrics().failed, items);
      metrics().rejectedSegments.add(1);
      for (const signal of SIGNALS) account.lost(signal, items[signal], 'rejected_by_store');
    },
    lost(items) {
      account.trouble('damaged_files', 1);
      for (const signal of SIGNALS) account.lost(signal, items[signal], 'damaged');
    },
    retried: () => metrics().retries.add(1),
    damaged: (parts) => metrics().damagedParts.add(parts),
  };
  return { observer, hush: () => cancelWarning() };
}

function addTo(counters: StoreMetrics['sent'], items: Readonly<Record<Signal, number>>): void {
  for (const signal of SIGNALS) if (items[signal] > 0) counters[signal].add(items[signal]);
}
