/** Streams: the sets of labels that lines are kept under. */
import type { StreamMatcher } from '#lang/logql';
import { wholePattern } from '#lang/promql';
import { Labels } from '../../promql/labels.ts';
import { QueryError, type ReadOptions, type StoreReader } from '../../reader/index.ts';
import { logStreams, logs, type TimeRange } from '../../source/index.ts';
import { allOf, integer, type Sql, sql, text } from '../../sql/index.ts';

/** So many streams may match a selector. */
const MAX_STREAMS = 100_000;

/** Labels by the id of their stream. Throws QueryError for too many. */
export async function findStreams(
  reader: StoreReader,
  matchers: readonly StreamMatcher[],
  options?: ReadOptions,
): Promise<ReadonlyMap<string, Labels>> {
  return streamsWhere(reader, streamCondition(matchers), options);
}

/** Those that have lines in a range. */
export async function findStreamsIn(
  reader: StoreReader,
  matchers: readonly StreamMatcher[],
  range: TimeRange,
  options?: ReadOptions,
): Promise<ReadonlyMap<string, Labels>> {
  const seen = sql`stream_id IN (SELECT DISTINCT stream_id ${logs.in(range)})`;
  return streamsWhere(reader, allOf([streamCondition(matchers), seen]), options);
}

async function streamsWhere(
  reader: StoreReader,
  condition: Sql,
  options?: ReadOptions,
): Promise<ReadonlyMap<string, Labels>> {
  const table = await reader.read(
    sql`SELECT toString(stream_id) AS id, any(labels) AS shown_labels ${logStreams} AND ${condition}
      GROUP BY stream_id LIMIT ${integer(MAX_STREAMS + 1)}`,
    options,
  );
  if (table.rowCount > MAX_STREAMS)
    throw new QueryError('too_large', `the selector matches more than ${MAX_STREAMS} streams; narrow it`);
  const labels = table.column<ReadonlyMap<string, string>>('shown_labels');
  return new Map(table.strings('id').map((id, row) => [id, Labels.of(labels[row]!)]));
}

/** Rows of `logs` whose stream matches. */
export function ofStreams(matchers: readonly StreamMatcher[]): Sql {
  return sql`stream_id IN (SELECT stream_id ${logStreams} AND ${streamCondition(matchers)})`;
}

/** A label that a stream lacks has the value ''. */
function streamCondition(matchers: readonly StreamMatcher[]): Sql {
  return allOf(matchers.map(matcherCondition));
}

function matcherCondition({ name, operator, value }: StreamMatcher): Sql {
  const label = sql`labels[${text(name)}]`;
  switch (operator) {
    case '=':
      return sql`${label} = ${text(value)}`;
    case '!=':
      return sql`${label} != ${text(value)}`;
    case '=~':
      return sql`match(${label}, ${text(wholePattern(value).source)})`;
    case '!~':
      return sql`NOT match(${label}, ${text(wholePattern(value).source)})`;
  }
}
