/**
 * Searches traces in two steps: the spans that match, by narrow columns only, give the ids of traces; the summaries of
 * those few are read through the index of traces. A trace matches if one of its spans matches all conditions.
 */

import type { TraceCounts } from '../answers/index.ts';
import { bucketOf, chooseGrid, nearestTime, spreadCounts } from '../plan/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { inRange, padded, spans, type TimeRange } from '../source/index.ts';
import { allOf, Bound, raw, type Sql, sql } from '../sql/index.ts';
import { findNewest, type Match } from './newest-traces.ts';
import { ENTRY_SPAN, type PrunedCondition, prunedSpanCondition, type SpanFilter, spanCondition } from './spans.ts';
import { summariesOf, summarizeTraces, type TraceSummary } from './trace-summary.ts';

export type TraceSort = 'newest' | 'slowest' | 'spans' | 'errors';

/** Which traces, without their order and number. */
export interface TraceFilter extends TimeRange, SpanFilter {
  /** `error`: the matching span failed. `ok`: it did not, and nor did any other span of its trace. */
  readonly status?: 'ok' | 'error' | undefined;
}

export interface TraceQuery extends TraceFilter {
  readonly sort: TraceSort;
  readonly limit: number;
}

export interface FoundTrace extends TraceSummary {
  /** The earliest span that matched. */
  readonly matchedSpanId: string;
}

export interface TraceSearchResult {
  readonly traces: readonly FoundTrace[];
  /** There are more than the limit. */
  readonly truncated: boolean;
  readonly nearestMs: number | undefined;
}

const HISTOGRAM_BUCKETS = 100;
/** Spans of a trace may lie this far outside of the range in which one of them matched. */
const PADDING_MS = 300_000;

/** The condition on spans of a query's range, without the time; and the traces that it leaves out. */
interface Conditions {
  /** Outside of the range it means nothing. */
  readonly span: Sql;
  /** The same without `places`. */
  readonly unplaced: Sql;
  readonly excludeFailed: boolean;
  /** Nothing but the time narrows the spans. */
  readonly isEverything: boolean;
  readonly places: PrunedCondition['places'];
}

async function conditionsOf(reader: StoreReader, query: TraceFilter, options?: ReadOptions): Promise<Conditions> {
  const { condition, ofSpan, places } = await prunedSpanCondition(reader, query, query, options);
  const isEverything = condition.render().text === '1' && query.status === undefined;
  const [span, unplaced] = [ofStatus(query, condition), ofStatus(query, ofSpan)];
  return { span, unplaced, excludeFailed: query.status === 'ok', isEverything, places };
}

function ofStatus({ status }: TraceFilter, condition: Sql): Sql {
  if (status === undefined) return condition;
  return allOf([condition, raw(status === 'error' ? 'status_code = 2' : 'status_code != 2')]);
}

export async function searchTraces(
  reader: StoreReader,
  query: TraceQuery,
  options?: ReadOptions,
): Promise<TraceSearchResult> {
  const conditions = await conditionsOf(reader, query, options);
  const limit = Math.max(1, Math.trunc(query.limit));
  const found = await findTop(reader, { ...query, limit: limit + 1 }, conditions, options);
  const traces = found.slice(0, limit).toSorted(SHOWN_ORDER[query.sort]);
  // What was found in the range says nothing about what lies outside.
  const isElsewhereKnown = query.matching?.found === undefined;
  const nearestMs = traces.length === 0 && isElsewhereKnown ? await nearestMatch(reader, query, options) : undefined;
  return { traces, truncated: found.length > limit, nearestMs };
}

async function nearestMatch(
  reader: StoreReader,
  query: TraceFilter,
  options?: ReadOptions,
): Promise<number | undefined> {
  return nearestTime(reader, spans, ofStatus(query, await spanCondition(query, query)), query, options);
}

/** The first `limit` traces in the order of the query. */
async function findTop(
  reader: StoreReader,
  query: TraceQuery,
  conditions: Conditions,
  options?: ReadOptions,
): Promise<readonly FoundTrace[]> {
  if (query.sort === 'newest') {
    const condition = matching(query, { ...conditions, span: conditions.unplaced });
    const newest = await findNewest(
      reader,
      { range: query, condition, places: conditions.places },
      query.limit,
      options,
    );
    if (newest !== undefined) return joined(newest.matches, await summariesOf(reader, newest.notes, options));
  }
  const source = query.sort === 'newest' ? matchingTraces(query, conditions) : rankedSource(query, conditions);
  const rank = raw(query.sort === 'newest' ? 'first_match' : 'rank');
  const table = await reader.read(
    sql`SELECT trace_id, matched FROM (${source})
      ORDER BY ${rank} DESC, last_match DESC, trace_id LIMIT ${new Bound('UInt32', query.limit)}`,
    options,
  );
  const spanIds = table.strings('matched');
  const matches = table.strings('trace_id').map((traceId, row) => ({ traceId, spanId: spanIds[row]! }));
  return withSummaries(reader, matches, options);
}

