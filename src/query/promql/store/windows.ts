import type { ReadOptions, StoreReader } from '../../reader/index.ts';
import { METRIC_TYPES, type TimeRange } from '../../source/index.ts';
import { Bound, raw, type Sql, sql } from '../../sql/index.ts';
import type { Labels } from '../labels.ts';
import { USES_STARTS } from '../range-functions.ts';
import type { WindowFunction, WindowGroup, WindowRequest, WindowSeries } from '../source.ts';
import type { NamedRow } from './divide.ts';
import { chosenSeries, namedMetrics } from './points.ts';
import type { SeriesRow } from './series.ts';
import { GRID_SETTINGS, groupStatement, type WindowSql, windowStatement } from './window-sql.ts';
import { groupValues, isGoodSum, stepValues } from './window-values.ts';

/** Of deltas these are sums. */
export const CHANGES: ReadonlySet<WindowFunction> = new Set(['rate', 'increase', 'irate']);

export interface WindowReading {
  readonly request: WindowRequest;
  readonly what: WindowSql;
  readonly range: TimeRange;
  readonly inStore: readonly NamedRow[];
  /** All series that the selector can mean, behind their columns. */
  readonly selector: Sql;
  /** These are all series of their metrics. */
  readonly isWhole: boolean;
}

export interface FoundWindows {
  readonly series: WindowSeries[];
  readonly odd: readonly SeriesRow[];
}

/** A series may still turn out to be one that only its samples can answer for: `odd`. */
export async function readWindows(
  reader: StoreReader,
  reading: WindowReading,
  options: ReadOptions,
): Promise<FoundWindows> {
  const { what, inStore, request } = reading;
  const table = await reader.read(seriesStatement(reading), withGrid(options, inStore.length * stepsOf(reading)));
  if (table.rowCount === 0) return { series: [], odd: [] };
  const byId = new Map(inStore.map((each) => [each.row.id, each]));
  const ids = table.integers('series_id');
  const isOdd = table.vector('is_odd');
  const sizes = table.has('size') ? table.vector('size') : undefined;
  const series: WindowSeries[] = [];
  const odd: SeriesRow[] = [];
  let place = 0;
  for (const { values, present, hasAny } of stepValues(table, what.shape, request.grid.count)) {
    const each = byId.get(String(BigInt.asUintN(64, ids[place]!)));
    const isBad =
      isOdd[place] === 1 || (sizes !== undefined && values[0] !== 0 && !isGoodSum(values[0]!, sizes[place]!));
    place++;
    if (each === undefined) continue;
    if (isBad) odd.push(each.row);
    else if (hasAny) series.push({ labels: each.labels, values, present });
  }
  return { series, odd };
}

/** Undefined where some series or some sum has to be looked at more closely. */
export async function readGroups(
  reader: StoreReader,
  reading: WindowReading,
  group: WindowGroup,
  options: ReadOptions,
): Promise<WindowSeries[] | undefined> {
  const { inStore, request, what } = reading;
  if (what.shape.kind !== 'steps' || what.sizes !== undefined) return undefined;
  const seen = new Set<string>();
  const places = new Map<string, number>();
  const labels: Labels[] = [];
  const placeOf: number[] = [];
  for (const each of inStore) {
    const named = group.named(each.labels);
    // Two series of one name are an error, which the evaluator finds.
    if (seen.has(named.key)) return undefined;
    seen.add(named.key);
    const own = group.labelsOf(named);
    let place = places.get(own.key);
    if (place === undefined) {
      place = labels.length;
      places.set(own.key, place);
      labels.push(own);
    }
    placeOf.push(place);
  }
  const groupOf = labels.length === 1 ? raw('0') : groupOfSeries(inStore, placeOf);
  if (groupOf === undefined) return undefined;
  const statement = groupStatement(group.operator, seriesStatement(reading), groupOf);
  const table = await reader.read(statement, withGrid(options, labels.length * request.grid.count));
  if (table.rowCount > 0 && Array.from(table.vector('is_any_odd')).includes(1)) return undefined;
  return groupValues(table, group, labels, request.grid.count);
}

/** A statement names its series one by one to tell their groups, in so many characters: its parameters have an end. */
const MAX_GROUP_CHARS = 255_000;

/** Undefined where there are too many. As parameters, so that the statement's text is the same for all queries of its form. */
function groupOfSeries(inStore: readonly NamedRow[], placeOf: readonly number[]): Sql | undefined {
  const ids = `[${inStore.map(({ row }) => row.id).join()}]`;
  const places = `[${placeOf.join()}]`;
  if (ids.length + places.length > MAX_GROUP_CHARS) return undefined;
  return sql`transform(series_id, ${new Bound('Array(UInt64)', ids)}, ${new Bound('Array(UInt32)', places)}, toUInt32(0))`;
}

/** Of a series: values in the answer. */
function stepsOf({ request, what }: WindowReading): number {
  return request.grid.count + (what.shape.kind === 'buckets' ? what.shape.perWindow : 0);
}

/** An answer of so many values. One that can't be long needs no file on its way through the engine. */
function withGrid(options: ReadOptions, values: number): ReadOptions {
  const maxBytes = Math.min(MAX_ANSWER_BYTES, LEAST_ANSWER_BYTES + VALUE_BYTES * values);
  return { ...options, settings: { ...options.settings, ...GRID_SETTINGS }, maxBytes };
}

const MAX_ANSWER_BYTES = 512 * 1024 * 1024;
const LEAST_ANSWER_BYTES = 4 * 1024 * 1024;
/** The most that one takes: with its size, its count and whether it is there. */
const VALUE_BYTES = 32;

function seriesStatement({ request, what, range, inStore, selector, isWhole }: WindowReading): Sql {
  const { usesStarts, fn } = request;
  return windowStatement(what, {
    points: METRIC_TYPES.gauge.points,
    range,
    metrics: namedMetrics(inStore.map(({ row }) => row)),
    chosen: chosenSeries(
      inStore.map(({ row }) => row.id),
      selector,
      isWhole,
    ),
    odd: oddOf(usesStarts && USES_STARTS.has(fn)),
  });
}

/** Several writers differ in when they began; and start times say of resets what values don't. */
function oddOf(usesStarts: boolean): Sql {
  return usesStarts
    ? sql`max(toUnixTimestamp64Nano(stored.start_time)) != 0`
    : sql`min(stored.start_time) != max(stored.start_time)`;
}
