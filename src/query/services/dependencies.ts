/** What a service depends on that sends no telemetry of its own: databases, caches, queues, other hosts. */
import type { Dependency } from '../answers/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { type CallFilter, type CallSum, type Calls, durationQuantile, readCalls, sumOfCalls } from './calls.ts';

const MAX_DEPENDENCIES = 100;

/** The dependencies of a service in a range, those that are called most first. */
export async function readDependencies(
  reader: StoreReader,
  filter: CallFilter & { readonly service: string },
  options?: ReadOptions,
): Promise<readonly Dependency[]> {
  const { calls } = await readCalls(reader, filter, options);
  const sums = new Map<string, CallSum & { readonly one: Calls; readonly kind: Dependency['kind'] }>();
  for (const one of calls) {
    const { kind, system, name, namespace } = one;
    if (one.source !== filter.service || kind === 'service' || one.direction === 'taken') continue;
    const key = JSON.stringify([kind, system, name, namespace]);
    const known = sums.get(key);
    sums.set(key, { one, kind, ...(known === undefined ? one : sumOfCalls(known, one)) });
  }
  return [...sums.values()]
    .sort((a, b) => b.callCount - a.callCount || (a.one.name < b.one.name ? -1 : 1))
    .slice(0, MAX_DEPENDENCIES)
    .map(({ one: { system, name, namespace }, kind, callCount, errorCount, durations }) => ({
      ...{ kind, system, name, namespace, callCount, errorCount },
      p50Ns: durationQuantile(durations, 0.5) ?? 0,
      p95Ns: durationQuantile(durations, 0.95) ?? 0,
    }));
}
