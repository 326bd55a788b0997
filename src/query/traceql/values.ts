/** Values of a field, as completion asks for them. */
import {
  INTRINSICS,
  parseTraceql,
  parseTraceqlField,
  SPAN_KIND_WORDS,
  STATUS_WORDS,
  type Stage,
  type TraceqlField,
} from '#lang/traceql';
import { eventLogs, LOG_EVENT_NAME } from '../filter/index.ts';
import { leftJoin } from '../plan/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import {
  type AttributeColumn,
  EVENT_ATTRIBUTES,
  ITEM_ATTRIBUTES,
  LINK_ATTRIBUTES,
  ownerValues,
  spanEvents,
  spanLinks,
  spans,
  type TimeRange,
} from '../source/index.ts';
import { Bound, joinSql, raw, type Sql, sql } from '../sql/index.ts';
import type { FoundValue, TraceqlValues, ValueTypeName } from './answers.ts';
import { neededSpans } from './candidates.ts';
import type { FieldValue } from './field-value.ts';
import { groupField, readTyped, typedText } from './group-sql.ts';
import { printValue } from './labels.ts';
import { badQuery } from './limits.ts';
import { exactStages } from './metric-sql.ts';
import { normalizedStages } from './normalize.ts';
import { rangeOf } from './search.ts';

/** Rows that are looked at for completion: after these the most frequent values are known. */
const SCANNED_ROWS = 20_000_000;
const TIMEOUT_MS = 5_000;
const MAX_VALUES = 5_000;

/** The most frequent values first, those that are as frequent in order; of status and kind all. Throws QueryError `bad_query`. */
export async function listTraceqlValues(
  reader: StoreReader,
  question: TraceqlValues,
  options?: ReadOptions,
): Promise<readonly FoundValue[]> {
  const field = readField(question.attribute);
  const words = field.kind === 'intrinsic' ? knownWords(field.name) : undefined;
  if (words !== undefined) return words.map((value) => ({ type: 'keyword', value }));
  const range = rangeOf(question);
  const rows = sql`${spans.in(range)} AND ${conditionOf(question.query, range)}`;
  const limit = new Bound('UInt32', Math.min(Math.max(1, question.limit), MAX_VALUES));
  const asked = statementOf(field, rows, range);
  if (asked === undefined) return [];
  const table = await reader.read(sql`${asked.statement} ORDER BY n DESC LIMIT ${limit}`, {
    ...options,
    cost: 'bounded',
    timeoutMs: TIMEOUT_MS,
    settings: { max_rows_to_read: String(SCANNED_ROWS), read_overflow_mode: 'break' },
  });
  const counts = table.numbers('n');
  const found = new Map<string, FoundValue & { readonly n: number }>();
  for (let row = 0; row < table.rowCount; row++) {
    const value = asked.read(table, row);
    if (value === undefined || value.type === 'many' || value.type === 'nil') continue;
    // A span has its intrinsics always, if only as an empty text.
    if (field.kind === 'intrinsic' && value.type === 'string' && value.value === '') continue;
    const one = { type: typeName(value), value: printValue(value), n: counts[row]! };
    found.set(`${one.type} ${one.value}`, one);
  }
  return [...found.values()]
    .sort((a, b) => b.n - a.n || (a.value < b.value ? -1 : 1))
    .map(({ type, value }) => ({ type, value }));
}

function readField(attribute: string): TraceqlField {
  try {
    return parseTraceqlField(attribute);
  } catch (error) {
    throw badQuery(error, attribute);
  }
}

function knownWords(name: keyof typeof INTRINSICS): readonly string[] | undefined {
  if (name === 'status') return STATUS_WORDS;
  return name === 'kind' ? SPAN_KIND_WORDS : undefined;
}

/** What the filter says of spans, as far as SQL can ask it. One that is not whole yet, as while it is written, says nothing. */
function conditionOf(query: string, range: TimeRange): Sql {
  if (query.trim() === '') return raw('1');
  let stages: readonly Stage[];
  try {
    const { root } = parseTraceql(query);
    stages = root.kind === 'math' ? [] : normalizedStages(root.stages);
  } catch {
    return raw('1');
  }
  return exactStages(stages, range) ?? neededSpans(stages.slice(0, 1), range)[0]?.condition ?? raw('1');
}

