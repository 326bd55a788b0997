import {
  listEnvironments,
  QueryError,
  type ReadOptions,
  readSignals,
  type StoredSignals,
  type StoreReader,
} from '#query';
import { PerTenant } from '../http/per-tenant.ts';
import type { ApiNeeds } from '../http/plugin.ts';
import type { ConsoleRequest } from './request.ts';
import { isStoreSilent } from './store-silent.ts';
import type { StatusResponse } from './types.ts';

/** Environments change rarely, every page asks, and the answer needs a column of all spans. Where there is none one may come any moment. */
const ENVIRONMENTS_TTL_MS = 120_000;
const NO_ENVIRONMENTS_TTL_MS = 5_000;
/** What was found once is believed so long, although retention may have dropped it. */
const KNOWN_TTL_MS = 600_000;

interface Known {
  environments?: { readonly atMs: number; readonly names: readonly string[] };
  signals?: { readonly atMs: number; readonly signals: StoredSignals };
}

/** What is known of the store; where it does not answer, what was known last. Never an error of the store, and never late. */
export function statusRoute({
  version,
  ingest,
}: Pick<ApiNeeds, 'version' | 'ingest'>): (request: ConsoleRequest) => Promise<StatusResponse> {
  const knownOf = new PerTenant((): Known => ({}));
  return async ({ reader, options }) => {
    const known = knownOf.of(reader.tenant);
    const nowMs = Date.now();
    let store: StatusResponse['store'] = { available: true, message: '' };
    try {
      await refresh(known, reader, nowMs, options);
    } catch (error) {
      if (!(error instanceof QueryError) || !isStoreSilent(error)) throw error;
      store = { available: false, message: error.message };
    }
    const { answeredMs } = reader;
    return {
      version,
      nowMs,
      ingest,
      store: answeredMs === undefined ? store : { ...store, answeredMs },
      ...(known.signals !== undefined && { signals: signalsOf(known.signals.signals) }),
      environments: known.environments?.names ?? [],
    };
  };
}

async function refresh(known: Known, reader: StoreReader, nowMs: number, options: ReadOptions): Promise<void> {
  const { environments, signals } = known;
  const ttlMs = environments?.names.length === 0 ? NO_ENVIRONMENTS_TTL_MS : ENVIRONMENTS_TTL_MS;
  const isFresh = environments !== undefined && nowMs - environments.atMs < ttlMs;
  const believed = signals !== undefined && nowMs - signals.atMs < KNOWN_TTL_MS ? signals : undefined;
  const [found, names] = await Promise.all([
    readSignals(reader, nowMs, options, believed?.signals),
    isFresh ? environments.names : listEnvironments(reader, nowMs, options),
  ]);
  known.signals = { atMs: believed?.atMs ?? nowMs, signals: found };
  if (!isFresh) known.environments = { atMs: nowMs, names };
}

function signalsOf(signals: StoredSignals): NonNullable<StatusResponse['signals']> {
  const one = ({ hasData, newestMs }: StoredSignals['traces']) => ({
    hasData,
    ...(newestMs !== undefined && { newestMs }),
  });
  return { traces: one(signals.traces), logs: one(signals.logs), metrics: one(signals.metrics) };
}
