/** How many of a population have each value of some fields, in one pass over its spans and one over their events. */
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { joinSql, raw, type Sql, sql } from '../sql/index.ts';
import { codeOf, EVERY_ROW, FIELD_CODES, FIRST_VALUE, type Field } from './fields.ts';
import type { Population } from './population.ts';

export interface FieldCounts {
  /** Spans or traces looked at. */
  readonly total: number;
  /** For each field. */
  readonly fields: readonly FieldCount[];
}

interface FieldCount {
  /** For each value of the field, or for each range: one more than there are edges. */
  readonly counts: readonly number[];
  /** How many have any value. */
  readonly have: number;
}

export async function countFields(
  reader: StoreReader,
  population: Population,
  fields: readonly Field[],
  options?: ReadOptions,
): Promise<FieldCounts> {
  const indexed = fields.map((field, index) => ({ field, index }));
  const ofEvents = indexed.filter(({ field }) => field.of === 'event');
  const ofSpans = indexed.filter(({ field }) => field.of !== 'event');
  const [inSpans, inEvents] = await Promise.all([
    readCodes(reader, population.spans, ofSpans, SPAN_COUNT[population.unit], options),
    ofEvents.length === 0
      ? new Map<number, number>()
      : readCodes(reader, population.events, ofEvents, EVENT_COUNT[population.unit], options),
  ]);
  return {
    total: inSpans.get(EVERY_ROW) ?? 0,
    fields: indexed.map(({ field, index }) => {
      const codes = field.of === 'event' ? inEvents : inSpans;
      const count = (code: number): number => codes.get(index * FIELD_CODES + code) ?? 0;
      const length = field.edges.length > 0 ? field.edges.length + 1 : field.values.length;
      return { counts: Array.from({ length }, (_, i) => count(FIRST_VALUE + i)), have: count(HAVE) };
    }),
  };
}

/** Beside the code of its value, a row that has the field has this one. */
const HAVE = 0;
const SPAN_COUNT = { spans: raw('count()'), traces: raw('uniqExact(trace_id)') } as const;
/** A span may have several events with one value. */
const EVENT_COUNT = { spans: raw('uniqExact(trace_id, span_id)'), traces: raw('uniqExact(trace_id)') } as const;

async function readCodes(
  reader: StoreReader,
  rows: Sql,
  fields: readonly { readonly field: Field; readonly index: number }[],
  count: Sql,
  options?: ReadOptions,
): Promise<ReadonlyMap<number, number>> {
  const codes = fields.map(({ field, index }) => codeOf(field, index * FIELD_CODES));
  const inRow = sql`arrayFilter(code -> code % ${raw(String(FIELD_CODES))} != 0, [${joinSql(codes, ', ')}])`;
  // A trace has a field in several spans, with several values: the sum of these would be too many.
  const isOnce = count === SPAN_COUNT.spans;
  const ofFields = raw(`arrayMap(code -> toUInt16(bitAnd(code, ${0x1_0000 - FIELD_CODES})), own)`);
  const all = isOnce ? inRow : sql`arrayConcat(${inRow} AS own, ${ofFields})`;
  const table = await reader.read(
    sql`SELECT code, ${count} AS n FROM (
        SELECT trace_id, span_id, arrayJoin(arrayPushBack(${all}, toUInt16(${raw(String(EVERY_ROW))}))) AS code ${rows})
      GROUP BY code`,
    options,
  );
  const counts = new Map<number, number>();
  const numbers = table.numbers('n');
  for (const [row, code] of table.numbers('code').entries()) {
    counts.set(code, numbers[row]!);
    const field = code - (code % FIELD_CODES) + HAVE;
    if (isOnce && code !== EVERY_ROW) counts.set(field, (counts.get(field) ?? 0) + numbers[row]!);
  }
  return counts;
}
