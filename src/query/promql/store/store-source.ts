import { goDecimal } from '#base';
import { type LabelMatcher, matcherTest } from '#lang/promql';
import { METRIC_EXPONENTIAL_HISTOGRAM, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_SUM, METRIC_SUMMARY } from '#pdata';
import { readBounds } from '../../metrics/bounds.ts';
import type { ReadOptions, StoreReader } from '../../reader/index.ts';
import { METRIC_TYPES, type TimedRows, type TimeRange } from '../../source/index.ts';
import { raw, type Sql } from '../../sql/index.ts';
import {
  converted,
  countedOnce,
  type OtherName,
  type QueryNames,
  SAME_EXPORT_MS,
  type SelectorNames,
  within,
} from '../aliases/index.ts';
import {
  bucketsFrom,
  CUSTOM_BUCKETS_SCHEMA,
  EMPTY_HISTOGRAM,
  type FloatHistogram,
  reduced,
} from '../histogram/index.ts';
import { Labels } from '../labels.ts';
import type { SampleSource, Selection, StoredSeries, WindowAnswer, WindowRequest } from '../source.ts';
import { chunksOf, divide, type NamedRow } from './divide.ts';
import { seriesRows } from './matching.ts';
import { nameOf, type Part } from './names.ts';
import { type NumberReading, type NumberSeries, readNumbers } from './number-series.ts';
import { readPoints, type SeriesPoints } from './points.ts';
import { findSeries, type SeriesRow } from './series.ts';
import { readTargetInfo } from './target-info.ts';
import { together } from './together.ts';
import { costOf, costText } from './window-cost.ts';
import { windowSql } from './window-sql.ts';
import { CHANGES, readGroups, readWindows } from './windows.ts';

/**
 * The store's metrics as Prometheus' series: OTLP's histograms are series of buckets, counts and sums, and native histograms with custom
 * bounds under the plain name; exponential ones are native. Counters whose points are changes (delta) keep them: their rate and increase
 * are sums of changes. One source is for one query.
 */
export class StoreSource implements SampleSource {
  readonly #reader: StoreReader;
  readonly #options: ReadOptions;
  readonly #names: QueryNames | undefined;
  readonly #plan: StorePlan;
  readonly #found = new Map<string, Promise<FoundSeries>>();

  /** With `names`, what the conventions have renamed is found under any of its names. */
  constructor(reader: StoreReader, options: ReadOptions, names?: QueryNames, plan: StorePlan = 'cost') {
    this.#reader = reader;
    this.#options = options;
    this.#names = names;
    this.#plan = plan;
  }

  async select(selection: Selection): Promise<readonly StoredSeries[]> {
    const found: StoredSeries[] = [];
    for await (const part of this.parts(selection)) found.push(...part);
    return found;
  }

  async *parts({ matchers, fromMs, toMs, note, needsStarts = true }: Selection): AsyncGenerator<StoredSeries[]> {
    const range = pointRange(fromMs, toMs);
    if (range === undefined) return;
    const { rows, info, names } = await this.#find(matchers, range);
    const selector = seriesRows(matchers, range, names);
    const hasOthers = rows.some(({ other }) => other !== undefined);
    const { plain, rest } = hasOthers ? { plain: [], rest: rows } : divide(rows);
    const margin = hasOthers ? SAME_EXPORT_MS : 0;
    const wider = { fromMs: Math.max(0, range.fromMs - margin), toMs: range.toMs + margin };
    if (hasOthers) {
      const found = await this.#read(rest, selector, matchers, wider);
      const series = names === undefined ? found : underOneName(found, names, range);
      const notes = names?.notes(new Set(series.flatMap(({ other }) => other ?? []))) ?? [];
      for (const text of notes) note?.(text);
      yield together([...info, ...series], note);
      return;
    }
    for (const text of names?.notes([]) ?? []) note?.(text);
    if (info.length > 0) yield together(info);
    yield* this.#inChunks(rest, selector, { matchers, note: note ?? SILENT }, range);
    if (plain.length === 0) return;
    yield* this.#numbers(plain, { selector, isWhole: isWhole(matchers), range, needsStarts }, note);
  }

