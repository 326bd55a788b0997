/** Events of spans, wherever they were recorded: with the span, or as log records that name it. */

import { eventLogsOf, LOG_EVENT_NAME } from '../filter/index.ts';
import { cutAttributes, cutAttributesSize, cutText, type ItemLimits, withinBudget } from '../plan/index.ts';
import type { ReadOptions, StoreReader, Table } from '../reader/index.ts';
import type { TracePlace } from '../source/index.ts';
import { id, raw, sql } from '../sql/index.ts';
import { allAttributes, attributesCut, type StoredEvent } from './span-parts.ts';

/** More records of one answer are left out. */
const MAX_EVENT_LOGS = 10_000;

/** What log records add to the events of spans. */
export interface EventLogs {
  /** By trace and span, a blank between. In the order of their times. */
  readonly bySpan: ReadonlyMap<string, { readonly items: readonly StoredEvent[]; readonly isCut: boolean }>;
  /** Some are left out. */
  readonly isIncomplete: boolean;
}

/** The records that are events of these traces, or of one span of theirs. */
export async function readEventLogs(
  reader: StoreReader,
  places: readonly TracePlace[],
  spanId: string | undefined,
  limits: ItemLimits,
  budgetBytes: number,
  options?: ReadOptions,
): Promise<EventLogs> {
  const ofSpan = spanId === undefined ? raw('') : sql` AND span_id = ${id(spanId, 8)}`;
  const from = sql`${eventLogsOf(places)}${ofSpan}`;
  // To prepare the statement that cuts takes four times as long as to find that there are none.
  const any = await reader.read(sql`SELECT 1 AS found ${from} LIMIT 1`, options);
  if (any.rowCount === 0) return { bySpan: new Map(), isIncomplete: false };
  const order = raw('time, record');
  const rows = sql`SELECT trace_id, span_id, time, record, toUnixTimestamp64Nano(time) AS at,
      ${cutText(LOG_EVENT_NAME)} AS shown_name, dropped_attributes_count,
      ${cutAttributes('attributes', limits.attributeBytes)}, ${cutAttributes('attributes_other', limits.attributeBytes)}
    ${from} ORDER BY ${order} LIMIT ${raw(String(MAX_EVENT_LOGS))}`;
  const size = sql`100 + length(shown_name) + ${cutAttributesSize('attributes')} + ${cutAttributesSize('attributes_other')}`;
  const table = await reader.read(withinBudget(rows, order, size, budgetBytes), options);
  return eventsOf(table);
}

function eventsOf(table: Table): EventLogs {
  const [traceIds, spanIds, names] = ['trace_id', 'span_id', 'shown_name'].map((name) => table.strings(name));
  const [times, dropped] = [table.bigints('at'), table.numbers('dropped_attributes_count')];
  const bySpan = new Map<string, { items: StoredEvent[]; isCut: boolean }>();
  for (let row = 0; row < table.rowCount; row++) {
    const key = `${traceIds![row]} ${spanIds![row]}`;
    const own = bySpan.get(key) ?? { items: [], isCut: false };
    bySpan.set(key, own);
    own.items.push({
      timeNs: times[row]!,
      name: names![row]!,
      attributes: allAttributes(table, row),
      droppedAttributesCount: dropped[row]!,
    });
    own.isCut ||= attributesCut(table, row) !== undefined;
  }
  const found = table.rowCount === 0 ? 0 : table.numbers('found_rows')[0]!;
  return { bySpan, isIncomplete: table.rowCount < found || found === MAX_EVENT_LOGS };
}

const EXCEPTION = 'exception';

/** Events of a span from both, by time. An exception that was recorded twice is one. */
export function withEventLogs(
  events: readonly StoredEvent[],
  ofLogs: readonly StoredEvent[] | undefined,
): readonly StoredEvent[] {
  if (ofLogs === undefined) return events;
  const known = new Set(events.flatMap(exceptionOf));
  const added = ofLogs.filter((event) => !exceptionOf(event).some((one) => known.has(one)));
  return [...events, ...added].sort((a, b) => (a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : 0));
}

/** What it is, of an exception that says so. */
function exceptionOf({ name, attributes }: StoredEvent): readonly string[] {
  if (name !== EXCEPTION) return [];
  const text = (key: string): unknown => attributes.find((one) => one.key === key)?.value ?? null;
  const told = [text('exception.type'), text('exception.message')];
  return told.every((value) => value === null)
    ? []
    : [JSON.stringify(told, (_, value) => (typeof value === 'bigint' ? String(value) : value))];
}