type Order = (a: FoundTrace, b: FoundTrace) => number;
const newestFirst: Order = (a, b) => (a.startNs > b.startNs ? -1 : a.startNs < b.startNs ? 1 : 0);
const slowestFirst: Order = (a, b) => Number(b.endNs - b.startNs - (a.endNs - a.startNs)) || newestFirst(a, b);

/** A list is in the order of what it shows of each trace, which is the whole trace's and not the matching span's. */
const SHOWN_ORDER: { readonly [sort in TraceSort]: Order } = {
  newest: newestFirst,
  slowest: slowestFirst,
  spans: (a, b) => b.spanCount - a.spanCount || newestFirst(a, b),
  errors: (a, b) => b.errorCount - a.errorCount || newestFirst(a, b),
};

/** In the order of the matches; traces that expired meanwhile are left out. */
async function withSummaries(
  reader: StoreReader,
  matches: readonly Match[],
  options?: ReadOptions,
): Promise<readonly FoundTrace[]> {
  const summaries = await summarizeTraces(
    reader,
    matches.map((match) => match.traceId),
    options,
  );
  return joined(matches, summaries);
}

function joined(matches: readonly Match[], summaries: ReadonlyMap<string, TraceSummary>): readonly FoundTrace[] {
  return matches.flatMap(({ traceId, spanId }) => {
    const summary = summaries.get(traceId);
    return summary === undefined ? [] : [{ ...summary, matchedSpanId: spanId }];
  });
}

export async function countTraces(
  reader: StoreReader,
  query: TraceFilter,
  options?: ReadOptions,
): Promise<TraceCounts> {
  const conditions = await conditionsOf(reader, query, options);
  const grid = chooseGrid(query, HISTOGRAM_BUCKETS);
  // Where every span matches, the matches alone say whether a trace failed, and the spans are read once.
  const known = raw(conditions.isEverything ? 'match_failed' : '0');
  const isKnown = conditions.isEverything || conditions.excludeFailed;
  const failed = isKnown ? known : sql`trace_id IN (${failedTraces(query)})`;
  const table = await reader.read(
    sql`SELECT ${bucketOf(grid)} AS bucket, countIf(NOT failed) AS ok, countIf(failed) AS bad
      FROM (SELECT first_match AS time, ${failed} AS failed FROM (${matchingTraces(query, conditions)})) GROUP BY bucket`,
    options,
  );
  const buckets = table.numbers('bucket');
  const counts = (name: string): readonly number[] => spreadCounts(grid, buckets, table.numbers(name));
  const [okCounts, errorCounts] = [counts('ok'), counts('bad')];
  const total = [...okCounts, ...errorCounts].reduce((sum, n) => sum + n, 0);
  return { total, grid, okCounts, errorCounts };
}

/** All conditions on spans but the time. */
function matching(query: TraceFilter, conditions: Conditions): Sql {
  return conditions.excludeFailed
    ? sql`${conditions.span} AND trace_id NOT IN (${failedTraces(query)})`
    : conditions.span;
}

/** Per matching trace: its first matching span and that span's time as `time`, and the newest match. */
function matchingTraces(query: TraceFilter, conditions: Conditions): Sql {
  return sql`SELECT trace_id, argMin(span_id, stored.time) AS matched, min(stored.time) AS first_match,
      toUnixTimestamp64Nano(max(stored.time)) AS last_match, max(status_code = 2) AS match_failed, max(duration_ns) AS longest
    ${spans.in(query)} AND ${matching(query, conditions)} GROUP BY trace_id`;
}

function failedTraces(range: TimeRange): Sql {
  return sql`SELECT trace_id ${spans.in(padded(range, PADDING_MS))} AND status_code = 2`;
}

const RANKS: { readonly [sort in Exclude<TraceSort, 'newest'>]: Sql } = {
  slowest: raw(
    'max(toUnixTimestamp64Nano(stored.time) + toInt64(duration_ns)) - min(toUnixTimestamp64Nano(stored.time))',
  ),
  spans: raw('toInt64(count())'),
  errors: raw('toInt64(countIf(status_code = 2))'),
};

/**
 * Ranking needs all spans of the matching traces. One pass over the range that looks at each span twice is faster than
 * finding the traces first and joining.
 */
function rankedSource(query: TraceQuery, conditions: Conditions): Sql {
  const match = sql`${inRange(query)} AND ${conditions.span}`;
  return sql`SELECT trace_id, argMinIf(span_id, stored.time, is_match) AS matched,
      ${RANKS[query.sort as Exclude<TraceSort, 'newest'>]} AS rank, max(status_code = 2) AS failed,
      toUnixTimestamp64Nano(maxIf(stored.time, is_match)) AS last_match, minIf(stored.time, is_match) AS time
    FROM (SELECT trace_id, span_id, time, duration_ns, status_code, ${match} AS is_match
      ${spans.in(padded(query, PADDING_MS))}) AS stored
    GROUP BY trace_id HAVING countIf(is_match) > 0${raw(conditions.excludeFailed ? ' AND NOT failed' : '')}`;
}

