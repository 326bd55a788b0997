/** Who is compared: the selected spans and the rest, or the traces that have them and other traces; whole, or a sample. */
import type { DifferenceUnit } from '../answers/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { padded, spanEvents, spans, type TimeRange } from '../source/index.ts';
import { anyOf, integer, raw, type Sql, sql } from '../sql/index.ts';

/** Spans of a trace may lie this far outside of the range in which one of them was selected. */
const PADDING_MS = 300_000;
/** So many traces are looked at on either side. */
const TRACES = 8_000;

/**
 * How much of a range is looked at: a share of it, in so many pieces. With few pieces the store leaves out most of what is not in them; 1 for all of
 * the range.
 */
export interface Part {
  readonly share: number;
  readonly pieces: number;
}

export const WHOLE: Part = { share: 1, pieces: 1 };

export interface Population {
  readonly unit: DifferenceUnit;
  /** `FROM …` and conditions: of spans. */
  readonly spans: Sql;
  /** Of the events of these spans. */
  readonly events: Sql;
}

/** The question as conditions on spans: those of both sides, and those of the selected. */
export interface Sides {
  readonly unit: DifferenceUnit;
  readonly range: TimeRange;
  readonly base: Sql;
  readonly selection: Sql;
  /** The part of the range that the selection is of. */
  readonly selectedRange: TimeRange;
}

/** Resources, of a span or of a trace, and how many have just these. */
export interface ResourceSet {
  readonly ids: readonly (number | bigint)[];
  readonly count: number;
}

export interface Counts {
  readonly selected: number;
  readonly rest: number;
  /** Of spans by their resources, the most frequent ones. Undefined of traces. */
  readonly sets: { readonly selected: readonly ResourceSet[]; readonly rest: readonly ResourceSet[] } | undefined;
}

/** Beyond these the rarest are left out. */
const MOST_RESOURCES = 20_000;

/** All spans, or traces, of both sides. */
export async function countSides(reader: StoreReader, sides: Sides, options?: ReadOptions): Promise<Counts> {
  const { range, base, selection } = sides;
  const rows = sql`${spans.in(range)} AND ${base}`;
  if (sides.unit === 'traces') {
    const counts = sql`uniqExactIf(trace_id, ${selection}) AS chosen, uniqExact(trace_id) - chosen AS others`;
    const table = await reader.read(sql`SELECT ${counts} ${rows}`, options);
    return { selected: table.numbers('chosen')[0] ?? 0, rest: table.numbers('others')[0] ?? 0, sets: undefined };
  }
  const table = await reader.read(
    sql`SELECT resource_id, chosen, n, sum(chosen) OVER () AS all_chosen, sum(n) OVER () AS total
      FROM (SELECT resource_id, countIf(${selection}) AS chosen, count() AS n ${rows} GROUP BY resource_id)
      ORDER BY chosen DESC, n DESC LIMIT ${integer(MOST_RESOURCES)}`,
    options,
  );
  const [ids, chosen, all] = [
    table.column<number | bigint>('resource_id'),
    table.numbers('chosen'),
    table.numbers('n'),
  ];
  const selected = table.numbers('all_chosen')[0] ?? 0;
  return {
    selected,
    rest: (table.numbers('total')[0] ?? 0) - selected,
    sets: {
      selected: ids.map((id, row) => ({ ids: [id], count: chosen[row]! })),
      rest: ids.map((id, row) => ({ ids: [id], count: all[row]! - chosen[row]! })),
    },
  };
}

/** The selected ones of a part of their range. */
export function selectedOf(sides: Sides, part: Part): Population {
  const { selectedRange: range, base, selection } = sides;
  const chosen = sql`${spans.in(range)} AND ${base} AND ${selection} AND ${isInPart(range, part)}`;
  return sides.unit === 'spans' ? ofSpans(range, chosen) : ofTraces(range, chosen, raw('1'));
}

/** The others. */
export function restOf(sides: Sides, part: Part): Population {
  const { range, base, selection } = sides;
  if (sides.unit === 'spans')
    return ofSpans(range, sql`${spans.in(range)} AND ${base} AND NOT (${selection}) AND ${isInPart(range, part)}`);
  const chosen = sql`trace_id NOT IN (SELECT trace_id ${spans.in(range)} AND ${base} AND ${selection})`;
  return ofTraces(range, sql`${spans.in(range)} AND ${base} AND ${isInPart(range, part)}`, chosen);
}

function ofSpans(range: TimeRange, rows: Sql): Population {
  const events = sql`${spanEvents.in(range)} AND (trace_id, span_id) IN (SELECT trace_id, span_id ${rows})`;
  return { unit: 'spans', spans: rows, events };
}

function ofTraces(range: TimeRange, rows: Sql, condition: Sql): Population {
  const ids = sql`SELECT trace_id FROM (SELECT DISTINCT trace_id ${rows} AND ${condition})
    ORDER BY cityHash64(trace_id) LIMIT ${integer(TRACES)}`;
  const around = padded(range, PADDING_MS);
  const ofThese = sql`trace_id IN (${ids})`;
  return {
    unit: 'traces',
    spans: sql`${spans.in(around)} AND ${ofThese}`,
    events: sql`${spanEvents.in(around)} AND ${ofThese}`,
  };
}

/** Whether a span lies in one of some pieces that make a share of a range, the same ones for the same question. */
function isInPart(range: TimeRange, { share, pieces }: Part): Sql {
  if (share >= 1) return raw('1');
  const pieceMs = (range.toMs - range.fromMs) / pieces;
  const windows = Array.from({ length: pieces }, (_, i) => {
    // Steps of the golden ratio lie evenly whatever repeats in the traffic.
    const fromMs = range.fromMs + pieceMs * (i + (1 - share) * ((i * 0.618_034) % 1));
    return spans.within({ fromMs, toMs: fromMs + pieceMs * share });
  });
  return anyOf(windows);
}
