/** The map of services: who calls whom, and which databases, caches, queues and other hosts they use, with rate, errors and durations. */
import type { ServiceMap } from '../answers/index.ts';
import { chooseGrid } from '../plan/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { type CallFilter, readCalls } from './calls.ts';
import { putTogether } from './map-parts.ts';
import { readDataTime } from './red.ts';
import { listServices } from './services.ts';

const DATA_BUCKETS = 40;

/** `mostSpans`: see readCalls. */
export async function readServiceMap(
  reader: StoreReader,
  filter: CallFilter,
  options?: ReadOptions,
  mostSpans?: number,
): Promise<ServiceMap> {
  const [listed, { calls, fromMs: edgesFromMs }, { data }] = await Promise.all([
    listServices(reader, filter, options),
    readCalls(reader, filter, options, mostSpans),
    readDataTime(reader, filter, chooseGrid(filter, DATA_BUCKETS), options),
  ]);
  const seconds = Math.max(1, Math.min(data.seconds, (filter.toMs - edgesFromMs) / 1000));
  return putTogether(listed, calls, { edgesFromMs, seconds });
}
