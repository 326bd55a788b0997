import type { Server } from 'node:net';
import type { MetricLabels } from '#base';
import { ListenerRefusals, type RefusalSettings } from './listener-refusals.ts';

/** How many connections a listener takes; 0 means any number. Those beyond are closed, with the event `drop`. */
export function limitConnections(server: Server, limit: number): void {
  server.maxConnections = limit === 0 ? Number.MAX_SAFE_INTEGER : limit;
}

/** What to do at a connection too many: `limitKey` names the setting. */
export function connectionRefusals(
  settings: RefusalSettings,
  limitKey: string,
  limit: number,
  labels: MetricLabels,
): () => void {
  const refusals = new ListenerRefusals(settings, labels);
  let isSaid = false;
  return () => {
    const message = `a connection beyond the ${limit} of ${limitKey}; more of the same are only counted`;
    refusals.count('connections', message, !isSaid);
    isSaid = true;
  };
}
