/** Streams: the sets of labels that lines are kept under. */
import type { StreamMatcher } from '#lang/logql';
import { matchesText } from '../../filter/index.ts';
import { Labels } from '../../promql/labels.ts';
import { QueryError, type ReadOptions, type StoreReader } from '../../reader/index.ts';
import { logStreams, logs, type TimeRange } from '../../source/index.ts';
import { allOf, integer, joinSql, type Sql, sql, text } from '../../sql/index.ts';

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
  return streamsWhere(reader, seenIn(matchers, range), options);
}

/** Labels are told to people and to completion: more than these nobody reads. */
const MAX_NAMES = 10_000;
const MAX_VALUES = 100_000;

/** Names of the labels of streams that have lines in a range, sorted. */
export async function labelNamesIn(
  reader: StoreReader,
  matchers: readonly StreamMatcher[],
  range: TimeRange,
  options?: ReadOptions,
): Promise<readonly string[]> {
  const table = await reader.read(
    sql`SELECT DISTINCT arrayJoin(mapKeys(labels)) AS name ${logStreams} AND ${seenIn(matchers, range)}
      ORDER BY name LIMIT ${integer(MAX_NAMES)}`,
    options,
  );
  return table.strings('name');
}

/** Values of one label of such streams, sorted. */
export async function labelValuesIn(
  reader: StoreReader,
  name: string,
  matchers: readonly StreamMatcher[],
  range: TimeRange,
  options?: ReadOptions,
): Promise<readonly string[]> {
  const table = await reader.read(
    sql`SELECT DISTINCT labels[${text(name)}] AS value ${logStreams} AND ${seenIn(matchers, range)} AND value != ''
      ORDER BY value LIMIT ${integer(MAX_VALUES)}`,
    options,
  );
  return table.strings('value');
}

/** Labels by which people look, whatever their values are. */
const PLACES = ['cluster', 'namespace', 'instance', 'pod'];
const UUID = '^(?i:urn:uuid:)?[{]?[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}[}]?$';

/** How many values each label of such streams has, by name. Those that have nothing but numbers and UUIDs tell nobody anything. */
export async function labelCardinalitiesIn(
  reader: StoreReader,
  matchers: readonly StreamMatcher[],
  range: TimeRange,
  options?: ReadOptions,
): Promise<readonly { readonly name: string; readonly values: number }[]> {
  const places = joinSql(
    PLACES.map((place) => sql`${text(place)}`),
    ', ',
  );
  const tells = sql`name IN (${places}) OR max(toFloat64OrNull(pair.2) IS NULL AND NOT match(pair.2, ${text(UUID)}))`;
  const table = await reader.read(
    sql`SELECT pair.1 AS name, toUInt32(uniqExact(pair.2)) AS found
      FROM (SELECT arrayJoin(CAST(labels, 'Array(Tuple(String, String))')) AS pair ${logStreams} AND ${seenIn(matchers, range)})
      GROUP BY name HAVING ${tells} ORDER BY name LIMIT ${integer(MAX_NAMES)}`,
    options,
  );
  const counts = table.column<number>('found');
  return table.strings('name').map((name, row) => ({ name, values: Number(counts[row]) }));
}

function seenIn(matchers: readonly StreamMatcher[], range: TimeRange): Sql {
  return allOf([streamCondition(matchers), sql`stream_id IN (SELECT DISTINCT stream_id ${logs.in(range)})`]);
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

function matcherCondition(matcher: StreamMatcher): Sql {
  return matchesText(sql`labels[${text(matcher.name)}]`, matcher);
}
