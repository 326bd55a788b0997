import { listEnvironments, readSignals, type StoredSignals } from '#query';
import type { ConsoleRequest, ConsoleSettings } from './routes.ts';
import type { StatusResponse } from './types.ts';

/** Environments change rarely, and every page asks. */
const environmentsTtlMs = 30_000;

export function statusRoute(settings: ConsoleSettings): (request: ConsoleRequest) => Promise<StatusResponse> {
  let known: { readonly atMs: number; readonly names: readonly string[] } | undefined;
  return async ({ reader, options }) => {
    const nowMs = Date.now();
    const isFresh = known !== undefined && nowMs - known.atMs < environmentsTtlMs;
    const [signals, names] = await Promise.all([
      readSignals(reader, nowMs, options),
      isFresh ? known!.names : listEnvironments(reader, nowMs, options),
    ]);
    // An empty list is asked again: the first data may come any moment.
    if (!isFresh && names.length > 0) known = { atMs: nowMs, names };
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
