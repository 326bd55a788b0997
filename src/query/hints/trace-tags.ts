import { eventLogs } from '../filter/index.ts';
import { cutText } from '../plan/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import {
  type AttributeColumn,
  EVENT_ATTRIBUTES,
  ITEM_ATTRIBUTES,
  LINK_ATTRIBUTES,
  logs,
  OWNER_ATTRIBUTES,
  scopes,
  spanEvents,
  spanLinks,
  spans,
  type TimedRows,
  type TimeRange,
} from '../source/index.ts';
import { Bound, joinSql, raw, type Sql, sql, text } from '../sql/index.ts';
import type { MatchingSpans } from '../traces/index.ts';
import { keysIn, SAMPLED_ROWS, sampledKeys, TIMEOUT_MS } from './attributes.ts';

/** Where TraceQL finds attributes. */
const TAG_SCOPES = ['resource', 'span', 'event', 'link', 'instrumentation'] as const;
/** Keys of each scope, sorted. */
export type TraceTags = { readonly [scope in (typeof TAG_SCOPES)[number]]: readonly string[] };

export interface TraceTagsQuestion extends TimeRange {
  readonly limit: number;
  /** Only of these spans. */
  readonly matching?: MatchingSpans | undefined;
}

/**
 * Keys of attributes of spans, and of what belongs to them, in a range: of a bounded number of the newest rows, so rare keys may be missing. The most
 * used ones of each scope, at most `limit`.
 */
export async function listTraceTags(
  reader: StoreReader,
  { limit, matching, ...range }: TraceTagsQuestion,
  options?: ReadOptions,
): Promise<TraceTags> {
  const keys = sampledKeys({ ...range, condition: matching?.condition, signal: 'traces' });
  const ofSpans = sql`SELECT if(scope = 'item', 'span', scope) AS scope, path.1 AS key, weight FROM (${keys})`;
  const of = ofMatching(matching, range);
  // Scopes have no time of their own, and those of logs and metrics stand beside them.
  const newest = sql`SELECT scope_id ${spans.in(range)} ORDER BY ${spans.bucket} DESC LIMIT ${new Bound('UInt32', SAMPLED_ROWS)}`;
  const scopesOf = matching === undefined ? sql` AND scope_id IN (${newest})` : of('scope_id');
  const parts = [
    partKeys('event', spanEvents, EVENT_ATTRIBUTES, sql`${spanEvents.in(range)}${of('trace_id, span_id')}`),
    partKeys('event', logs, ITEM_ATTRIBUTES.logs, sql`${eventLogs(range)}${of('trace_id, span_id')}`),
    partKeys('link', spanLinks, LINK_ATTRIBUTES, sql`${spanLinks.in(range)}${of('trace_id, span_id')}`),
    keysOf('instrumentation', OWNER_ATTRIBUTES, sql`${raw(OWNER_ATTRIBUTES.name)} ${scopes.rows}${scopesOf}`),
  ];
  const table = await reader.read(
    sql`SELECT scope, ${cutText(raw('key'))} AS name, sum(weight) AS n FROM (${joinSql([ofSpans, ...parts], ' UNION ALL ')})
      GROUP BY scope, name ORDER BY n DESC, name LIMIT ${new Bound('UInt32', limit)} BY scope`,
    { ...options, cost: 'bounded', timeoutMs: TIMEOUT_MS },
  );
  const found = Map.groupBy(table.strings('scope').keys(), (row) => table.strings('scope')[row]!);
  const names = table.strings('name');
  const entries = TAG_SCOPES.map((scope) => [scope, (found.get(scope) ?? []).map((row) => names[row]!).sort()]);
  return Object.fromEntries(entries) as unknown as TraceTags;
}

/** That a row is of one of the spans, by columns that both have. */
function ofMatching(matching: MatchingSpans | undefined, range: TimeRange): (columns: string) => Sql {
  if (matching === undefined) return () => raw('');
  return (columns) =>
    sql` AND ${raw(columns.includes(',') ? `(${columns})` : columns)} IN (SELECT ${raw(columns)} ${spans.in(range)} AND ${matching.condition})`;
}

function partKeys(scope: string, { bucket }: TimedRows, column: AttributeColumn, rows: Sql): Sql {
  const columns = raw(column.typed.size > 0 ? `${column.name}, ${column.other}` : column.name);
  return keysOf(scope, column, sql`${columns} ${rows} ORDER BY ${bucket} DESC`);
}

/** `rows`: columns, and where they are from. */
function keysOf(scope: string, column: AttributeColumn, rows: Sql): Sql {
  return sql`SELECT ${text(scope)} AS scope, path.1 AS key, 1 AS weight FROM (SELECT arrayJoin(${keysIn(column)}) AS path
    FROM (SELECT ${rows} LIMIT ${new Bound('UInt32', SAMPLED_ROWS)}))`;
}
