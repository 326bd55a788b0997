import { emptySystem, QueryError, readSystem, type SystemView } from '#query';
import type { ConsoleRequest } from './routes.ts';
import type { SystemResponse } from './types.ts';

/**
 * The system as the store knows it. A store that does not answer is a part of the view: then the last picture is shown, with its time, and
 * what this process knows by itself.
 */
export function systemRoute(): (request: ConsoleRequest) => Promise<SystemResponse> {
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

/** CPU since the last time that somebody asked. */
let lastAsked = { atMs: 0, cpuMicros: 0 };

function ownProcess(): SystemResponse['processes'][number] {
  const { user, system } = process.cpuUsage();
  const now = { atMs: process.uptime() * 1000, cpuMicros: user + system };
  const cpuPercent = ((now.cpuMicros - lastAsked.cpuMicros) / 1000 / Math.max(1, now.atMs - lastAsked.atMs)) * 100;
  lastAsked = now;
  return { role: 'server', uptimeS: process.uptime(), cpuPercent, rssBytes: process.memoryUsage.rss() };
}
