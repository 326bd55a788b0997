import { type LabelMatcher, matcherTest } from '#lang/promql';
import { METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_SUM } from '#pdata';
import { readBounds } from '../../metrics/bounds.ts';
import type { ReadOptions, StoreReader } from '../../reader/index.ts';
import type { TimeRange } from '../../source/index.ts';
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
import type { SampleSource, Selection, StoredSeries, WindowAnswer, WindowRequest } from '../source.ts';
import { chunksOf, divide, type NamedRow } from './divide.ts';
import { READERS, type Shape, type TypeReader } from './expand.ts';
import { histogramsOf, keptShare, numbersOf, type RowSeries } from './kept/index.ts';
import { seriesRows } from './matching.ts';
import { type NumberReading, type NumberSeries, readNumbers } from './number-series.ts';
import { readPoints, type SeriesPoints } from './points.ts';
import { findSeries, type SeriesRow } from './series.ts';
import { type SharedWindows, sharedWindows } from './shared-windows.ts';
import { readTargetInfo } from './target-info.ts';
import { together } from './together.ts';
import { costOf, costText, type WindowCost } from './window-cost.ts';
import { windowSql } from './window-sql.ts';
import { CHANGES, type FoundWindows, readGroups, readWindows } from './windows.ts';
import { canFindHere, findWindows } from './windows-here.ts';

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
    for await (const part of this.parts({ ...selection, isBrief: false })) found.push(...part);
    return found;
  }

  async *parts({
    matchers,
    fromMs,
    toMs,
    note,
    needsStarts = true,
    isBrief = false,
  }: Selection): AsyncGenerator<StoredSeries[]> {
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
    yield* this.#numbers(
      plain,
      { selector, isWhole: rest.length === 0 && isWhole(matchers), range, needsStarts, isBrief },
      note,
    );
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
    for await (const { found, detailed: known, odd } of numbersOf(this.#reader, { ...reading, rows }, this.#options)) {
      yield found.map(stored);
      if (known.length > 0) yield together(known.map(stored), note);
      if (odd.length === 0) continue;
      const detailed = readNumbers(
        this.#reader,
        { ...reading, rows: odd, isWhole: false, isDetailed: true, isBrief: false },
        this.#options,
      );
      for await (const slice of detailed) yield together(slice.found.map(stored), note);
    }
  }

  /**
   * What ClickHouse finds itself of windows, where that is exact and costs less than handing samples out; and what several queries of one moment want.
   */
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
    const share = keptShare(this.#reader, { rows: inStore.map(({ row }) => row), range }, this.#options);
    const cost = costOf(request, inStore.length, share);
    if (this.#plan === 'cost') why?.(costText(cost));
    const isInStoreBest = this.#plan === 'sql' || cost.isInStoreCheaper;
    const shared = this.#sharedWindows(cost);
    const key = JSON.stringify([this.#reader.tenant, matchers, grid, rangeMs, fn, request.usesStarts, leavesChanges]);
    const isShared = (group !== undefined || !isInStoreBest) && (await shared?.isWanted(key)) === true;
    if (group !== undefined && isShared) {
      why?.('series by series: other queries of this moment read the same');
      return undefined;
    }
    // Handed out to one, it is not kept.
    if (!isInStoreBest && !(isShared && canFindHere(request))) return undefined;
    for (const text of names?.notes([]) ?? []) note?.(text);
    const selector = seriesRows(matchers, range, names);
    const areAll = others.length === 0 && isWhole(matchers);
    const reading = { request, what, range, inStore, selector, isWhole: areAll };
    if (group !== undefined) {
      if (others.length > 0 || info.length > 0) return undefined;
      const series = await readGroups(this.#reader, reading, group, this.#options);
      return series && { series, rest: [] };
    }
    const find = isInStoreBest ? readWindows : findWindows;
    const read = (options: ReadOptions): Promise<FoundWindows> => find(this.#reader, reading, options);
    const { series, odd } = await (shared?.read(key, this.#options, read) ?? read(this.#options));
    const samples = together([...info, ...(await this.#read(others, selector, matchers, range))], note);
    const isOdd = new Set(odd);
    const oddRows = inStore.filter(({ row }) => isOdd.has(row));
    const inDetail = { selector, isWhole: false, range, needsStarts: request.usesStarts };
    for await (const part of this.#numbers(oddRows, inDetail, note)) samples.push(...part);
    return { series, rest: samples };
  }

  /** Undefined where nothing is gained, and where the statements of one query are to be seen. */
  #sharedWindows({ inStoreMs, values }: WindowCost): SharedWindows<FoundWindows> | undefined {
    const isWorthIt = inStoreMs >= SHARED_FROM_MS && values <= MAX_SHARED_VALUES;
    return isWorthIt && this.#options.spent?.statements === undefined ? sharedWindows(this.#reader) : undefined;
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
      if (ofType.length > 0) found.push(...(await this.#readType(type, ofType, selector, matchers, range, read)));
    }
    return found;
  }

  async #readType(
    type: number,
    rows: readonly SeriesRow[],
    selector: Sql,
    matchers: readonly LabelMatcher[],
    range: TimeRange,
    how: TypeReader,
  ): Promise<ReadSeries[]> {
    const read = (some: readonly SeriesRow[], within: TimeRange): Promise<RowSeries[]> =>
      this.#expanded(some, selector, within, how);
    const { found, rest } =
      type === METRIC_HISTOGRAM
        ? await histogramsOf(this.#reader, { rows, range }, this.#options, read)
        : { found: [], rest: rows };
    const all = rest.length === 0 ? found : [...found, ...(await read(rest, range))];
    const tests = matchers.filter(({ name }) => name === 'le' || name === 'quantile');
    const isPart = tests.map((matcher) => ({ name: matcher.name, test: matcherTest(matcher) }));
    const series: ReadSeries[] = [];
    for (const [row, parts] of all) {
      for (const stored of parts) {
        const each = inAskedUnit(stored, row);
        if (isPart.every(({ name, test }) => test(each.labels.get(name)))) series.push(each);
      }
    }
    return series;
  }

  async #expanded(
    rows: readonly SeriesRow[],
    selector: Sql,
    range: TimeRange,
    { points, columns, marker, expand }: TypeReader,
  ): Promise<RowSeries[]> {
    const what = { rows, selector, range, columns: raw(columns), marker: raw(marker) };
    const found = await readPoints(this.#reader, points, what, this.#options);
    const shape = await this.#shape(found);
    const series: RowSeries[] = [];
    for (const row of rows) {
      const place = found.rows.get(row.id);
      if (place !== undefined) series.push([row, expand(row, found, place, shape)]);
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

/** What takes less is not worth waiting for others. */
const SHARED_FROM_MS = 100;
/** Steps of series, 9 bytes each; groups of more are made by ClickHouse alone. */
const MAX_SHARED_VALUES = 4_000_000;

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
