import { goDecimal, goQuoted } from '#base';
import { GONE_COLLECTOR_METRICS } from '#lang';
import { type LabelMatcher, matcherTest, type VectorSelector } from '#lang/promql';
import { nearestWords } from '../../hints/words.ts';
import { nearestTime } from '../../plan/index.ts';
import type { ReadOptions, StoreReader } from '../../reader/index.ts';
import { METRIC_TYPES, type TimeRange } from '../../source/index.ts';
import { integer, sql, texts } from '../../sql/index.ts';
import type { QueryNames } from '../aliases/index.ts';
import type { Labels } from '../labels.ts';
import { labelSets, listNames } from '../store/catalog.ts';
import { asksForOwn, OWN_JOB } from '../store/matching.ts';
import { findSeries, type SeriesRow } from '../store/series.ts';
import { readFloat } from '../text.ts';
import type { NoDataReason } from './reasons.ts';

/** Why a selector found nothing: its name, a label, a value, all of them together, or the time. Each question to the store is a bounded one. */

export interface AbsenceStore {
  readonly reader: StoreReader;
  readonly names: QueryNames;
  readonly options: ReadOptions;
}

export interface SelectorWindow {
  readonly selector: VectorSelector;
  /** What was looked at. */
  readonly range: TimeRange;
  /** The function that reads its range, where there is one. */
  readonly reader: string | undefined;
}

/** As many series of a metric are looked at. */
const SAMPLED_SERIES = 2000;
/** Of so many the newest sample is looked for. */
const TIMED_SERIES = 200;
const MAX_NAMES = 100_000;
const SHOWN = 3;
/** Conditions that are told of one by one. */
const MAX_CONDITIONS = 3;

const isName = ({ name }: LabelMatcher): boolean => name === '__name__';

export async function whySelectorIsEmpty(
  store: AbsenceStore,
  window: SelectorWindow,
): Promise<readonly NoDataReason[]> {
  const { selector } = window;
  const named = selector.matchers.filter((matcher) => isName(matcher) || asksForOwn(matcher));
  const others = selector.matchers.filter((matcher) => !named.includes(matcher));
  const sets = await series(store, named, SAMPLED_SERIES);
  if (sets.length === 0) return [await noMetric(store, selector, named)];
  const unmet: NoDataReason[] = [];
  for (const matcher of others) {
    const test = matcherTest(matcher);
    if (sets.some((labels) => test(labels.get(matcher.name)))) continue;
    // What was sampled is not all there is.
    if (sets.length >= SAMPLED_SERIES && (await series(store, [...named, matcher], 1)).length > 0) continue;
    unmet.push(noValue(selector, matcher, sets));
    if (unmet.length === MAX_CONDITIONS) break;
  }
  if (unmet.length > 0) return unmet;
  const rows = await rowsOf(store, selector.matchers);
  const isThere = rows.length > 0 || (await series(store, selector.matchers, 1)).length > 0;
  return [isThere ? await outsideOfRange(store, window, rows) : noCombination(selector, others)];
}

/** Series of any time. */
function everywhere(): TimeRange {
  return { fromMs: 0, toMs: Date.now() + DAY_MS };
}

const DAY_MS = 86_400_000;

function series(
  { reader, names, options }: AbsenceStore,
  matchers: readonly LabelMatcher[],
  sample: number,
): Promise<readonly Labels[]> {
  return labelSets(reader, matchers, everywhere(), names, options, sample);
}

function rowsOf({ reader, names, options }: AbsenceStore, matchers: readonly LabelMatcher[]): Promise<SeriesRow[]> {
  return findSeries(reader, matchers, everywhere(), options, names.selector(matchers), TIMED_SERIES);
}

/** ` of "x"`, where the selector has a name. */
function ofMetric({ matchers }: VectorSelector): string {
  const name = matchers.find((matcher) => isName(matcher) && matcher.operator === '=');
  return name === undefined ? '' : ` of ${goQuoted(name.value)}`;
}

async function noMetric(
  store: AbsenceStore,
  place: VectorSelector,
  named: readonly LabelMatcher[],
): Promise<NoDataReason> {
  const metric = named
    .filter(isName)
    .map(({ value }) => value)
    .join(', ');
  if (named.some(asksForOwn)) {
    const called = metric === '' ? '' : ` that is called ${goQuoted(metric)}`;
    return { kind: 'no-metric', place, metric, suggestions: [], text: `Signalbox has no metric of its own${called}` };
  }
  const own = await series(store, [...named, { name: 'job', operator: '=', value: OWN_JOB }], 1);
  if (own.length > 0) {
    const text = `only Signalbox itself has ${goQuoted(metric)}: its own metrics answer where job="${OWN_JOB}" asks for them`;
    return { kind: 'own-metric', place, metric, text };
  }
  const gone = goneMetric(metric);
  if (gone !== undefined) {
    const text = `no metric is called ${goQuoted(metric)}: collectors have had none since 0.110; did you mean ${goQuoted(gone)}?`;
    return { kind: 'no-metric', place, metric, suggestions: [gone], text };
  }
  const all = await listNames(store.reader, everywhere(), store.options, MAX_NAMES);
  // Names of OpenTelemetry, with dots, are those of Prometheus with underscores.
  const suggestions = nearestWords(metric.replaceAll('.', '_'), all, SHOWN);
  const hint = suggestions.length > 0 ? `; did you mean ${alternatives(suggestions)}?` : '';
  const what = named.length === 0 ? 'there are no metrics' : `no metric is called ${goQuoted(metric)}`;
  return { kind: 'no-metric', place, metric, suggestions, text: `${what}${hint}` };
}

