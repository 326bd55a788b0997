/** The spans that a search in TraceQL finds, as a condition: so that all that is told of filtered spans can be told of them. */
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { QueryError } from '../reader/index.ts';
import type { TimeRange } from '../source/index.ts';
import { isOneOf, raw, sql } from '../sql/index.ts';
import type { MatchingSpans } from '../traces/index.ts';
import { readQuery } from './limits.ts';
import { exactStages } from './metric-sql.ts';
import { normalizedStages } from './normalize.ts';
import { searchTraceql } from './search.ts';

/** Where traces have to be looked at one by one, so many of the newest that match; and of each so many spans. */
const MOST_TRACES = 1_000;
const MOST_SET_SPANS = 20;
/** Their ids travel with each statement. */
const MOST_SPANS = 10_000;
const NS_PER_MS = 1_000_000;

/**
 * Where single spans say whether they match, exactly those; else those of the newest traces that match, found here. Throws QueryError, also
 * for a query that makes series.
 */
export async function matchingSpans(
  reader: StoreReader,
  query: string,
  range: TimeRange,
  options?: ReadOptions,
): Promise<MatchingSpans> {
  const { root } = readQuery(query);
  if (root.kind !== 'search') {
    const hint = 'a search has no rate() or other function that makes series';
    throw new QueryError('bad_query', 'the query makes series, and is asked for traces', { hint, query });
  }
  const exact = exactStages(normalizedStages(root.stages), range);
  if (exact !== undefined) return { query, condition: exact, found: undefined };
  const { traces, warnings } = await searchTraceql(
    reader,
    {
      query,
      startNs: BigInt(Math.floor(range.fromMs * NS_PER_MS)),
      endNs: BigInt(Math.ceil(range.toMs * NS_PER_MS)),
      limit: MOST_TRACES,
      spansPerSpanSet: MOST_SET_SPANS,
    },
    options,
  );
  const ids = traces.flatMap(({ spanSets }) => spanSets.flatMap(({ spans }) => spans.map(({ spanId }) => spanId)));
  const isWhole =
    warnings.length === 0 &&
    traces.length < MOST_TRACES &&
    ids.length <= MOST_SPANS &&
    traces.every(({ spanSets }) => spanSets.every(({ spans, matched }) => spans.length === matched));
  const condition =
    traces.length === 0
      ? raw('0')
      : sql`(${isOneOf(
          'trace_id',
          traces.map(({ traceId }) => traceId),
          16,
        )} AND ${isOneOf('span_id', [...new Set(ids)].slice(0, MOST_SPANS), 8)})`;
  return { query, condition, found: { traceCount: traces.length, isWhole } };
}