  /** Series of numbers that stand alone; those that say so are read once more, with all details. */
  async *#numbers(
    named: readonly NamedRow[],
    reading: Omit<NumberReading, 'rows'>,
    note: Selection['note'],
  ): AsyncGenerator<StoredSeries[]> {
    const labels = new Map(named.map((each) => [each.row, each.labels]));
    const stored = ({ row, floats, staleMs }: NumberSeries): StoredSeries => ({
      labels: labels.get(row)!,
      isDelta: row.isDelta,
      sharing: row.sharing,
      floats,
      histograms: undefined,
      staleMs,
    });
    const rows = named.map(({ row }) => row);
    for await (const { found, odd } of readNumbers(this.#reader, { ...reading, rows }, this.#options)) {
      yield found.map(stored);
      if (odd.length === 0) continue;
      const detailed = readNumbers(this.#reader, { ...reading, rows: odd, isDetailed: true }, this.#options);
      for await (const slice of detailed) yield together(slice.found.map(stored), note);
    }
  }

  /** What ClickHouse finds itself of windows, where that is exact and costs less than handing samples out. */
  async windows(request: WindowRequest): Promise<WindowAnswer | undefined> {
    const { matchers, grid, rangeMs, fn, group, why, note, leavesChanges } = request;
    const what = this.#plan === 'samples' ? undefined : windowSql(fn, grid, rangeMs);
    const lastMs = grid.startMs + (grid.count - 1) * grid.stepMs;
    const range = pointRange(grid.startMs - rangeMs, lastMs);
    if (what === undefined || range === undefined) return undefined;
    const { rows, info, names } = await this.#find(matchers, range);
    if (rows.some(({ other }) => other !== undefined)) return undefined;
    const { plain, rest } = divide(rows);
    const isInStore = ({ row }: NamedRow): boolean => !(row.isDelta && (leavesChanges || CHANGES.has(fn)));
    const inStore = plain.filter(isInStore);
    const others = [...rest, ...plain.filter((each) => !isInStore(each)).map(({ row }) => row)];
    if (inStore.length === 0) return undefined;
    if (this.#plan === 'cost') {
      const cost = costOf(request, inStore.length);
      why?.(costText(cost));
      if (!cost.isInStoreCheaper) return undefined;
    }
    for (const text of names?.notes([]) ?? []) note?.(text);
    const selector = seriesRows(matchers, range, names);
    const reading = { request, what, range, inStore, selector, isWhole: isWhole(matchers) };
    if (group !== undefined) {
      if (others.length > 0 || info.length > 0) return undefined;
      const series = await readGroups(this.#reader, reading, group, this.#options);
      return series && { series, rest: [] };
    }
    const { series, odd } = await readWindows(this.#reader, reading, this.#options);
    const samples = await this.#read([...others, ...odd], selector, matchers, range);
    return { series, rest: together([...info, ...samples], note) };
  }

  /** So that not all points are held at a time. */
  async *#inChunks(
    rows: readonly SeriesRow[],
    selector: Sql,
    { matchers, note }: Required<Pick<Selection, 'matchers' | 'note'>>,
    range: TimeRange,
  ): AsyncGenerator<StoredSeries[]> {
    for (const chunk of chunksOf(rows, range)) yield together(await this.#read(chunk, selector, matchers, range), note);
  }

  /** A query asks for the same more than once: for its groups, its windows and its samples. */
  #find(matchers: readonly LabelMatcher[], range: TimeRange): Promise<FoundSeries> {
    const key = JSON.stringify([matchers, range]);
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const found = this.#findAnew(matchers, range);
    if (this.#found.size >= MAX_FOUND) this.#found.clear();
    this.#found.set(key, found);
    return found;
  }

  async #findAnew(matchers: readonly LabelMatcher[], range: TimeRange): Promise<FoundSeries> {
    const names = this.#names?.selector(matchers);
    const [rows, info] = await Promise.all([
      findSeries(this.#reader, matchers, range, this.#options, names),
      readTargetInfo(this.#reader, matchers, range, this.#options, names),
    ]);
    const tests = matchers.filter(({ name }) => name === 'le' || name === 'quantile');
    const isPart = tests.map((matcher) => ({ name: matcher.name, test: matcherTest(matcher) }));
    // A number has these labels, if at all, of its own.
    const isMeant = (row: SeriesRow): boolean =>
      !NUMBER_TYPES.has(row.type) || isPart.every(({ name, test }) => test(row.labels.get(name)));
    return { rows: rows.filter(isMeant), info, names };
  }

  async #read(
    rows: readonly SeriesRow[],
    selector: Sql,
    matchers: readonly LabelMatcher[],
    range: TimeRange,
  ): Promise<ReadSeries[]> {
    const found: ReadSeries[] = [];
    for (const [type, read] of READERS) {
      const ofType = rows.filter((row) => row.type === type);
      if (ofType.length > 0) found.push(...(await this.#readType(ofType, selector, matchers, range, read)));
    }
    return found;
  }

  async #readType(
    rows: readonly SeriesRow[],
    selector: Sql,
    matchers: readonly LabelMatcher[],
    range: TimeRange,
    { points, columns, marker, expand }: TypeReader,
  ): Promise<ReadSeries[]> {
    const found = await readPoints(
      this.#reader,
      points,
      {
        rows,
        selector,
        range,
        columns: raw(columns),
        marker: raw(marker),
      },
      this.#options,
    );
    const shape = await this.#shape(found);
    const tests = matchers.filter(({ name }) => name === 'le' || name === 'quantile');
    const isPart = tests.map((matcher) => ({ name: matcher.name, test: matcherTest(matcher) }));
    const series: ReadSeries[] = [];
    for (const row of rows) {
      const place = found.rows.get(row.id);
      if (place === undefined) continue;
      for (const stored of expand(row, found, place, shape)) {
        const each = inAskedUnit(stored, row);
        if (isPart.every(({ name, test }) => test(each.labels.get(name)))) series.push(each);
      }
    }
    return series;
  }

  /** The bounds of histograms, by id. */
  async #shape({ table }: SeriesPoints): Promise<Shape> {
    return table.has('bounds_id') ? readBounds(this.#reader, table, this.#options) : new Map();
  }
}

/** Whether a selector names a metric, and nothing else. */
function isWhole(matchers: readonly LabelMatcher[]): boolean {
  return matchers.every(({ name }) => name === '__name__');
}

/** Selectors of a query whose series are kept. */
const MAX_FOUND = 32;

const SILENT = (): void => undefined;

interface FoundSeries {
  readonly rows: readonly SeriesRow[];
  readonly info: readonly StoredSeries[];
  readonly names: SelectorNames | undefined;
}

/** Who finds windows: whoever it costs less, ClickHouse wherever it can, or TypeScript. */
export type StorePlan = 'cost' | 'sql' | 'samples';

const NUMBER_TYPES: ReadonlySet<number> = new Set([METRIC_GAUGE, METRIC_SUM]);

/** Points behind `fromMs`, up to `toMs`; undefined where there can't be any. */
function pointRange(fromMs: number, toMs: number): TimeRange | undefined {
  // Points of the first millisecond are not wanted, and of the last one all.
  const range = { fromMs: Math.max(0, fromMs + 1), toMs: toMs + 1 };
  return range.toMs <= range.fromMs ? undefined : range;
}

/** `other`: the name that it is stored under, where that isn't the one that was asked for. */
type ReadSeries = StoredSeries & { readonly other?: OtherName };

function inAskedUnit(stored: StoredSeries, { other }: SeriesRow): ReadSeries {
  if (other === undefined) return stored;
  const { suffix, ratio } = other;
  return { ...(ratio === undefined ? stored : converted(stored, suffix, ratio)), other };
}

/** A metric that a process sends under several names is counted once. */
function underOneName(found: readonly ReadSeries[], names: SelectorNames, { fromMs, toMs }: TimeRange): ReadSeries[] {
  const ofName = [...names.others.values()]
    .sort((a, b) => a.rank - b.rank)
    .map(({ name }) => found.filter(({ other }) => other?.name === name));
  const exact = found.filter(({ other }) => other === undefined);
  return within(countedOnce(exact, ofName), fromMs, toMs);
}

type Shape = ReadonlyMap<string, readonly number[]>;
type Place = readonly [from: number, to: number];

interface TypeReader {
  readonly points: TimedRows;
  readonly columns: string;
  readonly marker: string;
  readonly expand: (row: SeriesRow, points: SeriesPoints, place: Place, shape: Shape) => StoredSeries[];
}

const NUMBERS: TypeReader = {
  points: METRIC_TYPES.gauge.points,
  columns: 'stored.value AS number',
  marker: 'stored.value_double',
  expand: (row, points, place) => {
    const values = points.table.vector('number');
    return [floatSeries(row, 'value', points, place, (at) => values[at]!)];
  },
};

const READERS: readonly (readonly [type: number, reader: TypeReader])[] = [
  [METRIC_GAUGE, NUMBERS],
  [METRIC_SUM, NUMBERS],
  [
    METRIC_HISTOGRAM,
    {
      points: METRIC_TYPES.histogram.points,
      columns:
        'stored.count AS total, stored.sum AS sum_value, stored.bounds_id AS bounds_id, stored.bucket_counts AS buckets, stored.exact_counts AS exact',
      marker: 'stored.sum',
      expand: expandHistogram,
    },
  ],
  [
    METRIC_EXPONENTIAL_HISTOGRAM,
    {
      points: METRIC_TYPES.exponential_histogram.points,
      columns: `stored.count AS total, stored.sum AS sum_value, stored.scale AS scale, stored.zero_count AS zeros,
        stored.zero_threshold AS threshold, stored.positive_offset AS positive_from, stored.positive_counts AS positives,
        stored.negative_offset AS negative_from, stored.negative_counts AS negatives, stored.exact_counts AS exact`,
      marker: 'stored.sum',
      expand: expandExponential,
    },
  ],
  [
    METRIC_SUMMARY,
    {
      points: METRIC_TYPES.summary.points,
      columns:
        'stored.count AS total, stored.sum AS sum_value, stored.quantiles AS quantile_list, stored.values AS value_list',
      marker: 'stored.sum',
      expand: expandSummary,
    },
  ],
];

function named(row: SeriesRow, part: Part, label?: readonly [string, string]): Labels {
  const pairs: (readonly [string, string])[] = [...row.labels.pairs, ['__name__', nameOf(row.name, part)]];
  return Labels.of(label === undefined ? pairs : [...pairs.filter(([name]) => name !== label[0]), label]);
}

/** A series of numbers; `valueAt` gives undefined for a point that has none. */
function floatSeries(
  row: SeriesRow,
  part: Part,
  { timesMs, startsMs, stale }: SeriesPoints,
  [from, to]: Place,
  valueAt: (at: number) => number | undefined,
  label?: readonly [string, string],
): StoredSeries {
  const times = new Float64Array(to - from);
  const values = new Float64Array(to - from);
  const starts = new Float64Array(to - from);
  const ends: number[] = [];
  let count = 0;
  for (let at = from; at < to; at++) {
    if (stale[at] !== 0) {
      ends.push(timesMs[at]!);
      continue;
    }
    const value = valueAt(at);
    if (value === undefined) continue;
    times[count] = timesMs[at]!;
    values[count] = value;
    starts[count] = startsMs[at]!;
    count++;
  }
  return {
    labels: named(row, part, label),
    isDelta: row.isDelta,
    sharing: label?.[0] === 'quantile' ? 'gauge' : row.sharing,
    floats: {
      timesMs: times.subarray(0, count),
      values: values.subarray(0, count),
      startsMs: starts.subarray(0, count),
    },
    histograms: undefined,
    staleMs: ends.length === 0 ? undefined : Float64Array.from(ends),
  };
}

/** A series of native histograms; undefined is a point that can't be one. */
function nativeSeries(
  row: SeriesRow,
  { timesMs, startsMs, stale }: SeriesPoints,
  [from, to]: Place,
  histogramAt: (at: number) => FloatHistogram | undefined,
): StoredSeries {
  const present: number[] = [];
  const values: FloatHistogram[] = [];
  const ends: number[] = [];
  for (let at = from; at < to; at++) {
    if (stale[at] !== 0) {
      ends.push(timesMs[at]!);
      continue;
    }
    const value = histogramAt(at);
    if (value === undefined) continue;
    present.push(at);
    values.push(value);
  }
  return {
    labels: named(row, 'native'),
    isDelta: row.isDelta,
    sharing: 'counter',
    floats: NO_FLOATS,
    histograms: {
      timesMs: Float64Array.from(present, (at) => timesMs[at]!),
      values,
      startsMs: Float64Array.from(present, (at) => startsMs[at]!),
    },
    staleMs: ends.length === 0 ? undefined : Float64Array.from(ends),
  };
}

const NO_FLOATS = { timesMs: new Float64Array(0), values: new Float64Array(0), startsMs: undefined };

function expandHistogram(row: SeriesRow, points: SeriesPoints, place: Place, shape: Shape): StoredSeries[] {
  const { table } = points;
  const counts = table.vector('total');
  const sums = table.vector('sum_value');
  const boundsIds = table.column<number | bigint>('bounds_id');
  const buckets = table.column<readonly number[]>('buckets');
  const boundsAt = (at: number): readonly number[] => shape.get(String(boundsIds[at]!)) ?? [];
  const series: StoredSeries[] = [];
  if (row.parts.includes('count')) series.push(floatSeries(row, 'count', points, place, (at) => counts[at]!));
  if (row.parts.includes('sum')) series.push(floatSeries(row, 'sum', points, place, (at) => sums[at]!));
  if (row.parts.includes('bucket')) {
    const uppers = new Set<number>();
    for (let at = place[0]; at < place[1]; at++) for (const bound of boundsAt(at)) uppers.add(bound);
    for (const upper of uppers) {
      const valueAt = (at: number): number | undefined => cumulative(boundsAt(at), buckets[at]!, upper);
      series.push(floatSeries(row, 'bucket', points, place, valueAt, ['le', goDecimal(upper)]));
    }
    series.push(floatSeries(row, 'bucket', points, place, (at) => counts[at]!, ['le', '+Inf']));
  }
  if (row.parts.includes('native')) {
    const exact = table.column<readonly number[]>('exact');
    series.push(
      nativeSeries(row, points, place, (at) => {
        const isExact = exact[at]!.length === buckets[at]!.length + 1;
        return {
          ...EMPTY_HISTOGRAM,
          schema: CUSTOM_BUCKETS_SCHEMA,
          customValues: boundsAt(at),
          count: isExact ? exact[at]![0]! : counts[at]!,
          sum: sums[at]!,
          positive: bucketsFrom(0, isExact ? exact[at]!.slice(1) : buckets[at]!),
          hint: 'unknown',
        };
      }),
    );
  }
  return series;
}

/** How many observations are at or below a bound; undefined for a point that has other bounds. */
function cumulative(bounds: readonly number[], buckets: readonly number[], upper: number): number | undefined {
  let total = 0;
  for (let i = 0; i < bounds.length; i++) {
    total += Number(buckets[i] ?? 0);
    if (bounds[i] === upper) return total;
  }
  return undefined;
}

function expandExponential(row: SeriesRow, points: SeriesPoints, place: Place): StoredSeries[] {
  if (!row.parts.includes('native')) return [];
  const { table } = points;
  const numbers = (name: string): ArrayLike<number> => table.vector(name);
  const [counts, sums, scales] = [numbers('total'), numbers('sum_value'), numbers('scale')];
  const [zeros, thresholds] = [numbers('zeros'), numbers('threshold')];
  const [positiveFrom, negativeFrom] = [numbers('positive_from'), numbers('negative_from')];
  const positives = table.column<readonly number[]>('positives');
  const negatives = table.column<readonly number[]>('negatives');
  const exacts = table.column<readonly number[]>('exact');
  return [
    nativeSeries(row, points, place, (at) => {
      const schema = scales[at]!;
      if (schema < MIN_SCHEMA || Math.max(Math.abs(positiveFrom[at]!), Math.abs(negativeFrom[at]!)) > MAX_OFFSET)
        return undefined;
      const exact = exacts[at]!;
      const negativeAt = 2 + positives[at]!.length;
      const isExact = exact.length === negativeAt + negatives[at]!.length;
      const histogram: FloatHistogram = {
        ...EMPTY_HISTOGRAM,
        schema,
        count: isExact ? exact[0]! : counts[at]!,
        sum: sums[at]!,
        zeroCount: isExact ? exact[1]! : zeros[at]!,
        zeroThreshold: Number.isNaN(thresholds[at]!) ? 0 : Math.max(0, thresholds[at]!),
        // OTLP's buckets begin at a lower bound of 1, Prometheus' end there.
        positive: bucketsFrom(positiveFrom[at]! + 1, isExact ? exact.slice(2, negativeAt) : positives[at]!),
        negative: bucketsFrom(negativeFrom[at]! + 1, isExact ? exact.slice(negativeAt) : negatives[at]!),
        hint: 'unknown',
      };
      return schema > MAX_SCHEMA ? reduced(histogram, MAX_SCHEMA) : histogram;
    }),
  ];
}

/** The coarsest and the finest exponential buckets that Prometheus has. What is coarser can't be shown, what is finer is put together. */
const MIN_SCHEMA = -4;
const MAX_SCHEMA = 8;
/** Far beyond what a Float64 can hold at the finest scale. */
const MAX_OFFSET = 2 ** 30;

function expandSummary(row: SeriesRow, points: SeriesPoints, place: Place): StoredSeries[] {
  const { table } = points;
  const counts = table.vector('total');
  const sums = table.vector('sum_value');
  const quantiles = table.column<readonly number[]>('quantile_list');
  const values = table.column<readonly number[]>('value_list');
  const series: StoredSeries[] = [];
  if (row.parts.includes('count')) series.push(floatSeries(row, 'count', points, place, (at) => counts[at]!));
  if (row.parts.includes('sum')) series.push(floatSeries(row, 'sum', points, place, (at) => sums[at]!));
  if (row.parts.includes('value')) {
    const known = new Set<number>();
    for (let at = place[0]; at < place[1]; at++) for (const q of quantiles[at]!) known.add(q);
    for (const q of known) {
      const valueAt = (at: number): number | undefined => values[at]![quantiles[at]!.indexOf(q)];
      series.push(floatSeries(row, 'value', points, place, valueAt, ['quantile', goDecimal(q)]));
    }
  }
  return series;
}
