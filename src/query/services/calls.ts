/** Who called whom in a range: from the counts of its minutes where they hold, and from spans where not. */

import { bucketQuantile, exponentialBuckets } from '../plan/index.ts';
import type { ReadOptions, StoreReader, Table } from '../reader/index.ts';
import { CALL_SLOT_MS, countedCalls, countedSlots, spansPerSlot, type TimeRange } from '../source/index.ts';
import { Bound, raw, type Sql, sql, text } from '../sql/index.ts';
import { callsFromSpans, DURATION_SCALE } from './found-calls.ts';
import {
  bearingRange,
  type CallPlan,
  type CountedSlot,
  HEAD_SECONDS,
  LONG_NS,
  planCalls,
  type SlotSpans,
  type SlotState,
  slotStates,
  wholeSlots,
} from './slot-plan.ts';

/** Spans that are joined for one answer: it takes some seconds. */
const MOST_SPANS = 1_500_000;
/** To add up the durations of a minute's calls takes ten times as long as to add up the calls: of more minutes these many, evenly spread. */
const MOST_DURATION_SLOTS = 60;
/** Different calls beyond these are left out, those that are made least. */
const MOST_CALLS = 5_000;

const CALLED_KINDS = ['service', 'database', 'cache', 'queue', 'host'] as const;
export type CalledKind = (typeof CALLED_KINDS)[number];
/** From a queue messages are taken by consumers, or fetched by clients, of which both may have spans of one message. */
const DIRECTIONS = ['sent', 'taken', 'fetched'] as const;

/** Calls between two ends in a range. */
export interface Calls {
  /** A service. */
  readonly source: string;
  readonly kind: CalledKind;
  /** `postgresql`, `kafka`, `grpc`; empty for a service, and where nothing tells. */
  readonly system: string;
  /** The called service, or an address. */
  readonly name: string;
  /** The database, or the queue or topic. */
  readonly namespace: string;
  /** Of a service: `taken` from a queue whose messages the source sent. */
  readonly direction: (typeof DIRECTIONS)[number];
  /** OTLP's number of the kind of the span that was counted: the called service's, or that of what calls anything else. */
  readonly spanKind: number;
  readonly callCount: number;
  readonly errorCount: number;
  /** How many calls took so long, by number of bucket. */
  readonly durations: ReadonlyMap<number, number>;
}

export interface FoundCalls {
  readonly calls: readonly Calls[];
  /** They are those of the range from here on: there are too many spans before, which were never counted. */
  readonly fromMs: number;
}

export interface CallFilter extends TimeRange {
  /** Of the spans that are counted. */
  readonly environment?: string | undefined;
}

/** The hash table of a join holds one side: more rows than this are left out rather than held. */
export const joinLimits: { readonly [setting: string]: string } = {
  max_rows_in_join: '5000000',
  join_overflow_mode: 'break',
  max_rows_in_set: '5000000',
  set_overflow_mode: 'break',
};

/** `mostSpans`: see planCalls. */
export async function readCalls(
  reader: StoreReader,
  filter: CallFilter,
  options?: ReadOptions,
  mostSpans: number = MOST_SPANS,
): Promise<FoundCalls> {
  const plan = planCalls(filter, await readSlotStates(reader, filter, options), mostSpans);
  const [counted, joined] = await Promise.all([
    readCounted(reader, plan.counted, filter, options),
    readJoined(reader, plan, filter, options),
  ]);
  return { calls: merged([...counted, ...joined]), fromMs: plan.fromMs };
}

export async function readSlotStates(
  reader: StoreReader,
  range: TimeRange,
  options?: ReadOptions,
): Promise<readonly SlotState[]> {
  const slots = wholeSlots(range);
  const bounded = { ...options, cost: 'bounded' } as const;
  const [known, counted] = await Promise.all([
    reader.read(spansPerSlot(bearingRange(range), HEAD_SECONDS, LONG_NS), bounded),
    reader.read(countedSlots(slots), bounded),
  ]);
  return slotStates(slotsOf(known), countedOf(counted), slots);
}

function slotsOf(table: Table): readonly SlotSpans[] {
  const [counts, heads] = [table.numbers('n'), table.numbers('head')];
  const [firsts, lasts, arrived] = ['first_ms', 'last_ms', 'arrived_ms'].map((name) => table.numbers(name));
  const long = table.column<(number | bigint)[]>('long_ns');
  return table.numbers('slot').map((second, row) => ({
    slotMs: second * 1000,
    count: counts[row]!,
    headCount: heads[row]!,
    firstMs: firsts![row]!,
    lastMs: lasts![row]!,
    arrivedMs: arrived![row]!,
    longMs: long[row]!.map((ns) => Number(ns) / 1e6),
  }));
}

