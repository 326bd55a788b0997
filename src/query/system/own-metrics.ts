/** The collector's own metrics as the store holds them: what the system page is made of. */
import type { Series, TimeGrid } from '../answers/index.ts';
import { bucketOf, coveredSeconds } from '../plan/index.ts';
import { plainValue, type ReadOptions, type StoredAttribute, type StoreReader } from '../reader/index.ts';
import { metricSeries, numberPoints, type TimeRange } from '../source/index.ts';
import { raw, type Sql, sql, timeMs } from '../sql/index.ts';

/** One series over the grid. */
export interface OwnSeries {
  readonly name: string;
  readonly labels: { readonly [key: string]: string };
  /** By bucket: how much a counter grew, and the last value with its time. */
  readonly cells: ReadonlyMap<number, { readonly increase: number; readonly last: number; readonly atMs: number }>;
  readonly newestMs: number;
  /** The newest value. */
  readonly last: number;
  /** Growth over the range. */
  readonly increase: number;
}

/** Own metrics come every 5 s; this finds the point before the range. */
const LOOKBACK_MS = 60_000;

/** Series of the collector with points in the range. `grid` lies over the range. */
export async function readOwnMetrics(
  reader: StoreReader,
  range: TimeRange,
  grid: TimeGrid,
  options?: ReadOptions,
): Promise<OwnMetrics> {
  const ours = sql`${metricSeries.in(range, 'own')} AND (startsWith(name, 'otelcol') OR startsWith(name, 'signalbox'))`;
  const [series, points] = await Promise.all([
    reader.read(sql`SELECT series_id, name, attributes ${ours} LIMIT 1 BY series_id LIMIT 20000`, options),
    reader.read(pointsStatement(range, grid, ours), options),
  ]);
  const names = series.strings('name');
  const attributes = series.column<readonly StoredAttribute[]>('attributes');
  const identity = new Map(
    series
      .column<number | bigint>('series_id')
      .map((id, row) => [String(id), { name: names[row]!, labels: labelsOf(attributes[row]!) }]),
  );
  const cells = new Map<string, Map<number, { increase: number; last: number; atMs: number }>>();
  const column = {
    bucket: points.column<number>('bucket'),
    increase: points.column<number>('grown'),
    last: points.column<number>('last'),
    at: points.numbers('at'),
  };
  points.column<number | bigint>('series_id').forEach((id, row) => {
    const own = cells.get(String(id)) ?? new Map();
    cells.set(String(id), own);
    own.set(column.bucket[row]!, { increase: column.increase[row]!, last: column.last[row]!, atMs: column.at[row]! });
  });
  const all = [...cells].flatMap(([id, own]) => {
    const known = identity.get(id);
    return known === undefined ? [] : [ownSeries(known.name, known.labels, own)];
  });
  return new OwnMetrics(all, grid, range);
}

function pointsStatement(range: TimeRange, grid: TimeGrid, series: Sql): Sql {
  const window = raw('(PARTITION BY series_id ORDER BY time ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)');
  const read = { fromMs: Math.max(0, range.fromMs - LOOKBACK_MS), toMs: range.toMs };
  // A counter that fell, or began after the point before, counts from zero. What came before the first point is not known.
  return sql`SELECT series_id, ${bucketOf(grid)} AS bucket, sum(increase) AS grown, argMax(v, time) AS last,
      toUnixTimestamp64Milli(max(time)) AS at
    FROM (SELECT series_id, time, v, multiIf(isNull(previous), if(start_time >= ${timeMs(range.fromMs)}, v, 0),
          v < previous OR start_time > previous_time, v, v - previous) AS increase
      FROM (SELECT *, lagInFrame(toNullable(v)) OVER ${window} AS previous, lagInFrame(time) OVER ${window} AS previous_time
        FROM (SELECT series_id, time, start_time, value AS v ${numberPoints.in(read)}
            AND name IN (SELECT name ${series}) AND series_id IN (SELECT series_id ${series}))))
    WHERE time >= ${timeMs(range.fromMs)} GROUP BY series_id, bucket`;
}

function labelsOf(attributes: readonly StoredAttribute[]): { [key: string]: string } {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, String(plainValue(value))]));
}

function ownSeries(
  name: string,
  labels: OwnSeries['labels'],
  cells: Map<number, { increase: number; last: number; atMs: number }>,
): OwnSeries {
  let newest = { increase: 0, last: 0, atMs: 0 };
  let increase = 0;
  for (const cell of cells.values()) {
    increase += cell.increase;
    if (cell.atMs > newest.atMs) newest = cell;
  }
  return { name, labels, cells, newestMs: newest.atMs, last: newest.last, increase };
}

/** Looks series up by name and labels. */
export class OwnMetrics {
  readonly series: readonly OwnSeries[];
  readonly #byName: ReadonlyMap<string, readonly OwnSeries[]>;
  readonly #grid: TimeGrid;
  readonly #range: TimeRange;

  constructor(series: readonly OwnSeries[], grid: TimeGrid, range: TimeRange) {
    this.series = series;
    this.#byName = Map.groupBy(series, (one) => one.name);
    this.#grid = grid;
    this.#range = range;
  }

  /** Series of a metric that carry all of the labels. */
  find(name: string, labels: { readonly [key: string]: string | undefined } = {}): readonly OwnSeries[] {
    const wanted = Object.entries(labels).filter(([, value]) => value !== undefined);
    return (this.#byName.get(name) ?? []).filter((one) => wanted.every(([key, value]) => one.labels[key] === value));
  }

  /**
   * The last value of a gauge in each bucket, added up over what its labels tell apart; null where nothing was reported. Of series with
   * the same labels, such as those of a collector before and after its restart, the larger counts.
   */
  level(series: readonly OwnSeries[]): Series {
    const alike = [...Map.groupBy(series, ({ labels }) => JSON.stringify(Object.entries(labels).sort())).values()];
    return Array.from({ length: this.#grid.count }, (_, bucket) => {
      const values = alike.flatMap((group) => {
        const lasts = group.flatMap((one) => one.cells.get(bucket)?.last ?? []);
        return lasts.length === 0 ? [] : [Math.max(...lasts)];
      });
      return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
    });
  }

  /** Growth per second of several counters together; null where none of them reported. */
  rate(series: readonly OwnSeries[]): Series {
    return Array.from({ length: this.#grid.count }, (_, bucket) => {
      const cells = series.flatMap((one) => one.cells.get(bucket) ?? []);
      const seconds = coveredSeconds(this.#grid, this.#range, bucket);
      return cells.length === 0 || seconds === 0 ? null : cells.reduce((sum, cell) => sum + cell.increase, 0) / seconds;
    });
  }
}

export function totalIncrease(series: readonly OwnSeries[]): number {
  return Math.round(series.reduce((sum, one) => sum + one.increase, 0));
}
