import { type LabelMatcher, matcherTest } from '#lang/promql';
import type { ReadOptions, StoreReader } from '../../reader/index.ts';
import { metricSeries, type TimeRange } from '../../source/index.ts';
import { sql } from '../../sql/index.ts';
import type { Labels } from '../labels.ts';
import type { StoredSeries } from '../source.ts';
import { targetInfo } from './resource-labels.ts';
import { readResourceTexts } from './series.ts';

/** As often as a scrape would have it. */
const SAMPLE_MS = 60_000;

/** `target_info`: 1 with the attributes of each resource that has metrics, for as long as it was seen. */
export async function readTargetInfo(
  reader: StoreReader,
  matchers: readonly LabelMatcher[],
  range: TimeRange,
  options: ReadOptions,
): Promise<StoredSeries[]> {
  const tests = matchers.map((matcher) => ({ name: matcher.name, test: matcherTest(matcher) }));
  const isAsked = tests.every(({ name, test }) => name !== '__name__' || test('target_info'));
  if (!isAsked || !tests.some(({ name }) => name === '__name__')) return [];
  const table = await reader.read(
    sql`SELECT resource_id, min(toUnixTimestamp(first_seen)) AS first_s, max(toUnixTimestamp(last_seen)) AS last_s
      ${metricSeries.in(range, 'user')} GROUP BY resource_id`,
    options,
  );
  const ids = table.column<number | bigint>('resource_id');
  const resources = await readResourceTexts(reader, ids, options);
  const found: StoredSeries[] = [];
  ids.forEach((id, row) => {
    const texts = resources.get(id);
    const labels = texts && targetInfo(texts);
    if (labels === undefined || !tests.every(({ name, test }) => test(labels.get(name)))) return;
    const fromMs = Math.max(table.numbers('first_s')[row]! * 1000, range.fromMs);
    const toMs = Math.min(seenUntilMs(table.numbers('last_s')[row]!), range.toMs - 1);
    if (toMs >= fromMs) found.push(ones(labels, fromMs, toMs));
  });
  return found;
}

/** A live series is written again once an hour at least: until then it may still be there. */
const SEEN_AGAIN_MS = 3_600_000;

function seenUntilMs(lastSeconds: number): number {
  return Math.min(lastSeconds * 1000 + SEEN_AGAIN_MS, Date.now());
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
