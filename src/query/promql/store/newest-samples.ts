import type { ReadOptions, StoreReader } from '../../reader/index.ts';
import { METRIC_TYPES, metricSeries, type TimeRange } from '../../source/index.ts';
import { integer, type Sql, sql, texts } from '../../sql/index.ts';

/** Of each resource: when its newest sample in a range was taken. `last_seen` of series doesn't say it: it is right to the hour only. */

type ResourceId = number | bigint;

/** A resource that is alive has samples of any of its series this long before the end. */
const RECENT_MS = 900_000;
/** Series of a resource that are looked at first, those that were written again last. */
const FIRST_SERIES = 4;

/** Milliseconds, by id; a resource without a sample in the range is not in it. */
export async function newestSampleTimes(
  reader: StoreReader,
  ids: readonly ResourceId[],
  range: TimeRange,
  options: ReadOptions,
): Promise<ReadonlyMap<ResourceId, number>> {
  const found = new Map<ResourceId, number>();
  const recent = { fromMs: Math.max(range.fromMs, range.toMs - RECENT_MS), toMs: range.toMs };
  for (const [within, most] of [
    [recent, FIRST_SERIES],
    [recent, undefined],
    [range, undefined],
  ] as const) {
    const missing = ids.filter((id) => !found.has(id));
    if (missing.length === 0) break;
    await addNewest(found, reader, missing, within, range, most, options);
  }
  return found;
}

/** Adds what a range has of resources, of no more than so many series of each. */
async function addNewest(
  found: Map<ResourceId, number>,
  reader: StoreReader,
  ids: readonly ResourceId[],
  within: TimeRange,
  range: TimeRange,
  most: number | undefined,
  options: ReadOptions,
): Promise<void> {
  const chosen = most === undefined ? sql`` : sql`ORDER BY last DESC LIMIT ${integer(most)} BY resource_id`;
  const series = sql`SELECT resource_id, series_id, any(stored.name) AS name, any(stored.type) AS type, max(stored.last_seen) AS last
    ${metricSeries.in(range, 'user')} AND resource_id IN (SELECT toUInt64(arrayJoin(${texts(ids.map(String))})))
    GROUP BY resource_id, series_id ${chosen}`;
  for (const { numbers, points } of POINTS) {
    const ofType = sql`FROM (${series}) WHERE type IN (${integerList(numbers)})`;
    const table = await reader.read(
      sql`SELECT resource_id, max(at) AS newest FROM (
          SELECT series_id, max(toUnixTimestamp64Milli(stored.time)) AS at ${points.in(within)}
            AND name IN (SELECT name ${ofType}) AND series_id IN (SELECT series_id ${ofType}) AND bitAnd(stored.flags, 1) = 0
          GROUP BY series_id) AS times INNER JOIN (SELECT resource_id, series_id ${ofType}) AS owners USING (series_id)
        GROUP BY resource_id`,
      options,
    );
    const newest = table.vector('newest');
    table
      .column<ResourceId>('resource_id')
      .forEach((id, row) => void found.set(id, Math.max(found.get(id) ?? 0, newest[row]!)));
  }
}

/** The tables of points, with the types that are in each. */
const POINTS = [...new Set(Object.values(METRIC_TYPES).map(({ points }) => points))].map((points) => ({
  points,
  numbers: Object.values(METRIC_TYPES)
    .filter((type) => type.points === points)
    .map(({ number }) => number),
}));

function integerList(numbers: readonly number[]): Sql {
  return numbers.map((number) => sql`${integer(number)}`).reduce((list, each) => sql`${list}, ${each}`);
}
