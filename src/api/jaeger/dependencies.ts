import { type ReadOptions, readServiceEdges, type ServiceEdge, type StoreReader, type TimeRange } from '#query';
import { shownService } from './parameters.ts';

/** Who calls whom: services, and the databases and queues that they use. The busiest first. */
export async function jaegerDependencies(
  reader: StoreReader,
  range: TimeRange,
  options: ReadOptions,
): Promise<readonly Omit<ServiceEdge, 'errorCount'>[]> {
  const { services, backing } = await readServiceEdges(reader, range, options);
  return [...services, ...backing]
    .map(({ parent, child, callCount }) => ({ parent: shownService(parent), child: shownService(child), callCount }))
    .sort((a, b) => b.callCount - a.callCount);
}
