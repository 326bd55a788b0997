import { type LabelMatcher, matcherTest } from '#lang/promql';
import type { ReadOptions, StoreReader } from '../../reader/index.ts';
import { SEEN_LAG_SECONDS, type TimeRange } from '../../source/index.ts';
import type { OtherName, SelectorNames } from '../aliases/index.ts';
import type { Labels } from '../labels.ts';
import { PromqlExecutionError } from '../matrix.ts';
import type { Sharing } from '../source.ts';
import { asksForOwn, OWN_JOB, seriesRows, storedNamesAsked } from './matching.ts';
import { metricOf, nameOf, type Part, partsOf } from './names.ts';
import { catalogOf } from './series-catalog.ts';
import { readStoredRows, type StoredRow } from './stored-rows.ts';

/** A stored series, and the labels that all of Prometheus' series of it have. */
export interface SeriesRow {
  /** Of the store, as a text. */
  readonly id: string;
  /** METRIC_*. */
  readonly type: number;
  readonly isDelta: boolean;
  /** A native histogram that may fall. */
  readonly isGauge: boolean;
  /** Cumulative, and only growing. */
  readonly isCounter: boolean;
  /** Of its numbers, but for quantiles. */
  readonly sharing: Sharing;
  /** OTLP's name of the metric. */
  readonly metric: string;
  /** Prometheus' name, without a suffix of a part; that which was asked for, where it has several. */
  readonly name: string;
  /** The name that it has in place of the one that was asked for. */
  readonly other: OtherName | undefined;
  /** Without the name. */
  readonly labels: Labels;
  /** The parts whose names and labels the selector can mean; labels of a bucket are still to be looked at. */
  readonly parts: readonly Part[];
  /** Of all bounds that an explicit histogram was seen with. */
  readonly boundsIds: readonly string[];
}

/** More series than this a selector may not have. */
const MAX_SERIES = 200_000;

/** Labels that the parts of a series don't share. */
const PART_LABELS: ReadonlySet<string> = new Set(['__name__', 'le', 'quantile']);

/**
 * The series of a selector in a range, sorted by nothing. Throws PromqlExecutionError where there are too many; with `sample`, no more than so
 * many are looked at.
 */
export async function findSeries(
  reader: StoreReader,
  matchers: readonly LabelMatcher[],
  range: TimeRange,
  options: ReadOptions,
  otherNames?: SelectorNames,
  sample?: number,
): Promise<SeriesRow[]> {
  const shared = matchers
    .filter(({ name }) => !PART_LABELS.has(name))
    .map((matcher) => ({ name: matcher.name, test: matcherTest(matcher) }));
  const isName = matchers.filter(({ name }) => name === '__name__').map(matcherTest);
  const isAsked = (full: string): boolean => isName.every((test) => test(full));
  const kept = sample === undefined ? await keptRows(reader, matchers, range, options, otherNames) : undefined;
  const stored = kept ?? (await storedRows(reader, matchers, range, options, otherNames, sample ?? MAX_SERIES + 1));
  const found: SeriesRow[] = [];
  for (const row of stored) {
    const { parts, other } = partsAsked(row, isAsked, otherNames);
    if (parts.length === 0) continue;
    const labels = otherNames?.relabelled(row.labels, other) ?? row.labels;
    if (!shared.every((matcher) => matcher.test(labels.get(matcher.name)))) continue;
    found.push({
      id: row.id,
      type: row.type,
      isDelta: row.isDelta,
      isGauge: row.isGauge,
      isCounter: row.isCounter,
      sharing: row.sharing,
      metric: row.metric,
      name: other === undefined ? row.prometheusName : metricOf(other.asked, parts[0]!),
      other,
      labels,
      parts,
      boundsIds: row.boundsIds,
    });
  }
  return found;
}

/** Those that are known from other queries, where the selector says which. */
export async function keptRows(
  reader: StoreReader,
  matchers: readonly LabelMatcher[],
  range: TimeRange,
  options: ReadOptions,
  otherNames: SelectorNames | undefined,
): Promise<StoredRow[] | undefined> {
  const catalog = catalogOf(reader);
  const asked = catalog && storedNamesAsked(matchers, otherNames);
  const series = asked && (await catalog.series(reader, asked === 'all' ? undefined : asked, options));
  if (series === undefined) return undefined;
  const earliestS = Math.floor(range.fromMs / 1000) - SEEN_LAG_SECONDS;
  const latestS = Math.floor(range.toMs / 1000) + SEEN_LAG_SECONDS;
  const found: StoredRow[] = [];
  for (const row of series.having(labelsAsked(matchers, otherNames)))
    if (row.lastS >= earliestS && row.firstS <= latestS) found.push(row);
  return found;
}

/** What each series must have: none where labels may be called otherwise. */
function labelsAsked(
  matchers: readonly LabelMatcher[],
  otherNames: SelectorNames | undefined,
): (readonly [name: string, value: string])[] {
  if (otherNames !== undefined && otherNames.others.size > 0) return [];
  return matchers.flatMap(({ name, operator, value }) => {
    const isPlain = operator === '=' && value !== '' && !PART_LABELS.has(name);
    return isPlain && (otherNames?.labelNames(name).length ?? 1) === 1 ? [[name, value] as const] : [];
  });
}

async function storedRows(
  reader: StoreReader,
  matchers: readonly LabelMatcher[],
  range: TimeRange,
  options: ReadOptions,
  otherNames: SelectorNames | undefined,
  limit: number,
): Promise<Iterable<StoredRow>> {
  const ownJob = matchers.some(asksForOwn) ? OWN_JOB : undefined;
  const rows = await readStoredRows(reader, seriesRows(matchers, range, otherNames), { limit, ownJob }, options);
  if (rows.size > MAX_SERIES)
    throw new PromqlExecutionError(`the selector matches more than ${MAX_SERIES} series; narrow it by a label`);
  return rows.values();
}

const NATIVE: readonly Part[] = ['native'];

/** The parts of a stored series that are asked for: all whose names match, or else one that has another name of what was asked for. */
function partsAsked(
  { type, isNative, prometheusName: name }: StoredRow,
  isAsked: (full: string) => boolean,
  otherNames: SelectorNames | undefined,
): Pick<SeriesRow, 'parts' | 'other'> {
  const all = isNative ? NATIVE : partsOf(type);
  const isMeant = (part: Part): boolean => isAsked(nameOf(name, part));
  const parts = all.every(isMeant) ? all : all.filter(isMeant);
  if (parts.length > 0 || otherNames === undefined) return { parts, other: undefined };
  for (const part of all) {
    const other = otherNames.others.get(nameOf(name, part));
    if (other !== undefined && isAsked(other.asked)) return { parts: [part], other };
  }
  return { parts, other: undefined };
}
