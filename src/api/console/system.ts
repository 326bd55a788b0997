import { every } from '#base';
import { CpuMeter, emptySystem, QueryError, readSystem, type SystemView } from '#query';
import type { ConsoleRequest } from './request.ts';
import type { SystemResponse } from './types.ts';

const READ_EVERY_MS = 5_000;

/**
 * The system as the store knows it. A store that does not answer is a part of the view: then the last picture is shown, with its time, and
 * what this process knows by itself. `onClose` takes what ends with the server.
 */
export function systemRoute(onClose: (end: () => void) => void): (request: ConsoleRequest) => Promise<SystemResponse> {
  const ownProcess = ownProcessMeter(onClose);
  let last: { readonly view: SystemView; readonly atMs: number } | undefined;
  return async ({ reader, query, options }) => {
    const nowMs = Date.now();
    const range = query.range();
    const respond = (view: SystemView, asOfMs: number | undefined): SystemResponse => ({
      ...view,
      processes: [...view.processes, ownProcess()],
      nowMs,
      ...(asOfMs !== undefined && { asOfMs }),
      ...(reader.answeredMs !== undefined && { answeredMs: reader.answeredMs }),
    });
    try {
      const view = await readSystem(reader, { ...range, nowMs }, options);
      last = { view, atMs: nowMs };
      return respond(view, nowMs);
    } catch (error) {
      if (!(error instanceof QueryError) || !isStoreSilent(error)) throw error;
      const store = { available: false, message: error.message };
      const view = last?.view ?? emptySystem(range);
      return respond({ ...view, store: { ...view.store, ...store } }, last?.atMs);
    }
  };
}

/** The store is away, or holds the line and says nothing. */
export function isStoreSilent(error: QueryError): boolean {
  return error.code === 'store_unavailable' || error.code === 'timeout';
}

/** This process, by readings of its own: how many look, and how often, changes nothing. */
function ownProcessMeter(onClose: (end: () => void) => void): () => SystemResponse['processes'][number] {
  const meter = new CpuMeter();
  const read = (): { readonly atMs: number; readonly cpuMs: number } => {
    const { user, system } = process.cpuUsage();
    return { atMs: performance.now(), cpuMs: (user + system) / 1000 };
  };
  const note = (): void => {
    const { atMs, cpuMs } = read();
    meter.add(atMs, cpuMs);
  };
  note();
  const timer = every(READ_EVERY_MS, note);
  onClose(() => timer.cancel());
  return () => {
    const now = read();
    const uptimeS = process.uptime();
    const cpuPercent = meter.percent(now) ?? now.cpuMs / uptimeS / 10;
    return { role: 'server', uptimeS, cpuPercent, rssBytes: process.memoryUsage.rss() };
  };
}
