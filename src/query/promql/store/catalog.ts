import { compareText, goDecimal } from '#base';
import { type LabelMatcher, matcherTest } from '#lang/promql';
import { METRIC_EXPONENTIAL_HISTOGRAM, METRIC_HISTOGRAM, METRIC_SUM, METRIC_SUMMARY } from '#pdata';
import { boundsById } from '../../metrics/bounds.ts';
import type { ReadOptions, StoreReader } from '../../reader/index.ts';
import { exemplars, metricSeries, type TimeRange } from '../../source/index.ts';
import { integer, sql, text, texts } from '../../sql/index.ts';
import { convertedBound, convertedValue, QueryNames } from '../aliases/index.ts';
import { compareLabels, type Labels } from '../labels.ts';
import { nameOf, type Part, partsOf } from './names.ts';
import { findSeries, type SeriesRow } from './series.ts';
import { IS_NATIVE } from './stored-rows.ts';
import { findTargets } from './target-info.ts';

/** What there is, for people who write queries: series, labels and their values, what metrics mean, exemplars. */

/** One of these selectors must match; without any, all series are meant. */
type Selectors = readonly (readonly LabelMatcher[])[];

const EVERYTHING: Selectors = [[{ name: '__name__', operator: '!=', value: '' }]];

/** The label sets of the series that a selector matches, each once, sorted. `limit` 0 is none. */
export async function listSeries(
  reader: StoreReader,
  selectors: Selectors,
  range: TimeRange,
  limit: number,
  options: ReadOptions,
): Promise<{ readonly series: readonly Labels[]; readonly isCut: boolean }> {
  const found = new Map<string, Labels>();
  const names = QueryNames.ofSelectors(selectors);
  for (const matchers of selectors) {
    for (const labels of await labelSets(reader, matchers, range, names, options)) found.set(labels.key, labels);
  }
  const series = [...found.values()].sort(compareLabels);
  const isCut = limit > 0 && series.length > limit;
  return { series: isCut ? series.slice(0, limit) : series, isCut };
}

/** The label sets of a selector's series; with `sample`, of no more stored ones. */
export async function labelSets(
  reader: StoreReader,
  matchers: readonly LabelMatcher[],
  range: TimeRange,
  names: QueryNames,
  options: ReadOptions,
  sample?: number,
): Promise<Labels[]> {
  const { rows, info } = await findBoth(reader, matchers, range, names, options, sample);
  const bounds = await boundsOfRows(reader, rows, options);
  const tests = matchers.map((matcher) => ({ name: matcher.name, test: matcherTest(matcher) }));
  const sets = rows.flatMap((row) => row.parts.flatMap((part) => setsOf(row, part, bounds)));
  return [
    ...sets.filter((labels) => tests.every(({ name, test }) => test(labels.get(name)))),
    ...info.map(({ labels }) => labels),
  ];
}

/** Stored series, and those of `target_info`. */
async function findBoth(
  reader: StoreReader,
  matchers: readonly LabelMatcher[],
  range: TimeRange,
  names: QueryNames,
  options: ReadOptions,
  sample?: number,
) {
  const otherNames = names.selector(matchers);
  const [rows, info] = await Promise.all([
    findSeries(reader, matchers, range, options, otherNames, sample),
    findTargets(reader, matchers, range, options, otherNames),
  ]);
  return { rows, info };
}

/** Labels that are not those of a stored series but of one of its parts. */
const PART_LABELS: ReadonlySet<string> = new Set(['le', 'quantile']);

function areOfSeries(matchers: readonly LabelMatcher[]): boolean {
  return matchers.every(({ name }) => !PART_LABELS.has(name));
}

