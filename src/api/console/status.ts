import { listEnvironments, QueryError, readSignals, type StoredSignals } from '#query';
import type { ConsoleRequest, ConsoleSettings } from './request.ts';
import { isStoreSilent } from './system.ts';
import type { StatusResponse } from './types.ts';

/** Environments change rarely, every page asks, and the answer needs a column of all spans. Where there is none one may come any moment. */
const ENVIRONMENTS_TTL_MS = 120_000;
const NO_ENVIRONMENTS_TTL_MS = 5_000;
/** What was found once is believed so long, although retention may have dropped it. */
const KNOWN_TTL_MS = 600_000;

/** What is known of the store; where it does not answer, what was known last. Never an error of the store, and never late. */
export function statusRoute(settings: ConsoleSettings): (request: ConsoleRequest) => Promise<StatusResponse> {
  let environments: { readonly atMs: number; readonly names: readonly string[] } | undefined;
  let known: { readonly atMs: number; readonly signals: StoredSignals } | undefined;
  return async ({ reader, options }) => {
    const nowMs = Date.now();
    const ttlMs = environments?.names.length === 0 ? NO_ENVIRONMENTS_TTL_MS : ENVIRONMENTS_TTL_MS;
    const isFresh = environments !== undefined && nowMs - environments.atMs < ttlMs;
    let store: StatusResponse['store'] = { available: true, message: '' };
    try {
      const [found, names] = await Promise.all([
        readSignals(
          reader,
          nowMs,
          options,
          known !== undefined && nowMs - known.atMs < KNOWN_TTL_MS ? known.signals : undefined,
        ),
        isFresh ? environments!.names : listEnvironments(reader, nowMs, options),
      ]);
      if (known === undefined || nowMs - known.atMs >= KNOWN_TTL_MS) known = { atMs: nowMs, signals: found };
      else known = { atMs: known.atMs, signals: found };
      if (!isFresh) environments = { atMs: nowMs, names };
    } catch (error) {
      if (!(error instanceof QueryError) || !isStoreSilent(error)) throw error;
      store = { available: false, message: error.message };
    }
    const { answeredMs } = reader;
    return {
      version: settings.version,
      nowMs,
      ingest: settings.ingest,
      store: answeredMs === undefined ? store : { ...store, answeredMs },
      ...(known !== undefined && { signals: signalsOf(known.signals) }),
      environments: environments?.names ?? [],
    };
  };
}

function signalsOf(signals: StoredSignals): NonNullable<StatusResponse['signals']> {
  const one = ({ hasData, newestMs }: StoredSignals['traces']) => ({
    hasData,
    ...(newestMs !== undefined && { newestMs }),
  });
  return { traces: one(signals.traces), logs: one(signals.logs), metrics: one(signals.metrics) };
}
