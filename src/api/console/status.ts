import { listEnvironments, readSignals, type StoredSignals } from '#query';
import type { ConsoleRequest, ConsoleSettings } from './routes.ts';
import type { StatusResponse } from './types.ts';

/** Environments change rarely, every page asks, and the answer needs a column of all spans. Where there is none one may come any moment. */
const environmentsTtlMs = 30_000;
const noEnvironmentsTtlMs = 5_000;

export function statusRoute(settings: ConsoleSettings): (request: ConsoleRequest) => Promise<StatusResponse> {
  let known: { readonly atMs: number; readonly names: readonly string[] } | undefined;
  return async ({ reader, options }) => {
    const nowMs = Date.now();
    const ttlMs = known?.names.length === 0 ? noEnvironmentsTtlMs : environmentsTtlMs;
    const isFresh = known !== undefined && nowMs - known.atMs < ttlMs;
    const [signals, names] = await Promise.all([
      readSignals(reader, nowMs, options),
      isFresh ? known!.names : listEnvironments(reader, nowMs, options),
    ]);
    if (!isFresh) known = { atMs: nowMs, names };
    return {
      version: settings.version,
      nowMs,
      ingest: settings.ingest,
      signals: signalsOf(signals),
      environments: names,
    };
  };
}

function signalsOf(signals: StoredSignals): StatusResponse['signals'] {
  const one = ({ hasData, newestMs }: StoredSignals['traces']) => ({
    hasData,
    ...(newestMs !== undefined && { newestMs }),
  });
  return { traces: one(signals.traces), logs: one(signals.logs), metrics: one(signals.metrics) };
}