function setsOf(row: SeriesRow, part: Part, bounds: ReadonlyMap<string, readonly number[]>): Labels[] {
  const labels = row.labels.named(nameOf(row.name, part));
  if (part !== 'bucket') return [labels];
  const ratio = row.other?.ratio;
  const stored = row.boundsIds.flatMap((id) => bounds.get(id) ?? []);
  const uppers = new Set(ratio === undefined ? stored : stored.map((bound) => convertedBound(bound, ratio)));
  return [...Array.from(uppers, goDecimal), '+Inf'].map((le) => labels.with('le', le));
}

function boundsOfRows(
  reader: StoreReader,
  rows: readonly SeriesRow[],
  options: ReadOptions,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const withBuckets = rows.filter(({ parts }) => parts.includes('bucket'));
  return boundsById(
    reader,
    withBuckets.flatMap(({ boundsIds }) => boundsIds),
    options,
  );
}

/** The names of all labels, sorted. */
export async function listLabels(
  reader: StoreReader,
  selectors: Selectors,
  range: TimeRange,
  options: ReadOptions,
): Promise<string[]> {
  const names = new Set<string>();
  const asked = QueryNames.ofSelectors(selectors);
  const add = ({ pairs }: Labels): void => {
    for (const [name] of pairs) names.add(name);
  };
  for (const matchers of selectors.length === 0 ? EVERYTHING : selectors) {
    if (!areOfSeries(matchers)) {
      for (const labels of await labelSets(reader, matchers, range, asked, options)) add(labels);
      continue;
    }
    // What the sets of their parts add is known without making them.
    const { rows, info } = await findBoth(reader, matchers, range, asked, options);
    for (const { labels } of [...rows, ...info]) add(labels);
    if (rows.length > 0) names.add('__name__');
    if (rows.some(({ parts }) => parts.includes('bucket'))) names.add('le');
  }
  return [...names].sort(compareText);
}

/** The values of a label, sorted. */
export async function listLabelValues(
  reader: StoreReader,
  label: string,
  selectors: Selectors,
  range: TimeRange,
  options: ReadOptions,
): Promise<string[]> {
  if (label === '__name__' && selectors.length === 0) return listNames(reader, range, options);
  const values = new Set<string>();
  const names = QueryNames.ofSelectors(selectors, [label]);
  const isOfSeries = label !== '__name__' && !PART_LABELS.has(label);
  for (const matchers of selectors.length === 0
    ? [[present(label)]]
    : selectors.map((all) => [...all, present(label)])) {
    if (isOfSeries && areOfSeries(matchers)) {
      const { rows, info } = await findBoth(reader, matchers, range, names, options);
      for (const { labels } of [...rows, ...info]) values.add(labels.get(label));
    } else for (const labels of await labelSets(reader, matchers, range, names, options)) values.add(labels.get(label));
  }
  values.delete('');
  return [...values].sort(compareText);
}

function present(label: string): LabelMatcher {
  return { name: label, operator: '!=', value: '' };
}

/** The names of all metrics, sorted; with `most`, of no more stored ones. */
export async function listNames(
  reader: StoreReader,
  range: TimeRange,
  options: ReadOptions,
  most = 1_000_000,
): Promise<string[]> {
  const table = await reader.read(
    sql`SELECT DISTINCT prometheus_name AS name, type AS kind, ${IS_NATIVE} AS is_native ${metricSeries.in(range, 'user')} LIMIT ${integer(most)}`,
    options,
  );
  const kinds = table.vector('kind');
  const natives = table.vector('is_native');
  const partsAt = (row: number): readonly Part[] => (natives[row] === 1 ? ['native'] : partsOf(kinds[row]!));
  const names = table.strings('name').flatMap((name, row) => partsAt(row).map((part) => nameOf(name, part)));
  const info = await findTargets(reader, [{ name: '__name__', operator: '=', value: 'target_info' }], range, options);
  return [...new Set([...names, ...info.map(({ labels }) => labels.metricName)])].sort(compareText);
}

/** What Prometheus knows of a metric's meaning. */
export interface MetricMetadata {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly help: string;
  readonly unit: string;
}