interface Asked {
  readonly statement: Sql;
  readonly read: NonNullable<ReturnType<typeof groupField>>['read'];
}

/** Values and how often they occur, as `n`. Undefined for what has too many values to choose from. */
function statementOf(field: TraceqlField, rows: Sql, range: TimeRange): Asked | undefined {
  const parts = ofParts(field, rows, range);
  if (parts !== undefined) return { statement: parts, read: readTyped('value') };
  if (field.kind === 'intrinsic' && INTRINSICS[field.name] === 'duration') return undefined;
  const rooted = field.kind === 'intrinsic' ? rootField(field.name) : undefined;
  const group = groupField(rooted ?? field, 0);
  if (group === undefined) return undefined;
  const from = rooted === undefined ? rows : sql`${rows} AND parent_span_id = toFixedString('', 8)`;
  const own = group.own.map(({ name, value }) => sql`${value} AS ${raw(name)}`);
  const names = group.own.map(({ name }) => name);
  const { ofOwner } = group;
  if (ofOwner === undefined)
    return {
      statement: sql`SELECT ${joinSql(own, ', ')}, count() AS n ${from} GROUP BY ${raw(names.join(', '))}`,
      read: group.read,
    };
  const id = ofOwner.owners.idColumn;
  const counted = sql`SELECT ${joinSql([...own, raw(id)], ', ')}, count() AS n ${from} GROUP BY ${raw([...names, id].join(', '))}`;
  const join = leftJoin({ rows: ownerValues(ofOwner.owners, ofOwner.value, ofOwner.name), as: 'known' }, [id]);
  const columns = raw([...names, ofOwner.name].join(', '));
  return {
    statement: sql`SELECT ${columns}, sum(sub.n) AS n FROM (${counted}) AS sub ${join} GROUP BY ${columns}`,
    read: group.read,
  };
}

/** What a trace has from its root. */
function rootField(name: string): TraceqlField | undefined {
  const place = { start: 0, end: 0 };
  if (name === 'rootName') return { kind: 'intrinsic', name: 'name', ...place };
  if (name !== 'rootServiceName') return undefined;
  return { kind: 'attribute', scope: 'resource', key: 'service.name', isParent: false, ...place };
}

/** Values of events and links of the spans, with their types. */
function ofParts(field: TraceqlField, rows: Sql, range: TimeRange): Sql | undefined {
  const inRows = sql`(trace_id, span_id) IN (SELECT trace_id, span_id ${rows})`;
  const values = (from: Sql, value: Sql): Sql =>
    sql`SELECT ${value} AS value, count() AS n ${from} AND ${inRows} GROUP BY value`;
  const both = (ofSpan: Sql, ofLog: Sql): Sql =>
    sql`SELECT value, sum(n) AS n FROM (${values(spanEvents.in(range), ofSpan)} UNION ALL ${values(eventLogs(range), ofLog)}) GROUP BY value`;
  if (field.kind === 'intrinsic')
    return field.name === 'event:name' ? both(asText(raw('stored.name')), asText(LOG_EVENT_NAME)) : undefined;
  if (field.isParent || field.key === '') return undefined;
  const value = (column: AttributeColumn): Sql => typedText(column, field.key);
  if (field.scope === 'event') return both(value(EVENT_ATTRIBUTES), value(ITEM_ATTRIBUTES.logs));
  return field.scope === 'link' ? values(spanLinks.in(range), value(LINK_ATTRIBUTES)) : undefined;
}

function asText(value: Sql): Sql {
  return sql`if(${value} = '', ('', ''), ('String', toString(${value})))`;
}

function typeName(value: Exclude<FieldValue, undefined | { readonly type: 'many' | 'nil' }>): ValueTypeName {
  return value.type === 'status' || value.type === 'kind' ? 'keyword' : value.type;
}
