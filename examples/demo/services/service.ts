import { type Route, type RunningServer, serve } from '../lib/http-server.ts';
import type { Random } from '../lib/random.ts';
import type { Telemetry } from '../lib/telemetry.ts';

/** What every service instance is given. */
export interface Instance {
  readonly telemetry: Telemetry;
  readonly random: Random;
}

export interface RunningService {
  /** Loopback port; 0 for a service without an HTTP server. */
  readonly port: number;
  close(): Promise<void>;
}

/** Starts an HTTP service; `release` frees what else it holds, after the last request was answered. */
export async function startHttpService(
  { telemetry }: Instance,
  routes: readonly Route[],
  release: () => void = () => {},
): Promise<RunningService> {
  const server: RunningServer = await serve(telemetry, routes);
  telemetry.log.info(`listening on port ${server.port}`, { 'server.port': server.port });
  return {
    port: server.port,
    async close() {
      await server.close();
      release();
      telemetry.log.info('stopped');
    },
  };
}

/** Runs `work` again and again with a pause between, until closed; a failure of one round ends only that round. */
export function everySoOften(pauseMs: number, work: () => Promise<void>): { close(): Promise<void> } {
  const stop = new AbortController();
  const loop = (async () => {
    while (!stop.signal.aborted) {
      await pause(pauseMs, stop.signal);
      if (!stop.signal.aborted) await work().catch(() => {});
    }
  })();
  return {
    close() {
      stop.abort();
      return loop;
    },
  };
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