function countedOf(table: Table): ReadonlyMap<number, CountedSlot> {
  const [covered, countedMs] = [table.numbers('covered'), table.numbers('counted_ms')];
  return new Map(
    table.numbers('slot').map((second, row) => [second * 1000, { covered: covered[row]!, countedMs: countedMs[row]! }]),
  );
}

async function readCounted(
  reader: StoreReader,
  counted: CallPlan['counted'],
  { environment }: CallFilter,
  options?: ReadOptions,
): Promise<readonly Calls[]> {
  if (counted === undefined) return [];
  const ofEnvironment: Sql = environment ? sql` AND environment = ${text(environment)}` : sql``;
  const rows = sql`${countedCalls(counted.range, counted.without)}${ofEnvironment}`;
  const slotCount = (counted.range.toMs - counted.range.fromMs) / CALL_SLOT_MS;
  const every = new Bound('UInt32', Math.ceil(slotCount / MOST_DURATION_SLOTS) * (CALL_SLOT_MS / 1000));
  const ends = raw('source, kind, system_name, name, namespace, direction, span_kind');
  const read = (values: Sql, condition: Sql): Promise<Table> =>
    reader.read(
      sql`SELECT ${ends}, ${values} ${rows}${condition} GROUP BY ${ends}
        ORDER BY call_count DESC, ${ends} LIMIT ${new Bound('UInt32', MOST_CALLS)}`,
      options,
    );
  const tables = await Promise.all([
    read(
      sql`sum(stored.call_count) AS call_count, sum(stored.error_count) AS error_count,
        emptyArrayUInt16() AS durations, emptyArrayUInt64() AS duration_counts`,
      sql``,
    ),
    read(
      sql`toUInt64(0) AS call_count, toUInt64(0) AS error_count,
        sumMap(stored.durations, stored.duration_counts) AS histogram, histogram.1 AS durations, histogram.2 AS duration_counts`,
      sql` AND slot % ${every} = 0`,
    ),
  ]);
  return tables.flatMap(callsOf);
}

async function readJoined(
  reader: StoreReader,
  { joined, longParents }: CallPlan,
  { environment }: CallFilter,
  options?: ReadOptions,
): Promise<readonly Calls[]> {
  if (joined.length === 0) return [];
  const statement = callsFromSpans({ ranges: joined, longParents, isPerSlot: false, environment });
  return callsOf(await reader.read(statement, { ...options, settings: joinLimits }));
}

function callsOf(table: Table): readonly Calls[] {
  const text = (name: string): readonly string[] => table.strings(name);
  const [sources, kinds, systems, names] = [text('source'), text('kind'), text('system_name'), text('name')];
  const [namespaces, directions] = [text('namespace'), text('direction')];
  const spanKinds = table.column<number>('span_kind');
  const [counts, errors] = [table.numbers('call_count'), table.numbers('error_count')];
  const buckets = table.column<number[]>('durations');
  const inBuckets = table.column<(number | bigint)[]>('duration_counts');
  return sources.map((source, row): Calls => {
    const [kind, direction] = [kinds[row]!, directions[row]!];
    return {
      source,
      kind: CALLED_KINDS.find((one) => one === kind) ?? 'host',
      system: systems[row]!,
      name: names[row]!,
      namespace: namespaces[row]!,
      direction: DIRECTIONS.find((one) => one === direction) ?? 'sent',
      spanKind: spanKinds[row]!,
      callCount: counts[row]!,
      errorCount: errors[row]!,
      durations: new Map(buckets[row]!.map((bucket, i) => [bucket, Number(inBuckets[row]![i])])),
    };
  });
}

/** Those of the same ends and kinds together, the most frequent first. */
function merged(all: readonly Calls[]): readonly Calls[] {
  const byEnds = new Map<string, Calls>();
  for (const calls of all) {
    const { source, kind, system, name, namespace, direction, spanKind } = calls;
    const key = JSON.stringify([source, kind, system, name, namespace, direction, spanKind]);
    const known = byEnds.get(key);
    byEnds.set(key, known === undefined ? calls : { ...known, ...sumOfCalls(known, calls) });
  }
  return [...byEnds.values()].filter(({ callCount }) => callCount > 0).sort((a, b) => b.callCount - a.callCount);
}

export type CallSum = Pick<Calls, 'callCount' | 'errorCount' | 'durations'>;

export function sumOfCalls(one: CallSum, other: CallSum): CallSum {
  const durations = new Map(one.durations);
  for (const [bucket, count] of other.durations) durations.set(bucket, (durations.get(bucket) ?? 0) + count);
  return {
    callCount: one.callCount + other.callCount,
    errorCount: one.errorCount + other.errorCount,
    durations,
  };
}

/** In ns, within 2.2 %; null where nothing was measured. */
export function durationQuantile(durations: ReadonlyMap<number, number>, quantile: number): number | null {
  return bucketQuantile(quantile, exponentialBuckets(DURATION_SCALE, durations, new Map(), 0, 0));
}