/** Of all metrics that were ever seen, or of one, by name; `limit` 0 is none. */
export async function listMetadata(
  reader: StoreReader,
  metric: string | undefined,
  limit: number,
  options: ReadOptions,
): Promise<MetricMetadata[]> {
  const condition = metric === undefined ? sql`1` : sql`prometheus_name = ${text(metric)}`;
  const table = await reader.read(
    sql`SELECT prometheus_name AS name, type AS kind, monotonic AS grows, argMax(stored.description, stored.last_seen) AS help,
        argMax(stored.unit, stored.last_seen) AS the_unit
      ${metricSeries.ever('user')} AND ${condition}
      GROUP BY name, kind, grows ORDER BY name, kind LIMIT ${integer(limit > 0 ? limit : 100_000)}`,
    options,
  );
  const kinds = table.vector('kind');
  const grows = table.vector('grows');
  return table.strings('name').map((name, row) => ({
    name,
    type: typeOf(kinds[row]!, grows[row] === 1),
    help: table.strings('help')[row]!,
    unit: table.strings('the_unit')[row]!,
  }));
}

function typeOf(kind: number, isMonotonic: boolean): MetricMetadata['type'] {
  if (kind === METRIC_SUM && isMonotonic) return 'counter';
  if (kind === METRIC_HISTOGRAM || kind === METRIC_EXPONENTIAL_HISTOGRAM) return 'histogram';
  return kind === METRIC_SUMMARY ? 'summary' : 'gauge';
}

/** A measurement with the trace that it was made in. */
export interface PromExemplar {
  readonly timeMs: number;
  readonly value: number;
  readonly traceId: string;
  readonly spanId: string;
}

const MAX_EXEMPLARS = 10_000;
const MAX_EXEMPLAR_SERIES = 400;

/** The exemplars of the series that a selector matches. */
export async function listExemplars(
  reader: StoreReader,
  matchers: readonly LabelMatcher[],
  range: TimeRange,
  options: ReadOptions,
): Promise<{ readonly labels: Labels; readonly exemplars: readonly PromExemplar[] }[]> {
  const otherNames = QueryNames.ofSelectors([matchers]).selector(matchers);
  const rows = (await findSeries(reader, matchers, range, options, otherNames)).slice(0, MAX_EXEMPLAR_SERIES);
  if (rows.length === 0) return [];
  const table = await reader.read(
    sql`SELECT series_id, toUnixTimestamp64Milli(stored.time) AS time_ms, stored.value AS number,
        lower(hex(stored.trace_id)) AS trace, lower(hex(stored.span_id)) AS span
      ${exemplars.in(range)} AND name IN (SELECT arrayJoin(${texts([...new Set(rows.map(({ metric }) => metric))])}))
        AND series_id IN (SELECT toUInt64(arrayJoin(${texts(rows.map(({ id }) => id))})))
      ORDER BY series_id, stored.time LIMIT ${integer(MAX_EXEMPLARS)}`,
    options,
  );
  const bySeries = new Map<string, PromExemplar[]>();
  const times = table.vector('time_ms');
  const values = table.vector('number');
  table.column<number | bigint>('series_id').forEach((id, row) => {
    const list = bySeries.get(String(id)) ?? [];
    bySeries.set(String(id), list);
    const traceId = table.strings('trace')[row]!;
    list.push({ timeMs: times[row]!, value: values[row]!, traceId, spanId: table.strings('span')[row]! });
  });
  return rows.flatMap((row) => {
    const list = bySeries.get(row.id);
    if (list === undefined) return [];
    const ratio = row.other?.ratio;
    const inUnit =
      ratio === undefined ? list : list.map((each) => ({ ...each, value: convertedValue(each.value, ratio) }));
    return [{ labels: row.labels.named(nameOf(row.name, row.parts[0]!)), exemplars: inUnit }];
  });
}