/** What tells the same today. */
function goneMetric(metric: string): string | undefined {
  for (const [start, today] of GONE_COLLECTOR_METRICS)
    if (metric.startsWith(start)) return today + metric.slice(start.length);
  return undefined;
}

function alternatives(words: readonly string[]): string {
  const quoted = words.map(goQuoted);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}

function noValue(place: VectorSelector, matcher: LabelMatcher, sets: readonly Labels[]): NoDataReason {
  const { name: label, operator, value } = matcher;
  const values = new Map<string, number>();
  for (const labels of sets) values.set(labels.get(label), (values.get(labels.get(label)) ?? 0) + 1);
  values.delete('');
  const of = ofMetric(place);
  if (values.size === 0) {
    const names = [...new Set(sets.flatMap(({ pairs }) => pairs.map(([name]) => name)))].filter(
      (name) => name !== '__name__',
    );
    const suggestions = nearestWords(label, names, SHOWN);
    const hint =
      suggestions.length > 0
        ? `; did you mean ${suggestions.join(' or ')}?`
        : `; there are ${names.sort().slice(0, 20).join(', ')}`;
    return { kind: 'no-label', place, label, suggestions, text: `no series${of} has a label ${label}${hint}` };
  }
  const known = [...values].sort(([, a], [, b]) => b - a).map(([each]) => each);
  const alike = operator === '=' ? nearestValues(value, known) : [];
  const suggestions = [...new Set([...alike, ...known])].slice(0, SHOWN);
  const more = suggestions.length < known.length ? ` and ${known.length - suggestions.length} more` : '';
  const text = `no series${of} has ${label}${operator}${goQuoted(value)}; ${label} is ${alternatives(suggestions)}${more}`;
  return { kind: 'no-value', place, label, value, suggestions, text };
}

/** Numbers by how far they are, all else by how many letters differ. */
function nearestValues(wanted: string, values: readonly string[]): readonly string[] {
  const number = readFloat(wanted);
  if (number === undefined) return nearestWords(wanted, values, SHOWN);
  const distance = (value: string): number => Math.abs((readFloat(value) ?? Number.POSITIVE_INFINITY) - number);
  return values.toSorted((a, b) => (distance(a) < distance(b) ? -1 : distance(a) > distance(b) ? 1 : 0));
}

function noCombination(place: VectorSelector, matchers: readonly LabelMatcher[]): NoDataReason {
  const labels = matchers.map(({ name }) => name);
  const written = matchers.map(({ name, operator, value }) => `${name}${operator}${goQuoted(value)}`).join(', ');
  return {
    kind: 'no-combination',
    place,
    labels,
    text: `no series${ofMetric(place)} has all of ${written}, though each of them has some`,
  };
}

async function outsideOfRange(
  store: AbsenceStore,
  { selector, range, reader: fn }: SelectorWindow,
  rows: readonly SeriesRow[],
): Promise<NoDataReason> {
  const { reader, options } = store;
  const metrics = [...new Set(rows.map(({ metric }) => metric))];
  const condition = sql`name IN (SELECT arrayJoin(${texts(metrics)}))
    AND series_id IN (SELECT toUInt64(arrayJoin(${texts(rows.map(({ id }) => id))})))`;
  const types = Object.values(METRIC_TYPES).filter(({ number }) => rows.some(({ type }) => type === number));
  const points = [...new Set(types.map((type) => type.points))];
  let samples = 0;
  for (const table of points) {
    const counted = await reader.read(
      sql`SELECT count() AS n FROM (SELECT 1 ${table.in(range)} AND ${condition} LIMIT ${integer(SAMPLED_SERIES)})`,
      options,
    );
    samples += counted.numbers('n')[0] ?? 0;
  }
  const of = ofMetric(selector);
  if (samples > 0) {
    const text =
      fn === undefined
        ? `the series${of} had ended by then`
        : `${fn} needs more samples than there are: ${samples} of all series${of} between ${time(range.fromMs)} and ${time(range.toMs)}`;
    return { kind: 'too-few-samples', place: selector, samples, text };
  }
  const times = await Promise.all(points.map((table) => nearestTime(reader, table, condition, range, options)));
  const distance = (ms: number): number => Math.max(range.fromMs - ms, ms - range.toMs);
  const [nearestMs] = times
    .flatMap((ms) => (ms === undefined ? [] : [Math.round(ms)]))
    .sort((a, b) => distance(a) - distance(b));
  const nearest = nearestMs === undefined ? '' : `; the nearest one is of ${time(nearestMs)}`;
  return {
    kind: 'outside',
    place: selector,
    nearestMs,
    text: `no sample${of} is between ${time(range.fromMs)} and ${time(range.toMs)}${nearest}`,
  };
}

/** Up to the second, in UTC. */
function time(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? goDecimal(ms / 1000) : `${date.toISOString().slice(0, 19)}Z`;
}