/** A sample is so many traces; each moment that has traces gets its share, and what one does not use goes to the others. */
const SAMPLE_SIZE = 1200;
/** How many buckets of time a sample is spread over. */
const SAMPLE_BUCKETS = 100;
/** By which traces are chosen: the store keeps the least of some numbers fast, of ids it does not. */
const TRACE_HASH = raw('toUInt32(bitAnd(cityHash64(trace_id), 4294967295))');

/**
 * A sample of the matching traces for a picture of the whole range: of each bucket of time those with the longest matching spans, some
 * with failed ones, and some at random (by their ids, so that the same question has the same answer), in no order. Where few buckets have
 * traces each gives more, so that the sample is as large as it may be.
 */
export async function sampleTraces(
  reader: StoreReader,
  query: TraceFilter,
  options?: ReadOptions,
): Promise<readonly FoundTrace[]> {
  const conditions = await conditionsOf(reader, query, options);
  const hashes = await chooseSample(reader, query, conditions, options);
  if (hashes.length === 0) return [];
  const table = await reader.read(
    sql`SELECT trace_id, argMin(span_id, stored.time) AS matched ${spans.in(query)} AND ${matching(query, conditions)}
        AND ${TRACE_HASH} IN ${new Bound('Array(UInt32)', hashes)}
      GROUP BY trace_id ORDER BY trace_id LIMIT ${raw(String(SAMPLE_SIZE))}`,
    options,
  );
  const spanIds = table.strings('matched');
  const matches = table.strings('trace_id').map((traceId, row) => ({ traceId, spanId: spanIds[row]! }));
  return withSummaries(reader, matches, options);
}

/** Hashes of the traces of a sample. They are chosen round by round: in each, every bucket gives its next slowest, its next failed one, and two others. */
async function chooseSample(
  reader: StoreReader,
  query: TraceFilter,
  conditions: Conditions,
  options?: ReadOptions,
): Promise<readonly number[]> {
  const least = raw(`groupArraySorted(${SAMPLE_SIZE})`);
  // A float of 32 bits sorts as its bits do; the hash stands behind it.
  const slowness = sql`bitOr(bitShiftLeft(toUInt64(4294967295 - reinterpretAsUInt32(toFloat32(longest))), 32), ${TRACE_HASH})`;
  const table = await reader.read(
    sql`SELECT ${bucketOf(chooseGrid(query, SAMPLE_BUCKETS))} AS bucket,
        arrayMap(key -> toUInt32(bitAnd(key, 4294967295)), ${least}(${slowness})) AS slowest,
        ${least}(${TRACE_HASH}) FILTER (WHERE match_failed) AS failed, ${least}(${TRACE_HASH}) AS others
      FROM (SELECT *, first_match AS time FROM (${matchingTraces(query, conditions)})) GROUP BY bucket ORDER BY bucket`,
    options,
  );
  const [slowest, failed, others] = ['slowest', 'failed', 'others'].map((name) =>
    table.column<readonly number[]>(name),
  );
  const chosen = new Set<number>();
  for (let round = 0; round < SAMPLE_SIZE && chosen.size < SAMPLE_SIZE; round++) {
    for (let row = 0; row < table.rowCount && chosen.size < SAMPLE_SIZE; row++) {
      const next = [
        slowest![row]![round],
        failed![row]![round],
        others![row]![2 * round],
        others![row]![2 * round + 1],
      ];
      for (const hash of next) if (hash !== undefined && chosen.size < SAMPLE_SIZE) chosen.add(hash);
    }
  }
  return [...chosen];
}

export interface ServiceTraceQuery extends TimeRange {
  readonly service: string;
  readonly operation?: string | undefined;
  readonly environment?: string | undefined;
  /** The longest requests, or the newest that failed. */
  readonly pick: 'slowest' | 'failed';
  readonly limit: number;
}

/** Traces whose requests to a service stand out, by the service's own entry spans. */
export async function findServiceTraces(
  reader: StoreReader,
  query: ServiceTraceQuery,
  options?: ReadOptions,
): Promise<readonly FoundTrace[]> {
  const { service, operation, environment } = query;
  const condition = allOf([await spanCondition({ service, operation, environment }, query), ENTRY_SPAN]);
  const failed = raw(query.pick === 'failed' ? ' AND status_code = 2' : '');
  const order = raw(query.pick === 'failed' ? 'time' : 'duration_ns');
  // A trace may call the service several times, so more spans than traces are taken first: that sort keeps few rows.
  const table = await reader.read(
    sql`SELECT trace_id, span_id FROM (
        SELECT trace_id, span_id, ${order} AS weight ${spans.in(query)} AND ${condition}${failed}
        ORDER BY weight DESC LIMIT ${new Bound('UInt32', query.limit * 50)})
      ORDER BY weight DESC LIMIT 1 BY trace_id LIMIT ${new Bound('UInt32', query.limit)}`,
    options,
  );
  const spanIds = table.strings('span_id');
  const matches = table.strings('trace_id').map((traceId, row) => ({ traceId, spanId: spanIds[row]! }));
  const traces = await withSummaries(reader, matches, options);
  return traces.toSorted(query.pick === 'failed' ? newestFirst : slowestFirst);
}
