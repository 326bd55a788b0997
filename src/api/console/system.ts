import { every } from '#base';
import { CpuMeter, emptySystem, QueryError, readSystem, type SystemView } from '#query';
import { PerTenant } from '../http/per-tenant.ts';
import type { ApiNeeds } from '../http/plugin.ts';
import type { ConsoleRequest } from './request.ts';
import { isStoreSilent } from './store-silent.ts';
import type { SystemResponse } from './types.ts';

const READ_EVERY_MS = 5_000;

/**
 * The system as the store knows it. A store that does not answer is a part of the view: then the last picture is shown, with its time, and
 * what this process knows by itself.
 */
export function systemRoute({
  onClose,
}: Pick<ApiNeeds, 'onClose'>): (request: ConsoleRequest) => Promise<SystemResponse> {
  const ownProcess = ownProcessMeter(onClose);
  const lastOf = new PerTenant((): { last?: { readonly view: SystemView; readonly atMs: number } } => ({}));
  return async ({ reader, query, options }) => {
    const known = lastOf.of(reader.tenant);
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
      known.last = { view, atMs: nowMs };
      return respond(view, nowMs);
    } catch (error) {
      if (!(error instanceof QueryError) || !isStoreSilent(error)) throw error;
      const store = { available: false, message: error.message };
      const view = known.last?.view ?? emptySystem(range);
      return respond({ ...view, store: { ...view.store, ...store } }, known.last?.atMs);
    }
  };
}

/** This process, by readings of its own: how many look, and how often, changes nothing. */
function ownProcessMeter(onClose: ApiNeeds['onClose']): () => SystemResponse['processes'][number] {
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
