import { type LabelMatcher, matcherTest } from '#lang/promql';
import type { ReadOptions, StoreReader } from '../../reader/index.ts';
import { metricSeries, type TimeRange } from '../../source/index.ts';
import { sql } from '../../sql/index.ts';
import type { SelectorNames } from '../aliases/index.ts';
import type { Labels } from '../labels.ts';
import type { StoredSeries } from '../source.ts';
import { storedNamesAsked } from './matching.ts';
import { newestSampleTimes } from './newest-samples.ts';
import { targetInfo } from './resource-labels.ts';
import { keptRows } from './series.ts';
import { readResourceTexts } from './stored-rows.ts';

/** As often as a scrape would have it. */
const SAMPLE_MS = 60_000;

interface Target {
  readonly id: number | bigint;
  readonly labels: Labels;
  readonly firstMs: number;
}

/**
 * `target_info`: 1 with the attributes of each resource that has metrics, from when it was first seen in the range to its newest sample
 * there.
 */
export async function readTargetInfo(
  reader: StoreReader,
  matchers: readonly LabelMatcher[],
  range: TimeRange,
  options: ReadOptions,
  otherNames?: SelectorNames,
): Promise<StoredSeries[]> {
  const targets = await findTargets(reader, matchers, range, options, otherNames);
  if (targets.length === 0) return [];
  const newest = await newestSampleTimes(
    reader,
    targets.map(({ id }) => id),
    range,
    options,
  );
  return targets.flatMap(({ id, labels, firstMs }) => {
    const fromMs = Math.max(firstMs, range.fromMs);
    const toMs = newest.get(id) ?? 0;
    return toMs >= fromMs ? [ones(labels, fromMs, toMs)] : [];
  });
}

/** The labels of `target_info` of all resources that may have samples in a range. */
export async function findTargets(
  reader: StoreReader,
  matchers: readonly LabelMatcher[],
  range: TimeRange,
  options: ReadOptions,
  otherNames?: SelectorNames,
): Promise<readonly Target[]> {
  const tests = matchers.map((matcher) => ({ name: matcher.name, test: matcherTest(matcher) }));
  const isAsked = tests.every(({ name, test }) => name !== '__name__' || test('target_info'));
  if (!isAsked || !tests.some(({ name }) => name === '__name__')) return [];
  const seen = await firstSeen(reader, matchers, range, options, otherNames);
  const resources = await readResourceTexts(reader, seen.keys(), options);
  const found: Target[] = [];
  for (const [id, firstS] of seen) {
    const texts = resources.get(id);
    const stored = texts && targetInfo(texts);
    const labels = stored && (otherNames?.relabelled(stored, undefined) ?? stored);
    if (labels !== undefined && tests.every(({ name, test }) => test(labels.get(name))))
      found.push({ id, labels, firstMs: firstS * 1000 });
  }
  return found;
}

/** A label of `target_info` need not be one of its series. */
const isOfName = ({ name }: LabelMatcher): boolean => name === '__name__';

/** Seconds, by resource. Where series of all names are asked for, those that are kept say it. */
async function firstSeen(
  reader: StoreReader,
  matchers: readonly LabelMatcher[],
  range: TimeRange,
  options: ReadOptions,
  otherNames: SelectorNames | undefined,
): Promise<ReadonlyMap<number | bigint, number>> {
  const kept =
    storedNamesAsked(matchers, otherNames) === 'all'
      ? await keptRows(reader, matchers.filter(isOfName), range, options, otherNames)
      : undefined;
  if (kept !== undefined) {
    const seen = new Map<number | bigint, number>();
    for (const { resourceId, firstS } of kept)
      seen.set(resourceId, Math.min(firstS, seen.get(resourceId) ?? Number.POSITIVE_INFINITY));
    return seen;
  }
  const table = await reader.read(
    sql`SELECT resource_id, min(toUnixTimestamp(first_seen)) AS first_s ${metricSeries.in(range, 'user')} GROUP BY resource_id`,
    options,
  );
  const seconds = table.vector('first_s');
  return new Map(table.column<number | bigint>('resource_id').map((id, row) => [id, seconds[row]!] as const));
}

function ones(labels: Labels, fromMs: number, toMs: number): StoredSeries {
  const first = Math.ceil(fromMs / SAMPLE_MS) * SAMPLE_MS;
  const count = Math.max(0, Math.floor((toMs - first) / SAMPLE_MS) + 1);
  const timesMs = Float64Array.from({ length: count + 1 }, (_, i) => (i === count ? toMs : first + i * SAMPLE_MS));
  const distinct = count > 0 && timesMs[count - 1] === toMs ? timesMs.subarray(0, count) : timesMs;
  return {
    labels,
    floats: { timesMs: distinct, values: new Float64Array(distinct.length).fill(1), startsMs: undefined },
    histograms: undefined,
    staleMs: undefined,
  };
}
