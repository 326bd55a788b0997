import { messageOf } from '#base';
import { QueryError, summarizeTraces } from '#query';
import { parseId } from '../http/parameters.ts';
import type { ApiNeeds } from '../http/plugin.ts';
import { noPins, pinTrace } from '../shared/pin-trace.ts';
import type { ConsoleRequest } from './request.ts';
import { traceSummary } from './trace-summary.ts';
import type { PinChanged, PinsResponse } from './types.ts';

/** GET /api/console/pins */
export function pinsRoute({ pins }: ApiNeeds): (request: ConsoleRequest) => Promise<PinsResponse> {
  return async ({ reader, options }) => {
    if (pins === undefined) return { canPin: false, traces: [], missing: [] };
    const ids = await pins.of(reader.tenant).list();
    const found = await summarizeTraces(reader, ids, options);
    const traces = [...found.values()].sort((a, b) => (a.startNs > b.startNs ? -1 : a.startNs < b.startNs ? 1 : 0));
    return {
      canPin: true,
      traces: traces.map((trace) => traceSummary({ ...trace, matchedSpanId: '' })),
      missing: ids.filter((id) => !found.has(id)),
    };
  };
}

/** POST /api/console/pins/:traceId */
export function pinRoute(needs: ApiNeeds): (request: ConsoleRequest) => Promise<PinChanged> {
  return async ({ reader, path, options }) => {
    const traceId = idOf(path);
    await pinTrace(needs, reader, traceId, options);
    return { traceId, isPinned: true };
  };
}

/** DELETE /api/console/pins/:traceId */
export function unpinRoute({ pins }: ApiNeeds): (request: ConsoleRequest) => Promise<PinChanged> {
  return async ({ reader, path }) => {
    if (pins === undefined) throw noPins();
    const traceId = idOf(path);
    try {
      await pins.of(reader.tenant).unpin(traceId);
    } catch (error) {
      throw new QueryError('store_unavailable', `failed to unpin the trace: ${messageOf(error)}`, { cause: error });
    }
    return { traceId, isPinned: false };
  };
}

function idOf(path: ConsoleRequest['path']): string {
  return parseId(path.traceId ?? '', 16, 'trace id')
    .toLowerCase()
    .padStart(32, '0');
}
